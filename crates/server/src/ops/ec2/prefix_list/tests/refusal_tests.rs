use super::super::super::answers::{refused, refused_with};
use super::{create, modify, new_list, on};
use crate::config::{Config, Quotas};
use crate::testing::TestDoor;

#[test]
fn what_is_no_list_is_refused_by_what_is_wrong() {
    let door = TestDoor::new();
    let make = |name: &str, family: &str, max: &str| {
        let parameters = [("PrefixListName", name), ("AddressFamily", family), ("MaxEntries", max)];
        door.ec2("CreateManagedPrefixList", &parameters)
    };

    for (result, text) in [
        (make("", "IPv4", "1"), "It has 1 to 255 characters."),
        (make("com.amazonaws.s3", "IPv4", "1"), "The name cannot start with com.amazonaws."),
        (make("office", "IPv5", "1"), "Value (IPv5) for parameter addressFamily is invalid."),
        (make("office", "IPv4", "0"), "Must specify a max size between 1 and 1000"),
        (make("office", "IPv4", "1001"), "Must specify a max size between 1 and 1000"),
        (make("office", "IPv4", "-1"), "Must specify a max size between 1 and 1000"),
    ] {
        refused_with(result, "InvalidParameterValue", text);
    }
    let tags = [
        ("TagSpecification.1.ResourceType", "vpc"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    refused(
        create(&door, &[], &tags),
        "InvalidParameterValue",
        "'vpc' is not a valid taggable resource type for this operation.",
    );
}

#[test]
fn what_is_no_entry_is_refused_by_its_block() {
    let door = TestDoor::new();
    for (cidr, text) in [
        ("10.0.0.0/33", "CIDR block 10.0.0.0/33 is malformed"),
        ("fd00::/8", "CIDR block fd00::/8 is malformed"),
        ("10.0.0.1", "CIDR block 10.0.0.1 is malformed"),
    ] {
        refused(create(&door, &[cidr], &[]), "InvalidParameterValue", text);
    }
    refused(
        create(&door, &["10.0.0.0/8", "10.0.0.1/8"], &[]),
        "InvalidPrefixListModification",
        "An entry with the CIDR (10.0.0.0/8) and description () already exists.",
    );
    let long = "x".repeat(256);
    refused(
        create(&door, &["10.0.0.0/8"], &[("Entry.1.Description", &long)]),
        "InvalidParameterValue",
        "The description of the entry 10.0.0.0/8 is invalid: it has at most 255 characters.",
    );
    let many: Vec<String> = (0..101).map(|number| format!("10.0.{number}.0/24")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused(
        create(&door, &many, &[]),
        "InvalidParameterValue",
        "The number of entries per request cannot exceeds limit (100).",
    );
    refused(
        create(&door, many.get(..11).unwrap(), &[]),
        "PrefixListMaxEntriesExceeded",
        "The prefix list would have 11 entries: its maximum is 10.",
    );
}

#[test]
fn what_is_no_change_is_refused() {
    let door = TestDoor::new();
    let id = new_list(&door, &["10.0.0.0/16"]);

    refused(
        modify(&door, &id, &[("CurrentVersion", "2"), ("AddEntry.1.Cidr", "10.1.0.0/16")]),
        "PrefixListVersionMismatch",
        "The prefix list has the incorrect version number.",
    );
    refused(
        modify(&door, &id, &[("MaxEntries", "20"), ("AddEntry.1.Cidr", "10.1.0.0/16")]),
        "InvalidParameterCombination",
        "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
    );
    refused(
        modify(
            &door,
            &id,
            &[("AddEntry.1.Cidr", "10.0.0.0/16"), ("RemoveEntry.1.Cidr", "10.0.0.1/16")],
        ),
        "InvalidParameterValue",
        "Request cannot contain Cidr 10.0.0.0/16 in both AddPrefixListEntries and RemovePrefixListEntries",
    );
    refused(
        modify(&door, &id, &[("RemoveEntry.1.Cidr", "10.9.0.0/16")]),
        "InvalidPrefixListModification",
        "An entry with the CIDR (10.9.0.0/16) does not exist.",
    );
    refused_with(modify(&door, &id, &[]), "MissingParameter", "prefixListName");
    refused(
        modify(&door, &id, &[("IpamPrefixListResolverSyncEnabled", "true")]),
        "UnsupportedOperation",
        "The parameter IpamPrefixListResolverSyncEnabled is not supported here: leave it out.",
    );
}

#[test]
fn an_id_has_the_form_of_one_and_is_somebodys() {
    let door = TestDoor::new();
    let unknown = "pl-0123456789abcdef0";
    for action in [
        "GetManagedPrefixListEntries",
        "GetManagedPrefixListAssociations",
        "DeleteManagedPrefixList",
    ] {
        refused(
            on(&door, action, "pl-office", &[]),
            "InvalidPrefixListID.Malformed",
            "Invalid id: \"pl-office\" (expecting \"pl-...\")",
        );
        refused(
            on(&door, action, unknown, &[]),
            "InvalidPrefixListID.NotFound",
            &format!("The prefix list ID '{unknown}' does not exist"),
        );
    }
    refused(
        modify(&door, unknown, &[("PrefixListName", "x")]),
        "InvalidPrefixListID.NotFound",
        &format!("The prefix list ID '{unknown}' does not exist"),
    );
}

#[test]
fn a_region_has_as_many_lists_as_the_quota_says() {
    let quotas =
        Quotas { prefix_lists_per_region: 1, entries_per_prefix_list: 10, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    new_list(&door, &[]);

    refused(
        create(&door, &[], &[]),
        "PrefixListLimitExceeded",
        "The maximum number of prefix lists has been reached.",
    );
    let larger = [("PrefixListName", "x"), ("AddressFamily", "IPv4"), ("MaxEntries", "11")];
    refused(
        door.ec2("CreateManagedPrefixList", &larger),
        "InvalidParameterValue",
        "Must specify a max size between 1 and 10",
    );
}

use super::super::super::answers::{all, at, refused, stored, text};
use super::{blocks, described, modify, new_list, on};
use crate::config::{Config, Quotas};
use crate::model::PrefixListVersion;
use crate::testing::TestDoor;

#[test]
fn a_change_of_entries_makes_a_version_and_the_old_one_stays_readable() {
    let door = TestDoor::new();
    let id = new_list(&door, &["10.0.0.0/16", "10.1.0.0/16"]);
    let change = [
        ("CurrentVersion", "1"),
        ("AddEntry.1.Cidr", "10.2.0.0/16"),
        ("AddEntry.1.Description", "third"),
        ("RemoveEntry.1.Cidr", "10.0.0.0/16"),
    ];
    let changed = modify(&door, &id, &change).unwrap();
    assert_eq!(text(&changed, "prefixList.state"), "modify-in-progress");

    let list = described(&door, &id);
    assert_eq!((text(&list, "state"), text(&list, "version")), ("modify-complete", "2"));
    assert_eq!(blocks(&door, &id), ["10.1.0.0/16", "10.2.0.0/16"]);
    let first = on(&door, "GetManagedPrefixListEntries", &id, &[("TargetVersion", "1")]).unwrap();
    assert_eq!(all(&first, "entrySet", "cidr"), ["10.0.0.0/16", "10.1.0.0/16"]);
}

#[test]
fn a_restored_version_is_a_further_one() {
    let door = TestDoor::new();
    let id = new_list(&door, &["10.0.0.0/16"]);
    modify(&door, &id, &[("RemoveEntry.1.Cidr", "10.0.0.0/16")]).unwrap();

    let versions = [("PreviousVersion", "1"), ("CurrentVersion", "2")];
    let restored = on(&door, "RestoreManagedPrefixListVersion", &id, &versions).unwrap();
    assert_eq!(text(&restored, "prefixList.state"), "restore-in-progress");
    let list = described(&door, &id);
    assert_eq!((text(&list, "state"), text(&list, "version")), ("restore-complete", "3"));
    assert_eq!(blocks(&door, &id), ["10.0.0.0/16"]);

    refused(
        on(&door, "RestoreManagedPrefixListVersion", &id, &versions),
        "PrefixListVersionMismatch",
        "The prefix list has the incorrect version number.",
    );
    let unknown = [("PreviousVersion", "9"), ("CurrentVersion", "3")];
    refused(
        on(&door, "RestoreManagedPrefixListVersion", &id, &unknown),
        "InvalidParameterValue",
        &format!(
            "Value (9) for parameter previousVersion is invalid. The prefix list {id} has no such version."
        ),
    );
}

#[test]
fn a_new_name_makes_no_version() {
    let door = TestDoor::new();
    let id = new_list(&door, &[]);
    let renamed = modify(&door, &id, &[("PrefixListName", "branch")]).unwrap();

    assert_eq!(text(&renamed, "prefixList.state"), "create-complete");
    let list = described(&door, &id);
    assert_eq!((text(&list, "prefixListName"), text(&list, "version")), ("branch", "1"));
}

#[test]
fn a_list_grows_and_shrinks_down_to_its_entries() {
    let door = TestDoor::new();
    let id = new_list(&door, &["10.0.0.0/16", "10.1.0.0/16"]);
    modify(&door, &id, &[("MaxEntries", "2")]).unwrap();

    let list = described(&door, &id);
    assert_eq!((text(&list, "maxEntries"), text(&list, "version")), ("2", "1"));
    assert!(at(&list, "stateMessage").is_none());
    refused(
        modify(&door, &id, &[("MaxEntries", "1")]),
        "PrefixListMaxEntriesExceeded",
        "The prefix list would have 2 entries: its maximum is 1.",
    );
    refused(
        modify(&door, &id, &[("AddEntry.1.Cidr", "10.2.0.0/16")]),
        "PrefixListMaxEntriesExceeded",
        "The prefix list would have 3 entries: its maximum is 2.",
    );
    modify(&door, &id, &[("RemoveEntry.1.Cidr", "10.0.0.0/16")]).unwrap();
    modify(&door, &id, &[("MaxEntries", "1")]).unwrap();
    refused(
        on(
            &door,
            "RestoreManagedPrefixListVersion",
            &id,
            &[("PreviousVersion", "1"), ("CurrentVersion", "2")],
        ),
        "PrefixListMaxEntriesExceeded",
        "The prefix list would have 2 entries: its maximum is 1.",
    );
}

#[test]
fn the_oldest_version_goes_where_there_are_too_many() {
    let quotas = Quotas { versions_per_prefix_list: 2, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    let id = new_list(&door, &[]);
    modify(&door, &id, &[("AddEntry.1.Cidr", "10.0.0.0/16")]).unwrap();
    modify(&door, &id, &[("AddEntry.1.Cidr", "10.1.0.0/16")]).unwrap();

    let kept: Vec<String> =
        stored::<PrefixListVersion>(&door).into_iter().map(|version| version.id).collect();
    assert_eq!(kept, [format!("{id}/2"), format!("{id}/3")]);
    refused(
        on(&door, "GetManagedPrefixListEntries", &id, &[("TargetVersion", "1")]),
        "InvalidParameterValue",
        &format!(
            "Value (1) for parameter targetVersion is invalid. The prefix list {id} has no such version."
        ),
    );
    assert_eq!(blocks(&door, &id), ["10.0.0.0/16", "10.1.0.0/16"]);
}

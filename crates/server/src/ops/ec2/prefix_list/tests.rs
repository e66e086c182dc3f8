mod refusal_tests;
mod rule_tests;
mod version_tests;

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::answers::{
    all, at, check_filters, check_refusal, refused, refused_with, stored, text,
};
use crate::model::{PrefixList, PrefixListVersion};
use crate::testing::TestDoor;

/// The id of a new IPv4 list of up to 10 entries.
pub(super) fn new_list(door: &TestDoor, cidrs: &[&str]) -> String {
    let answer = create(door, cidrs, &[]).unwrap();
    text(&answer, "prefixList.prefixListId").to_owned()
}

fn create(door: &TestDoor, cidrs: &[&str], more: &[(&str, &str)]) -> Result<Node, Fault> {
    let names: Vec<String> =
        (1..=cidrs.len()).map(|number| format!("Entry.{number}.Cidr")).collect();
    let mut parameters =
        vec![("PrefixListName", "office"), ("AddressFamily", "IPv4"), ("MaxEntries", "10")];
    parameters.extend(names.iter().map(String::as_str).zip(cidrs.iter().copied()));
    parameters.extend(more);
    door.ec2("CreateManagedPrefixList", &parameters)
}

/// Calls an operation on a list.
fn on(door: &TestDoor, action: &str, id: &str, more: &[(&str, &str)]) -> Result<Node, Fault> {
    let mut parameters = vec![("PrefixListId", id)];
    parameters.extend(more);
    door.ec2(action, &parameters)
}

fn modify(door: &TestDoor, id: &str, more: &[(&str, &str)]) -> Result<Node, Fault> {
    on(door, "ModifyManagedPrefixList", id, more)
}

fn described(door: &TestDoor, id: &str) -> Node {
    let answer = door.ec2("DescribeManagedPrefixLists", &[("PrefixListId.1", id)]).unwrap();
    at(&answer, "prefixListSet.0").unwrap().clone()
}

/// The blocks of a list's current version.
fn blocks(door: &TestDoor, id: &str) -> Vec<String> {
    all(&on(door, "GetManagedPrefixListEntries", id, &[]).unwrap(), "entrySet", "cidr")
}

#[test]
fn a_list_is_made_found_and_deleted() {
    let door = TestDoor::new();
    let more = [("Entry.1.Description", "Zurich")];
    let made = create(&door, &["203.0.113.7/24", "10.1.0.0/16"], &more).unwrap();
    let id = text(&made, "prefixList.prefixListId").to_owned();
    assert!(id.starts_with("pl-"));
    assert_eq!(text(&made, "prefixList.state"), "create-in-progress");

    let list = described(&door, &id);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:prefix-list/{id}");
    for (member, value) in [
        ("state", "create-complete"),
        ("prefixListArn", &arn),
        ("prefixListName", "office"),
        ("addressFamily", "IPv4"),
        ("maxEntries", "10"),
        ("version", "1"),
        ("ownerId", "123456789012"),
    ] {
        assert_eq!(text(&list, member), value, "{member}");
    }
    let entries = on(&door, "GetManagedPrefixListEntries", &id, &[]).unwrap();
    assert_eq!(all(&entries, "entrySet", "cidr"), ["10.1.0.0/16", "203.0.113.0/24"]);
    assert_eq!(text(&entries, "entrySet.1.description"), "Zurich");
    assert!(at(&entries, "entrySet.0.description").is_none());

    let deleted = on(&door, "DeleteManagedPrefixList", &id, &[]).unwrap();
    assert_eq!(text(&deleted, "prefixList.state"), "delete-in-progress");
    refused(
        door.ec2("DescribeManagedPrefixLists", &[("PrefixListId.1", &id)]),
        "InvalidPrefixListID.NotFound",
        &format!("The prefix list ID '{id}' does not exist"),
    );
    assert_eq!(stored::<PrefixListVersion>(&door), [], "its versions are gone");
}

#[test]
fn a_client_token_makes_one_list() {
    let door = TestDoor::new();
    let token = [("ClientToken", "one")];
    let first = create(&door, &["10.0.0.0/8"], &token).unwrap();
    let second = create(&door, &["10.0.0.0/8"], &token).unwrap();

    assert_eq!(text(&first, "prefixList.prefixListId"), text(&second, "prefixList.prefixListId"));
    assert_eq!(stored::<PrefixList>(&door).len(), 1);
    let other = create(&door, &["10.0.0.0/9"], &token).unwrap_err();
    assert_eq!(other.code, "IdempotentParameterMismatch");
}

#[test]
fn every_documented_filter_of_lists_finds_what_it_names() {
    let door = TestDoor::new();
    let tags = [
        ("TagSpecification.1.ResourceType", "prefix-list"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    let made = create(&door, &[], &tags).unwrap();
    let id = text(&made, "prefixList.prefixListId");
    assert_eq!(text(&made, "prefixList.tagSet.0.value"), "lab");

    let cases = [
        ("owner-id", "123456789012"),
        ("prefix-list-id", id),
        ("prefix-list-name", "off*"),
        ("tag:Name", "lab"),
        ("tag-key", "Name"),
    ];
    let action = "DescribeManagedPrefixLists";
    check_filters(&door, action, "prefixListSet", "prefixListId", id, &cases);
}

#[test]
fn tags_of_a_list_change_and_are_described() {
    let door = TestDoor::new();
    let id = new_list(&door, &[]);
    let tag = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "Name"), ("Tag.1.Value", "lab")];
    door.ec2("CreateTags", &tag).unwrap();

    let tags = door.ec2("DescribeTags", &[]).unwrap();
    assert_eq!(all(&tags, "tagSet", "resourceId"), [id.as_str()]);
    assert_eq!(all(&tags, "tagSet", "resourceType"), ["prefix-list"]);
    door.ec2("DeleteTags", &[("ResourceId.1", &id)]).unwrap();
    assert!(at(&described(&door, &id), "tagSet").unwrap().elements().is_empty());
}

#[test]
fn lists_and_entries_come_in_pages_of_one_to_a_hundred() {
    let door = TestDoor::new();
    let id = new_list(&door, &["10.0.0.0/16", "10.1.0.0/16"]);
    new_list(&door, &[]);

    let page = door.ec2("DescribeManagedPrefixLists", &[("MaxResults", "1")]).unwrap();
    let token = text(&page, "nextToken").to_owned();
    let rest = [("MaxResults", "1"), ("NextToken", token.as_str())];
    let rest = door.ec2("DescribeManagedPrefixLists", &rest).unwrap();
    assert!(at(&rest, "nextToken").is_none());
    assert_eq!(at(&rest, "prefixListSet").unwrap().elements().len(), 1);

    let entries = |more: &[(&str, &str)]| on(&door, "GetManagedPrefixListEntries", &id, more);
    let page = entries(&[("MaxResults", "1")]).unwrap();
    assert_eq!(all(&page, "entrySet", "cidr"), ["10.0.0.0/16"]);
    let token = text(&page, "nextToken");
    let rest = entries(&[("NextToken", token)]).unwrap();
    assert_eq!(all(&rest, "entrySet", "cidr"), ["10.1.0.0/16"]);
    for (number, text) in [
        ("0", "Value ( 0 ) for parameter maxResults is invalid. Expecting a value greater than 1."),
        (
            "101",
            "Value ( 101 ) for parameter maxResults is invalid. Expecting a value less than or equal to 100.",
        ),
    ] {
        refused(entries(&[("MaxResults", number)]), "InvalidParameterValue", text);
    }
}

#[test]
fn of_awss_services_there_are_no_lists() {
    let door = TestDoor::new();
    let id = new_list(&door, &[]);

    let answer = door.ec2("DescribePrefixLists", &[]).unwrap();
    assert!(at(&answer, "prefixListSet").unwrap().elements().is_empty());
    refused(
        door.ec2("DescribePrefixLists", &[("PrefixListId.1", &id)]),
        "InvalidPrefixListID.NotFound",
        &format!("The prefix list ID '{id}' does not exist"),
    );
    refused(
        door.ec2("DescribePrefixLists", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", "x")]),
        "InvalidParameterValue",
        "The filter 'vpc-id' is invalid",
    );
}

#[test]
fn operations_on_a_list_need_permission_for_it() {
    let mut door = TestDoor::new();
    let id = new_list(&door, &[]);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:prefix-list/{id}");
    let by_id: &[(&str, &str)] = &[("PrefixListId", &id)];
    let restore: &[(&str, &str)] =
        &[("PrefixListId", &id), ("PreviousVersion", "1"), ("CurrentVersion", "1")];

    for (action, parameters) in [
        ("GetManagedPrefixListEntries", by_id),
        ("GetManagedPrefixListAssociations", by_id),
        ("ModifyManagedPrefixList", by_id),
        ("RestoreManagedPrefixListVersion", restore),
        ("DeleteManagedPrefixList", by_id),
    ] {
        check_refusal(&mut door, action, parameters, Some(&arn));
    }
    check_refusal(&mut door, "DescribeManagedPrefixLists", &[], None);
    check_refusal(&mut door, "DescribePrefixLists", &[], None);
}

#[test]
fn a_dry_run_changes_nothing() {
    let door = TestDoor::new();
    let dry = ("DryRun", "true");
    let id = new_list(&door, &["10.0.0.0/8"]);

    refused_with(create(&door, &[], &[dry]), "DryRunOperation", "would have succeeded");
    let name = [dry, ("PrefixListName", "other")];
    refused_with(modify(&door, &id, &name), "DryRunOperation", "would have succeeded");
    for action in ["DeleteManagedPrefixList", "GetManagedPrefixListEntries"] {
        refused_with(on(&door, action, &id, &[dry]), "DryRunOperation", "would have succeeded");
    }
    let lists = stored::<PrefixList>(&door);
    assert_eq!((lists.len(), lists[0].name.as_str()), (1, "office"));
}

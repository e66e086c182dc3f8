use flowlogd_aws::Arn;
use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};

use super::super::answers::{all, new_subnet, new_vpc, refused, refused_with};
use crate::call::Identity;
use crate::testing::TestDoor;

#[test]
fn tags_are_set_replaced_listed_and_taken_away() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let set = |key: &str, value: &str| {
        let tag = [("ResourceId.1", vpc.as_str()), ("Tag.1.Key", key), ("Tag.1.Value", value)];
        door.ec2("CreateTags", &tag).unwrap();
    };
    set("Name", "a");
    set("Name", "b");
    set("other", "");
    let listed = || {
        let filter = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", vpc.as_str())];
        let answer = door.ec2("DescribeTags", &filter).unwrap();
        (all(&answer, "tagSet", "key"), all(&answer, "tagSet", "value"))
    };
    let pair = |keys: &[&str], values: &[&str]| {
        let own = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        (own(keys), own(values))
    };
    assert_eq!(listed(), pair(&["Name", "other"], &["b", ""]));
    let delete = |parameters: &[(&str, &str)]| {
        let mut all = vec![("ResourceId.1", vpc.as_str())];
        all.extend(parameters);
        door.ec2("DeleteTags", &all).unwrap();
    };
    delete(&[("Tag.1.Key", "Name"), ("Tag.1.Value", "a")]);
    assert_eq!(listed(), pair(&["Name", "other"], &["b", ""]));
    delete(&[("Tag.1.Key", "Name")]);
    assert_eq!(listed(), pair(&["other"], &[""]));
    delete(&[]);
    assert_eq!(listed(), pair(&[], &[]));
}

#[test]
fn what_cannot_be_tagged_is_named() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let tag = |id: &str, key: &str| {
        door.ec2("CreateTags", &[("ResourceId.1", id), ("Tag.1.Key", key), ("Tag.1.Value", "v")])
    };
    refused(tag("x-1", "k"), "InvalidID", "The ID 'x-1' is not valid");
    refused(tag("vpc-12345678", "k"), "InvalidID", "The ID 'vpc-12345678' is not valid");
    refused_with(tag(&vpc, "AWS:k"), "InvalidTagKey.Malformed", "reserved for internal use");
}

#[test]
fn a_policy_may_ask_for_the_tags_of_what_is_changed() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let made = |tagged: &str| {
        let subnet = new_subnet(&door, &vpc, tagged);
        let tags =
            [("ResourceId.1", subnet.as_str()), ("Tag.1.Key", "team"), ("Tag.1.Value", tagged)];
        door.ec2("CreateTags", &tags).unwrap();
        subnet
    };
    let (ours, theirs) = (made("10.0.1.0/24"), made("10.0.2.0/24"));
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*",
        "Condition":{"StringEquals":{"aws:ResourceTag/team":"10.0.1.0/24"}}}}"#;
    let policy = Policy::parse(document, PolicyKind::Identity).unwrap();
    door.caller.identity = Identity::Iam {
        principal: Principal::User {
            arn: Arn::new("iam", "", "123456789012", "user/eve"),
            id: "AIDAEVE".to_owned(),
            name: "eve".to_owned(),
        },
        policies: Box::new(Policies {
            identity: vec![NamedPolicy { name: "ours".to_owned(), policy }],
            ..Policies::default()
        }),
    };

    refused_with(
        door.ec2("DeleteSubnet", &[("SubnetId", &theirs)]),
        "UnauthorizedOperation",
        &theirs,
    );
    door.ec2("DeleteSubnet", &[("SubnetId", &ours)]).unwrap();
}

//! Groups.

use super::{
    ALLOW_ALL, TRUST_FLOW_LOGS, allow, be, column, make_policy, make_user, refused, text, texts,
};
use crate::model::User;
use crate::testing::TestDoor;

fn make_group(door: &TestDoor, name: &str) {
    door.iam("CreateGroup", &[("GroupName", name)]).unwrap();
}

fn join(door: &TestDoor, group: &str, user: &str) {
    door.iam("AddUserToGroup", &[("GroupName", group), ("UserName", user)]).unwrap();
}

#[test]
fn a_group_is_made_with_an_arn_of_its_path_and_an_id_of_its_own() {
    let door = TestDoor::new();

    let made = door.iam("CreateGroup", &[("GroupName", "Net"), ("Path", "/staff/")]).unwrap();
    let read = door.iam("GetGroup", &[("GroupName", "net")]).unwrap();
    let taken = refused(&door, "CreateGroup", &[("GroupName", "NET")]);

    assert_eq!(made.get("Group"), read.get("Group"));
    assert!(read.get("Users").unwrap().elements().is_empty());
    assert_eq!(text(&made, "Group.Arn"), "arn:aws:iam::123456789012:group/staff/Net");
    assert_eq!(text(&made, "Group.CreateDate"), "2026-11-26T00:00:00Z");
    let id = text(&made, "Group.GroupId");
    assert!(id.starts_with("AGPA") && id.len() == 21, "{id}");
    assert_eq!(taken, "EntityAlreadyExists (409): Group with name NET already exists.");
}

#[test]
fn a_groups_name_has_up_to_128_characters() {
    let door = TestDoor::new();

    make_group(&door, &"g".repeat(128));
    let long = refused(&door, "CreateGroup", &[("GroupName", &"g".repeat(129))]);
    let odd = refused(&door, "GetGroup", &[("GroupName", "a b")]);

    assert!(long.contains("at 'groupName' failed to satisfy constraint"), "{long}");
    assert!(long.ends_with("Member must have length less than or equal to 128"), "{long}");
    assert!(odd.starts_with("ValidationError (400): 1 validation error detected"), "{odd}");
    assert_eq!(
        refused(&door, "GetGroup", &[("GroupName", "none")]),
        "NoSuchEntity (404): The group with name none cannot be found."
    );
}

#[test]
fn an_account_has_300_groups() {
    let door = TestDoor::new();
    for number in 0..300 {
        make_group(&door, &format!("g{number}"));
    }

    let answer = refused(&door, "CreateGroup", &[("GroupName", "one-more")]);

    assert_eq!(answer, "LimitExceeded (409): Cannot exceed quota for GroupsPerAccount: 300");
}

#[test]
fn who_is_in_a_group_is_told_in_pages_and_from_both_sides() {
    let door = TestDoor::new();
    make_group(&door, "net");
    make_group(&door, "web");
    for user in ["carol", "Alice", "bob"] {
        make_user(&door, user);
        join(&door, "net", user);
    }
    // Adding again changes nothing.
    join(&door, "NET", "BOB");
    join(&door, "web", "bob");

    let first = door.iam("GetGroup", &[("GroupName", "net"), ("MaxItems", "2")]).unwrap();
    let marker = text(&first, "Marker");
    let rest = door.iam("GetGroup", &[("GroupName", "net"), ("Marker", &marker)]).unwrap();
    let groups = door.iam("ListGroupsForUser", &[("UserName", "bob")]).unwrap();
    let page = door.iam("ListGroupsForUser", &[("UserName", "bob"), ("MaxItems", "1")]).unwrap();

    assert_eq!(column(&first, "Users", "UserName"), ["Alice", "bob"]);
    assert_eq!(column(&rest, "Users", "UserName"), ["carol"]);
    assert_eq!(text(&rest, "IsTruncated"), "false");
    assert_eq!(column(&groups, "Groups", "GroupName"), ["net", "web"]);
    assert_eq!(text(&page, "IsTruncated"), "true");
}

#[test]
fn who_leaves_a_group_has_to_be_in_it() {
    let door = TestDoor::new();
    make_group(&door, "net");
    make_user(&door, "bob");
    let both = [("GroupName", "net"), ("UserName", "bob")];

    let outside = refused(&door, "RemoveUserFromGroup", &both);
    join(&door, "net", "bob");
    door.iam("RemoveUserFromGroup", &both).unwrap();
    let left = door.iam("ListGroupsForUser", &[("UserName", "bob")]).unwrap();
    let nobody = refused(&door, "AddUserToGroup", &[("GroupName", "net"), ("UserName", "eve")]);
    let nowhere = refused(&door, "AddUserToGroup", &[("GroupName", "x"), ("UserName", "bob")]);

    assert_eq!(outside, "NoSuchEntity (404): User bob not in group net");
    assert!(left.get("Groups").unwrap().elements().is_empty());
    assert_eq!(nobody, "NoSuchEntity (404): The user with name eve cannot be found.");
    assert_eq!(nowhere, "NoSuchEntity (404): The group with name x cannot be found.");
}

#[test]
fn a_user_is_in_ten_groups() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    for number in 0..=10 {
        make_group(&door, &format!("g{number}"));
    }
    for number in 0..10 {
        join(&door, &format!("g{number}"), "bob");
    }

    let answer = refused(&door, "AddUserToGroup", &[("GroupName", "g10"), ("UserName", "bob")]);
    // One that it is in already is no eleventh.
    join(&door, "g3", "bob");

    assert_eq!(answer, "LimitExceeded (409): Cannot exceed quota for GroupsPerUser: 10");
}

#[test]
fn a_group_that_is_renamed_keeps_its_users_and_policies() {
    let door = TestDoor::new();
    make_group(&door, "net");
    make_group(&door, "web");
    make_user(&door, "bob");
    join(&door, "net", "bob");
    let name = ("GroupName", "net");
    door.iam("PutGroupPolicy", &[name, ("PolicyName", "p"), ("PolicyDocument", ALLOW_ALL)])
        .unwrap();
    let before = door.iam("GetGroup", &[name]).unwrap();

    let taken = refused(&door, "UpdateGroup", &[name, ("NewGroupName", "Web")]);
    door.iam("UpdateGroup", &[name, ("NewGroupName", "Ops"), ("NewPath", "/staff/")]).unwrap();
    let after = door.iam("GetGroup", &[("GroupName", "ops")]).unwrap();
    let policies = door.iam("ListGroupPolicies", &[("GroupName", "ops")]).unwrap();
    let groups = door.iam("ListGroupsForUser", &[("UserName", "bob")]).unwrap();

    assert_eq!(taken, "EntityAlreadyExists (409): Group with name Web already exists.");
    assert_eq!(text(&after, "Group.GroupId"), text(&before, "Group.GroupId"));
    assert_eq!(text(&after, "Group.Arn"), "arn:aws:iam::123456789012:group/staff/Ops");
    assert_eq!(column(&after, "Users", "UserName"), ["bob"]);
    assert_eq!(texts(&policies, "PolicyNames"), ["p"]);
    assert_eq!(column(&groups, "Groups", "GroupName"), ["Ops"]);
    assert!(refused(&door, "GetGroup", &[name]).starts_with("NoSuchEntity (404)"));
}

#[test]
fn a_group_with_users_or_policies_cannot_be_deleted_nor_a_user_in_groups() {
    let door = TestDoor::new();
    make_group(&door, "net");
    make_user(&door, "bob");
    let arn = make_policy(&door, "own");
    let name = ("GroupName", "net");
    let inline = ("PolicyName", "p");
    join(&door, "net", "bob");
    door.iam("AttachGroupPolicy", &[name, ("PolicyArn", &arn)]).unwrap();
    door.iam("PutGroupPolicy", &[name, inline, ("PolicyDocument", ALLOW_ALL)]).unwrap();

    let with_users = refused(&door, "DeleteGroup", &[name]);
    let member = refused(&door, "DeleteUser", &[("UserName", "bob")]);
    door.iam("RemoveUserFromGroup", &[name, ("UserName", "bob")]).unwrap();
    let attached = refused(&door, "DeleteGroup", &[name]);
    let used = refused(&door, "DeletePolicy", &[("PolicyArn", &arn)]);
    door.iam("DetachGroupPolicy", &[name, ("PolicyArn", &arn)]).unwrap();
    let with_policy = refused(&door, "DeleteGroup", &[name]);
    door.iam("DeleteGroupPolicy", &[name, inline]).unwrap();
    door.iam("DeleteGroup", &[name]).unwrap();
    door.iam("DeleteUser", &[("UserName", "bob")]).unwrap();

    let users = "DeleteConflict (409): Cannot delete entity, must remove users from group first.";
    assert_eq!(with_users, users);
    assert_eq!(member, users);
    assert_eq!(
        attached,
        "DeleteConflict (409): Cannot delete entity, must detach all policies first."
    );
    assert_eq!(used, "DeleteConflict (409): Cannot delete a policy attached to entities.");
    assert_eq!(
        with_policy,
        "DeleteConflict (409): Cannot delete entity, must delete policies first."
    );
}

#[test]
fn all_inline_policies_of_a_group_have_5120_characters_together() {
    let door = TestDoor::new();
    make_group(&door, "net");
    let put = |size: usize| {
        let bare = allow("logs:PutLogEvents", "arn:aws:s3:::").len();
        let resource = format!("arn:aws:s3:::{}", "x".repeat(size - bare));
        let document = allow("logs:PutLogEvents", &resource);
        let parameters =
            [("GroupName", "net"), ("PolicyName", "p"), ("PolicyDocument", document.as_str())];
        door.iam("PutGroupPolicy", &parameters).map_err(|fault| fault.to_string())
    };

    put(5120).unwrap();
    let more = put(5121).unwrap_err();

    assert_eq!(more, "LimitExceeded: Maximum policy size of 5120 bytes exceeded for group net");
}

#[test]
fn a_groups_policies_are_read_attached_and_counted() {
    let door = TestDoor::new();
    make_group(&door, "net");
    let arn = make_policy(&door, "own");
    let name = ("GroupName", "net");
    let policy = ("PolicyArn", arn.as_str());
    let get = [name, ("PolicyName", "p")];
    door.iam("PutGroupPolicy", &[name, ("PolicyName", "p"), ("PolicyDocument", ALLOW_ALL)])
        .unwrap();
    door.iam("AttachGroupPolicy", &[name, policy]).unwrap();

    let read = door.iam("GetGroupPolicy", &get).unwrap();
    let attached = door.iam("ListAttachedGroupPolicies", &[name]).unwrap();
    let entities = door.iam("ListEntitiesForPolicy", &[policy, ("EntityFilter", "Group")]).unwrap();
    let limiting = door
        .iam("ListEntitiesForPolicy", &[policy, ("PolicyUsageFilter", "PermissionsBoundary")])
        .unwrap();
    let counted = door.iam("GetPolicy", &[policy]).unwrap();
    door.iam("DeleteGroupPolicy", &get).unwrap();
    door.iam("DetachGroupPolicy", &[name, policy]).unwrap();

    assert_eq!(text(&read, "GroupName"), "net");
    assert_eq!(column(&attached, "AttachedPolicies", "PolicyArn"), [arn.as_str()]);
    assert_eq!(column(&entities, "PolicyGroups", "GroupName"), ["net"]);
    assert!(limiting.get("PolicyGroups").unwrap().elements().is_empty());
    assert_eq!(text(&counted, "Policy.AttachmentCount"), "1");
    assert_eq!(
        refused(&door, "GetGroupPolicy", &get),
        "NoSuchEntity (404): The group policy with name p cannot be found."
    );
    assert_eq!(
        refused(&door, "DetachGroupPolicy", &[name, policy]),
        format!("NoSuchEntity (404): Policy {arn} was not found.")
    );
}

#[test]
fn permission_is_asked_for_on_the_group_and_for_a_users_groups_on_the_user() {
    let mut door = TestDoor::new();
    for user in ["ann", "bob"] {
        make_user(&door, user);
    }
    door.iam("CreateGroup", &[("GroupName", "net"), ("Path", "/staff/")]).unwrap();
    make_group(&door, "web");
    be(&mut door, "ann", &allow("iam:*", "arn:aws:iam::123456789012:group/staff/*"));

    join(&door, "net", "bob");
    let other = refused(&door, "AddUserToGroup", &[("GroupName", "web"), ("UserName", "bob")]);
    let moved = refused(&door, "UpdateGroup", &[("GroupName", "net"), ("NewPath", "/x/")]);
    let groups = refused(&door, "ListGroupsForUser", &[("UserName", "bob")]);

    assert!(
        other.contains("iam:AddUserToGroup on resource: arn:aws:iam::123456789012:group/web "),
        "{other}"
    );
    assert!(
        moved.contains("iam:UpdateGroup on resource: arn:aws:iam::123456789012:group/x/net "),
        "{moved}"
    );
    assert!(
        groups.contains("iam:ListGroupsForUser on resource: arn:aws:iam::123456789012:user/bob "),
        "{groups}"
    );
}

#[test]
fn a_group_is_no_principal() {
    let door = TestDoor::new();
    make_group(&door, "net");
    let trust = TRUST_FLOW_LOGS.replace(
        r#""Service":"vpc-flow-logs.amazonaws.com""#,
        r#""AWS":"arn:aws:iam::123456789012:group/net""#,
    );

    let answer =
        refused(&door, "CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]);

    assert_eq!(
        answer,
        "MalformedPolicyDocument (400): Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:group/net\""
    );
}

#[test]
fn users_that_were_stored_before_there_were_groups_are_in_none() {
    let stored = r#"{"id":"bob","name":"bob","path":"/","unique_id":"AIDA","created":0,"inline":[],"attached":[],"boundary":null,"tags":{}}"#;

    let user: User = serde_json::from_str(stored).unwrap();

    assert!(user.groups.is_empty());
}

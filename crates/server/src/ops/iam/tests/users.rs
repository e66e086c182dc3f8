//! Users.

use super::{
    ALLOW_ALL, TRUST_FLOW_LOGS, be, be_session, column, make_policy, make_role, make_user, refused,
    text,
};
use crate::model::{ManagedPolicy, Role, User};
use crate::state::{Document, Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, TestDoor};

#[test]
fn a_user_is_made_with_an_arn_of_its_path_and_an_id_of_its_own() {
    let door = TestDoor::new();

    let made = door.iam("CreateUser", &[("UserName", "Bob"), ("Path", "/staff/net/")]).unwrap();
    let read = door.iam("GetUser", &[("UserName", "Bob")]).unwrap();

    assert_eq!(made, read);
    assert_eq!(text(&made, "User.Arn"), "arn:aws:iam::123456789012:user/staff/net/Bob");
    assert_eq!(text(&made, "User.Path"), "/staff/net/");
    assert_eq!(text(&made, "User.CreateDate"), "2026-11-26T00:00:00Z");
    let id = text(&made, "User.UserId");
    assert!(id.starts_with("AIDA") && id.len() == 21, "{id}");
}

#[test]
fn names_are_unique_without_case_and_keep_theirs() {
    let door = TestDoor::new();
    make_user(&door, "Bob");

    let answer = refused(&door, "CreateUser", &[("UserName", "bOB")]);
    let read = door.iam("GetUser", &[("UserName", "BOB")]).unwrap();

    assert_eq!(answer, "EntityAlreadyExists (409): User with name bOB already exists.");
    assert_eq!(text(&read, "User.UserName"), "Bob");
}

#[test]
fn a_name_that_cannot_be_is_told_with_what_it_has_to_satisfy() {
    let door = TestDoor::new();
    let long = format!("{} ", "x".repeat(64));

    let one = refused(&door, "CreateUser", &[("UserName", "x y")]);
    let two = refused(&door, "CreateUser", &[("UserName", &long)]);
    let none = refused(&door, "CreateUser", &[("UserName", "")]);

    assert_eq!(
        one,
        r"ValidationError (400): 1 validation error detected: Value 'x y' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+"
    );
    assert!(
        two.starts_with("ValidationError (400): 2 validation errors detected: Value '"),
        "{two}"
    );
    assert!(two.contains("Member must have length less than or equal to 64; Value '"), "{two}");
    assert!(none.contains("Member must have length greater than or equal to 1"), "{none}");
}

#[test]
fn a_path_begins_and_ends_with_a_slash() {
    let door = TestDoor::new();

    for path in ["staff/", "/staff", "", "/a b/"] {
        let answer = refused(&door, "CreateUser", &[("UserName", "bob"), ("Path", path)]);
        assert!(answer.starts_with("ValidationError (400): "), "{path}: {answer}");
    }
}

#[test]
fn lists_are_paged_by_name_and_leave_tags_and_boundaries_out() {
    let door = TestDoor::new();
    for name in ["carol", "Alice", "bob"] {
        door.iam(
            "CreateUser",
            &[
                ("UserName", name),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "net"),
                ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
            ],
        )
        .unwrap();
    }

    let first = door.iam("ListUsers", &[("MaxItems", "2")]).unwrap();
    let marker = text(&first, "Marker");
    // What comes in between does not shift the rest.
    make_user(&door, "aaron");
    let second = door.iam("ListUsers", &[("MaxItems", "2"), ("Marker", &marker)]).unwrap();

    assert_eq!(column(&first, "Users", "UserName"), ["Alice", "bob"]);
    assert_eq!(text(&first, "IsTruncated"), "true");
    assert_eq!(column(&second, "Users", "UserName"), ["carol"]);
    assert_eq!(text(&second, "IsTruncated"), "false");
    assert!(second.get("Marker").is_none());
    let users = first.get("Users").unwrap();
    for user in users.elements() {
        assert!(user.get("Tags").is_none() && user.get("PermissionsBoundary").is_none());
    }
    let read = door.iam("GetUser", &[("UserName", "alice")]).unwrap();
    assert_eq!(text(&read, "User.PermissionsBoundary.PermissionsBoundaryType"), "Policy");
    assert_eq!(column(read.get("User").unwrap(), "Tags", "Key"), ["team"]);
}

#[test]
fn a_page_holds_1_to_1000_items_and_a_marker_is_one_of_ours() {
    let door = TestDoor::new();

    let few = refused(&door, "ListUsers", &[("MaxItems", "0")]);
    let many = refused(&door, "ListUsers", &[("MaxItems", "1001")]);
    let marker = refused(&door, "ListUsers", &[("Marker", "???")]);

    assert_eq!(
        few,
        "ValidationError (400): 1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"
    );
    assert!(many.contains("Member must have value less than or equal to 1000"), "{many}");
    assert!(marker.starts_with("ValidationError (400): Invalid Marker"), "{marker}");
}

#[test]
fn a_list_can_be_of_one_path_and_may_be_empty() {
    let door = TestDoor::new();
    make_user(&door, "top");
    door.iam("CreateUser", &[("UserName", "deep"), ("Path", "/a/b/")]).unwrap();

    let some = door.iam("ListUsers", &[("PathPrefix", "/a/")]).unwrap();
    let none = door.iam("ListUsers", &[("PathPrefix", "/z/")]).unwrap();

    assert_eq!(column(&some, "Users", "UserName"), ["deep"]);
    assert!(column(&none, "Users", "UserName").is_empty());
}

#[test]
fn a_renamed_user_stays_the_same_one_and_keeps_its_keys() {
    let door = TestDoor::new();
    let before = text(&make_user(&door, "bob"), "User.UserId");
    let key = door.iam("CreateAccessKey", &[("UserName", "bob")]).unwrap();

    door.iam(
        "UpdateUser",
        &[("UserName", "bob"), ("NewUserName", "Robert"), ("NewPath", "/staff/")],
    )
    .unwrap();

    let user = door.iam("GetUser", &[("UserName", "robert")]).unwrap();
    assert_eq!(text(&user, "User.UserId"), before);
    assert_eq!(text(&user, "User.Arn"), "arn:aws:iam::123456789012:user/staff/Robert");
    let keys = door.iam("ListAccessKeys", &[("UserName", "Robert")]).unwrap();
    let id = text(&key, "AccessKey.AccessKeyId");
    assert_eq!(column(&keys, "AccessKeyMetadata", "AccessKeyId"), [id]);
    assert_eq!(column(&keys, "AccessKeyMetadata", "UserName"), ["Robert"]);
    assert_eq!(
        refused(&door, "GetUser", &[("UserName", "bob")]),
        "NoSuchEntity (404): The user with name bob cannot be found."
    );
}

#[test]
fn a_user_cannot_take_the_name_of_another_but_may_change_its_case() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "carol");

    let taken = refused(&door, "UpdateUser", &[("UserName", "bob"), ("NewUserName", "Carol")]);
    door.iam("UpdateUser", &[("UserName", "bob"), ("NewUserName", "BOB")]).unwrap();

    assert_eq!(taken, "EntityAlreadyExists (409): User with name Carol already exists.");
    let users = door.iam("ListUsers", &[]).unwrap();
    assert_eq!(column(&users, "Users", "UserName"), ["BOB", "carol"]);
}

#[test]
fn what_still_has_policies_or_keys_cannot_be_deleted() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let bob = ("UserName", "bob");
    let arn = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let inline = ("PolicyName", "p");
    let key = door.iam("CreateAccessKey", &[bob]).unwrap();
    door.iam("PutUserPolicy", &[bob, inline, ("PolicyDocument", ALLOW_ALL)]).unwrap();
    door.iam("AttachUserPolicy", &[bob, arn]).unwrap();

    let mut answers = vec![refused(&door, "DeleteUser", &[bob])];
    door.iam("DetachUserPolicy", &[bob, arn]).unwrap();
    answers.push(refused(&door, "DeleteUser", &[bob]));
    door.iam("DeleteUserPolicy", &[bob, inline]).unwrap();
    answers.push(refused(&door, "DeleteUser", &[bob]));
    let id = text(&key, "AccessKey.AccessKeyId");
    door.iam("DeleteAccessKey", &[bob, ("AccessKeyId", &id)]).unwrap();
    door.iam("DeleteUser", &[bob]).unwrap();

    assert_eq!(
        answers,
        [
            "DeleteConflict (409): Cannot delete entity, must detach all policies first.",
            "DeleteConflict (409): Cannot delete entity, must delete policies first.",
            "DeleteConflict (409): Cannot delete entity, must remove referenced objects first.",
        ]
    );
    assert_eq!(
        refused(&door, "DeleteUser", &[bob]),
        "NoSuchEntity (404): The user with name bob cannot be found."
    );
}

#[test]
fn without_a_name_the_caller_is_meant() {
    let mut door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");

    let root = door.iam("GetUser", &[]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    let bob = door.iam("GetUser", &[]).unwrap();
    be_session(&mut door, "r", ALLOW_ALL);
    let session = refused(&door, "GetUser", &[]);

    assert_eq!(text(&root, "User.Arn"), "arn:aws:iam::123456789012:root");
    assert_eq!(text(&root, "User.UserId"), "123456789012");
    assert_eq!(text(&bob, "User.UserName"), "bob");
    assert_eq!(
        session,
        "ValidationError (400): Must specify userName when calling with non-User credentials"
    );
}

#[test]
fn a_refused_call_leaves_nothing_behind() {
    let door = TestDoor::new();

    refused(
        &door,
        "CreateUser",
        &[("UserName", "bob"), ("PermissionsBoundary", "arn:aws:iam::123456789012:policy/none")],
    );

    let users = door.iam("ListUsers", &[]).unwrap();
    assert!(column(&users, "Users", "UserName").is_empty());
}

#[test]
fn login_profiles_are_not_known_here() {
    let door = TestDoor::new();

    let answer = refused(&door, "CreateLoginProfile", &[("UserName", "bob")]);

    assert_eq!(
        answer,
        "InvalidAction (400): Could not find operation CreateLoginProfile for version 2010-05-08"
    );
}

#[test]
fn a_parameter_that_an_operation_does_not_have_is_refused() {
    let door = TestDoor::new();

    let answer = refused(&door, "DeleteUser", &[("UserName", "bob"), ("Force", "true")]);

    assert_eq!(answer, "UnknownParameter (400): The parameter Force is not recognized");
}

#[test]
fn an_account_has_so_many_users_roles_and_policies_at_most() {
    let door = TestDoor::new();
    let (bob, role) = (stored_user(&door), stored_role(&door));
    let policy = stored_policy(&door);
    let place = Place::global(ACCOUNT);
    let fill = |txn: &Txn<'_>| {
        for number in 1..5000 {
            let id = format!("u{number}");
            txn.put(&place, &User { id, ..bob.clone() }, NOW)?;
        }
        for number in 1..1000 {
            let id = format!("r{number}");
            txn.put(&place, &Role { id, ..role.clone() }, NOW)?;
        }
        for number in 1..1500 {
            let id = format!("p{number}");
            txn.put(&place, &ManagedPolicy { id, ..policy.clone() }, NOW)?;
        }
        Ok(())
    };
    door.door.state().write::<_, StateError>(fill).unwrap();

    let user = refused(&door, "CreateUser", &[("UserName", "one-more")]);
    let role = refused(
        &door,
        "CreateRole",
        &[("RoleName", "one-more"), ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS)],
    );
    let policy = refused(
        &door,
        "CreatePolicy",
        &[("PolicyName", "one-more"), ("PolicyDocument", ALLOW_ALL)],
    );

    assert_eq!(user, "LimitExceeded (409): Cannot exceed quota for UsersPerAccount: 5000");
    assert_eq!(role, "LimitExceeded (409): Cannot exceed quota for RolesPerAccount: 1000");
    assert_eq!(policy, "LimitExceeded (409): Cannot exceed quota for PoliciesPerAccount: 1500");
}

fn stored<D: Document>(door: &TestDoor) -> D {
    let read = |txn: &Txn<'_>| txn.list(&Place::global(ACCOUNT));
    door.door.state().read::<_, StateError>(read).unwrap().remove(0)
}

fn stored_user(door: &TestDoor) -> User {
    make_user(door, "bob");
    stored(door)
}

fn stored_role(door: &TestDoor) -> Role {
    make_role(door, "r");
    stored(door)
}

fn stored_policy(door: &TestDoor) -> ManagedPolicy {
    make_policy(door, "p");
    stored(door)
}

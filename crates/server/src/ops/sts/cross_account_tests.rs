//! What `AssumeRole` promises between two accounts of one server.

use crate::model::{Role, Session, Tags};
use crate::ops::iam::tests::{ALLOW_ALL, allow, be, be_root, text, trust_of};
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, TestDoor};

const OTHER: &str = "210987654321";
const ROLE: &str = "arn:aws:iam::210987654321:role/guest";

/// A door whose other account has a role that trusts this one, by the principal given.
fn door(principal: &str, trusted_ids: Vec<(String, String)>) -> TestDoor {
    let door = TestDoor::new();
    let role = Role {
        id: "guest".to_owned(),
        name: "guest".to_owned(),
        path: "/".to_owned(),
        unique_id: "AROAGUESTGUESTGUESTGU".to_owned(),
        created: NOW / 1000,
        description: None,
        trust_policy: trust_of(principal),
        trusted_ids,
        max_session_duration: 3600,
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: None,
        tags: Tags::new(),
        last_used: None,
    };
    let put = |txn: &Txn<'_>| txn.put(&Place::global(OTHER), &role, NOW);
    door.door.state().write::<_, StateError>(put).unwrap();
    door
}

fn assume(door: &TestDoor) -> Result<String, String> {
    door.sts("AssumeRole", &[("RoleArn", ROLE), ("RoleSessionName", "s1")])
        .map(|answer| text(&answer, "AssumedRoleUser.Arn"))
        .map_err(|fault| fault.code.into_owned())
}

#[test]
fn a_session_belongs_to_the_account_of_its_role() {
    let mut door = door(ACCOUNT, Vec::new());
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();
    be(&mut door, "bob", &allow("sts:AssumeRole", ROLE));

    let arn = assume(&door).unwrap();

    assert_eq!(arn, "arn:aws:sts::210987654321:assumed-role/guest/s1");
    let count = |account: &str| {
        let read = |txn: &Txn<'_>| txn.list::<Session>(&Place::global(account));
        door.door.state().read::<_, StateError>(read).unwrap().len()
    };
    assert_eq!((count(OTHER), count(ACCOUNT)), (1, 0));
}

#[test]
fn between_accounts_both_sides_have_to_agree() {
    let mut door = door("arn:aws:iam::123456789012:root", Vec::new());
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();

    be(&mut door, "bob", &allow("sts:AssumeRole", "arn:aws:iam::210987654321:role/another"));
    assert_eq!(assume(&door), Err("AccessDenied".to_owned()));
    be(&mut door, "bob", ALLOW_ALL);
    assert!(assume(&door).is_ok());
}

#[test]
fn a_user_of_another_account_that_was_made_anew_is_not_trusted() {
    let bob = "arn:aws:iam::123456789012:user/bob";
    let mut door = door(bob, vec![(bob.to_owned(), "AIDABEFOREBEFOREBEFOR".to_owned())]);
    be_root(&mut door);
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);

    assert_eq!(assume(&door), Err("AccessDenied".to_owned()));
}

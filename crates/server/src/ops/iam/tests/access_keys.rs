//! Access keys.

use super::{ALLOW_ALL, be, column, make_user, refused, text};
use crate::model::{AccessKey, KeyOwner};
use crate::state::{Place, StateError};
use crate::testing::{ACCOUNT, NOW, TestDoor};

fn stored(door: &TestDoor, id: &str) -> AccessKey {
    let read = |txn: &crate::state::Txn<'_>| txn.get(&Place::global(ACCOUNT), id);
    door.door.state().read::<_, StateError>(read).unwrap().unwrap()
}

#[test]
fn the_secret_is_told_once() {
    let door = TestDoor::new();
    make_user(&door, "bob");

    let key = door.iam("CreateAccessKey", &[("UserName", "bob")]).unwrap();
    let keys = door.iam("ListAccessKeys", &[("UserName", "bob")]).unwrap();

    let id = text(&key, "AccessKey.AccessKeyId");
    assert!(id.starts_with("AKIA") && id.len() == 20, "{id}");
    let secret = text(&key, "AccessKey.SecretAccessKey");
    assert_eq!(secret.len(), 40);
    assert_eq!(stored(&door, &id).secret, secret);
    assert_eq!(column(&keys, "AccessKeyMetadata", "Status"), ["Active"]);
    assert!(!format!("{keys:?}").contains(&secret));
}

#[test]
fn a_user_has_two_keys_at_most() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "carol");
    let bob = [("UserName", "bob")];
    door.iam("CreateAccessKey", &bob).unwrap();
    door.iam("CreateAccessKey", &bob).unwrap();

    let third = refused(&door, "CreateAccessKey", &bob);

    assert_eq!(third, "LimitExceeded (409): Cannot exceed quota for AccessKeysPerUser: 2");
    door.iam("CreateAccessKey", &[("UserName", "carol")]).unwrap();
}

#[test]
fn a_key_can_be_switched_off_and_on() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let bob = ("UserName", "bob");
    let key = door.iam("CreateAccessKey", &[bob]).unwrap();
    let id = text(&key, "AccessKey.AccessKeyId");
    let key = ("AccessKeyId", id.as_str());

    door.iam("UpdateAccessKey", &[bob, key, ("Status", "Inactive")]).unwrap();
    let off = stored(&door, &id).active;
    door.iam("UpdateAccessKey", &[bob, key, ("Status", "Active")]).unwrap();
    let on = stored(&door, &id).active;
    let wrong = refused(&door, "UpdateAccessKey", &[bob, key, ("Status", "active")]);

    assert!(!off && on);
    assert!(
        wrong.contains("Value 'active' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]"),
        "{wrong}"
    );
}

#[test]
fn the_key_of_another_is_unknown() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "carol");
    let key = door.iam("CreateAccessKey", &[("UserName", "bob")]).unwrap();
    let id = text(&key, "AccessKey.AccessKeyId");
    let carols = [("UserName", "carol"), ("AccessKeyId", id.as_str())];

    let deleted = refused(&door, "DeleteAccessKey", &carols);
    let updated =
        refused(&door, "UpdateAccessKey", &[carols[0], carols[1], ("Status", "Inactive")]);

    let text = format!("NoSuchEntity (404): The Access Key with id {id} cannot be found.");
    assert_eq!([deleted, updated], [text.clone(), text]);
    assert!(stored(&door, &id).active);
}

#[test]
fn without_a_name_the_keys_are_the_callers() {
    let mut door = TestDoor::new();
    make_user(&door, "bob");

    let root = door.iam("CreateAccessKey", &[]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    let bobs = door.iam("CreateAccessKey", &[]).unwrap();
    let listed = door.iam("ListAccessKeys", &[]).unwrap();

    let root_id = text(&root, "AccessKey.AccessKeyId");
    assert_eq!(stored(&door, &root_id).owner, KeyOwner::Root);
    assert_eq!(text(&bobs, "AccessKey.UserName"), "bob");
    let id = text(&bobs, "AccessKey.AccessKeyId");
    assert_eq!(column(&listed, "AccessKeyMetadata", "AccessKeyId"), [id]);
}

#[test]
fn the_keys_of_agents_are_not_within_reach() {
    let door = TestDoor::new();
    let key = AccessKey {
        id: "AKIAAGENTAGENTAGENTA".to_owned(),
        secret: "s".to_owned(),
        owner: KeyOwner::Agent("host-a".to_owned()),
        active: true,
        created: NOW / 1000,
    };
    let put = |txn: &crate::state::Txn<'_>| txn.put(&Place::global(ACCOUNT), &key, NOW);
    door.door.state().write::<_, StateError>(put).unwrap();

    let listed = door.iam("ListAccessKeys", &[]).unwrap();
    let deleted = refused(&door, "DeleteAccessKey", &[("AccessKeyId", "AKIAAGENTAGENTAGENTA")]);

    assert!(column(&listed, "AccessKeyMetadata", "AccessKeyId").is_empty());
    assert!(deleted.starts_with("NoSuchEntity (404)"), "{deleted}");
}

//! Last uses, and what is told of the account.

use super::{
    ALLOW_ALL, TRUST_FLOW_LOGS, allow, be, be_session, make_role, make_user, refused, text,
};
use crate::dispatch::{Body, Service};
use crate::state::StateError;
use crate::testing::{NOW, REGION, TestDoor};
use flowlogd_aws::codec::query::Parameters;

fn note(door: &TestDoor, service: Service) {
    door.door.last_uses().note(&door.caller, service, REGION, door.now / 1000);
}

fn make_key(door: &TestDoor, user: &str) -> String {
    let key = door.iam("CreateAccessKey", &[("UserName", user)]).unwrap();
    text(&key, "AccessKey.AccessKeyId")
}

#[test]
fn a_keys_last_use_is_told_from_memory_and_from_disk() {
    let mut door = TestDoor::new();
    make_user(&door, "bob");
    let id = make_key(&door, "bob");
    let key = [("AccessKeyId", id.as_str())];

    let never = door.iam("GetAccessKeyLastUsed", &key).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    door.caller.access_key_id.clone_from(&id);
    note(&door, Service::Logs);
    door.now += 60_000;
    note(&door, Service::Ec2);
    let noted = door.iam("GetAccessKeyLastUsed", &key).unwrap();
    door.door.keep_last_uses(door.now).unwrap();
    let kept = door.iam("GetAccessKeyLastUsed", &key).unwrap();

    assert_eq!(text(&never, "UserName"), "bob");
    assert_eq!(text(&never, "AccessKeyLastUsed.ServiceName"), "N/A");
    assert_eq!(text(&never, "AccessKeyLastUsed.Region"), "N/A");
    assert!(never.get("AccessKeyLastUsed").unwrap().get("LastUsedDate").is_none());
    assert_eq!(text(&noted, "AccessKeyLastUsed.LastUsedDate"), "2026-11-26T00:01:00Z");
    assert_eq!(text(&noted, "AccessKeyLastUsed.ServiceName"), "ec2");
    assert_eq!(text(&noted, "AccessKeyLastUsed.Region"), "us-east-1");
    assert_eq!(noted, kept);
}

#[test]
fn a_key_that_is_deleted_leaves_no_last_use_behind() {
    let mut door = TestDoor::new();
    make_user(&door, "bob");
    let id = make_key(&door, "bob");
    let key = [("UserName", "bob"), ("AccessKeyId", id.as_str())];
    be(&mut door, "bob", ALLOW_ALL);
    door.caller.access_key_id.clone_from(&id);
    note(&door, Service::Ec2);

    door.iam("DeleteAccessKey", &key).unwrap();
    door.door.keep_last_uses(door.now).unwrap();
    let gone = refused(&door, "GetAccessKeyLastUsed", &key[1..]);

    assert_eq!(gone, format!("NoSuchEntity (404): The Access Key with id {id} cannot be found."));
    let left =
        door.door.state().read::<_, StateError>(|txn| txn.find::<crate::model::LastUse>(&id));
    assert!(left.unwrap().is_none());
}

#[test]
fn a_sessions_use_is_its_roles() {
    let mut door = TestDoor::new();
    make_role(&door, "r");
    let role = [("RoleName", "r")];

    let never = door.iam("GetRole", &role).unwrap();
    be_session(&mut door, "r", ALLOW_ALL);
    note(&door, Service::Logs);
    let noted = door.iam("GetRole", &role).unwrap();
    door.door.keep_last_uses(NOW).unwrap();
    let kept = door.iam("GetRole", &role).unwrap();
    let listed = door.iam("ListRoles", &[]).unwrap();

    assert!(never.get("Role").unwrap().get("RoleLastUsed").is_none());
    assert_eq!(text(&noted, "Role.RoleLastUsed.LastUsedDate"), "2026-11-26T00:00:00Z");
    assert_eq!(text(&noted, "Role.RoleLastUsed.Region"), "us-east-1");
    assert_eq!(noted, kept);
    assert!(listed.get("Roles").unwrap().elements()[0].get("RoleLastUsed").is_none());
}

#[test]
fn permission_is_asked_for_on_the_user_whose_key_it_is() {
    let mut door = TestDoor::new();
    make_user(&door, "bob");
    let id = make_key(&door, "bob");
    be(&mut door, "bob", &allow("iam:*", "arn:aws:iam::123456789012:user/ann"));

    let answer = refused(&door, "GetAccessKeyLastUsed", &[("AccessKeyId", &id)]);

    assert!(
        answer
            .contains("iam:GetAccessKeyLastUsed on resource: arn:aws:iam::123456789012:user/bob "),
        "{answer}"
    );
}

#[test]
fn what_the_account_has_is_counted() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "carol");
    door.iam("CreateGroup", &[("GroupName", "net")]).unwrap();
    door.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS)])
        .unwrap();
    make_key(&door, "bob");

    let form = Body::Form(Parameters::parse("").unwrap());
    let answer = door.call(Service::Iam, "GetAccountSummary", &form).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let aliases = door.iam("ListAccountAliases", &[]).unwrap();

    for (name, count) in [
        ("Users", 2),
        ("Groups", 1),
        ("Roles", 1),
        ("Policies", 0),
        ("GroupsQuota", 300),
        ("AccessKeysPerUserQuota", 2),
        ("AccountAccessKeysPresent", 0),
    ] {
        let entry = format!("<entry><key>{name}</key><value>{count}</value></entry>");
        assert!(answer.contains(&entry), "{entry} in {answer}");
    }
    assert!(aliases.get("AccountAliases").unwrap().elements().is_empty());
}

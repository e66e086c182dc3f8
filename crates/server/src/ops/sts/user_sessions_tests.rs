//! What `GetSessionToken`, `GetFederationToken` and the small operations promise. That their credentials
//! work, and what for, is promised by `tests/conformance/test_sts.py`.

use crate::model::{SessionOwner, UserSession};
use crate::ops::iam::tests::{ALLOW_ALL, allow, be, be_root, be_session, text};
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, TestDoor};

fn door() -> TestDoor {
    let mut door = TestDoor::new();
    door.iam("CreateUser", &[("UserName", "Bob")]).unwrap();
    be(&mut door, "Bob", ALLOW_ALL);
    door
}

fn refused(door: &TestDoor, action: &str, parameters: &[(&str, &str)]) -> String {
    let fault = door.sts(action, parameters).unwrap_err();
    format!("{} ({}): {}", fault.code, fault.status, fault.message)
}

fn sessions(door: &TestDoor) -> Vec<UserSession> {
    let read = |txn: &Txn<'_>| txn.list(&Place::global(ACCOUNT));
    door.door.state().read::<_, StateError>(read).unwrap()
}

#[test]
fn a_session_of_a_user_lasts_twelve_hours_and_one_of_root_at_most_one() {
    let mut door = door();

    let users = door.sts("GetSessionToken", &[]).unwrap();
    be_root(&mut door);
    let short = door.sts("GetSessionToken", &[("DurationSeconds", "900")]).unwrap();
    let long = door.sts("GetSessionToken", &[("DurationSeconds", "129600")]).unwrap();

    assert_eq!(text(&users, "Credentials.Expiration"), "2026-11-26T12:00:00Z");
    assert_eq!(text(&short, "Credentials.Expiration"), "2026-11-26T00:15:00Z");
    assert_eq!(text(&long, "Credentials.Expiration"), "2026-11-26T01:00:00Z");
    let stored = sessions(&door).remove(0);
    assert_eq!(stored.id, text(&users, "Credentials.AccessKeyId"));
    assert!(matches!(stored.owner, SessionOwner::User { id, .. } if id == "bob"));
}

#[test]
fn a_session_needs_no_permission_and_a_federated_one_does() {
    let mut door = door();
    let federated = "arn:aws:sts::123456789012:federated-user/fed";
    be(&mut door, "Bob", &allow("ec2:DescribeVpcs", "*"));

    let session = door.sts("GetSessionToken", &[]);
    let answer = refused(&door, "GetFederationToken", &[("Name", "fed")]);
    be(&mut door, "Bob", &allow("sts:GetFederationToken", federated));
    let made = door.sts("GetFederationToken", &[("Name", "fed"), ("Policy", ALLOW_ALL)]).unwrap();
    let tag = [("Name", "fed"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    let tagged = refused(&door, "GetFederationToken", &tag);

    assert!(session.is_ok());
    assert_eq!(
        answer,
        format!(
            "AccessDenied (403): User: arn:aws:iam::123456789012:user/Bob is not authorized to perform: sts:GetFederationToken on resource: {federated} because no identity-based policy allows the sts:GetFederationToken action"
        )
    );
    assert_eq!(text(&made, "FederatedUser.Arn"), federated);
    assert_eq!(text(&made, "FederatedUser.FederatedUserId"), "123456789012:fed");
    assert!(made.get("PackedPolicySize").is_some());
    assert!(tagged.contains("perform: sts:TagSession on resource: "), "{tagged}");
}

#[test]
fn what_cannot_be_is_refused() {
    let door = door();
    let federation = |more: &[(&str, &str)]| {
        refused(&door, "GetFederationToken", &[&[("Name", "fed")], more].concat())
    };

    let duration = refused(&door, "GetSessionToken", &[("DurationSeconds", "129601")]);
    let device = refused(&door, "GetSessionToken", &[("SerialNumber", "arn:aws:iam::1:mfa/x")]);
    let name = refused(&door, "GetFederationToken", &[("Name", "x:y")]);
    let long = federation(&[("Policy", &format!("{ALLOW_ALL}{}", " ".repeat(2048)))]);

    assert!(
        duration.ends_with("Member must have value less than or equal to 129600"),
        "{duration}"
    );
    assert_eq!(
        device,
        "InvalidParameterValue (400): The parameter SerialNumber is not supported here: leave it out."
    );
    assert!(name.contains("at 'name' failed to satisfy constraint"), "{name}");
    assert!(federation(&[("Policy", "{")]).starts_with("MalformedPolicyDocument (400)"));
    assert!(long.starts_with("PackedPolicyTooLarge (400): Packed policy consumes 1"), "{long}");
    assert!(sessions(&door).is_empty());
}

#[test]
fn sessions_make_no_sessions_of_this_kind() {
    let mut door = door();
    door.caller.token_issued = Some(NOW / 1000);
    let key = ("AccessKeyId", "AKIAAAAAAAAAAAAAAAAA");

    let session = refused(&door, "GetSessionToken", &[]);
    let federation = refused(&door, "GetFederationToken", &[("Name", "fed")]);
    let info = refused(&door, "GetAccessKeyInfo", &[key]);
    be_root(&mut door);
    door.iam(
        "CreateRole",
        &[("RoleName", "r"), ("AssumeRolePolicyDocument", crate::ops::iam::tests::TRUST_FLOW_LOGS)],
    )
    .unwrap();
    be_session(&mut door, "r", ALLOW_ALL);
    let of_role = refused(&door, "GetSessionToken", &[]);

    assert_eq!(session, "AccessDenied (403): Cannot call GetSessionToken with session credentials");
    assert_eq!(of_role, session);
    assert_eq!(federation, session.replace("GetSessionToken", "GetFederationToken"));
    assert_eq!(info, session.replace("GetSessionToken", "GetAccessKeyInfo"));
}

#[test]
fn sessions_follow_a_user_that_is_renamed() {
    let mut door = door();
    door.sts("GetSessionToken", &[]).unwrap();

    be_root(&mut door);
    door.iam("UpdateUser", &[("UserName", "bob"), ("NewUserName", "Robert")]).unwrap();

    let stored = sessions(&door).remove(0);
    assert!(matches!(stored.owner, SessionOwner::User { id, .. } if id == "robert"));
}

#[test]
fn sessions_that_are_over_go_as_new_ones_come() {
    let mut door = door();
    door.sts("GetSessionToken", &[("DurationSeconds", "900")]).unwrap();
    door.sts("GetSessionToken", &[]).unwrap();

    door.now += 900_000;
    door.sts("GetSessionToken", &[]).unwrap();

    assert_eq!(sessions(&door).len(), 2);
}

#[test]
fn a_keys_account_is_told_and_no_message_can_be_decoded() {
    let mut door = door();
    let session = door.sts("GetSessionToken", &[]).unwrap();
    be_root(&mut door);
    let key = door.iam("CreateAccessKey", &[("UserName", "bob")]).unwrap();
    let account = |id: &str| door.sts("GetAccessKeyInfo", &[("AccessKeyId", id)]).unwrap();

    let long_term = account(&text(&key, "AccessKey.AccessKeyId"));
    let temporary = account(&text(&session, "Credentials.AccessKeyId"));
    let unknown = refused(&door, "GetAccessKeyInfo", &[("AccessKeyId", "AKIAAAAAAAAAAAAAAAAA")]);
    let short = refused(&door, "GetAccessKeyInfo", &[("AccessKeyId", "AKIA")]);
    let message = refused(&door, "DecodeAuthorizationMessage", &[("EncodedMessage", "x")]);

    assert_eq!(text(&long_term, "Account"), ACCOUNT);
    assert_eq!(text(&temporary, "Account"), ACCOUNT);
    assert!(unknown.starts_with("ValidationError (400)"), "{unknown}");
    assert!(short.contains("Member must have length greater than or equal to 16"), "{short}");
    assert_eq!(message, "InvalidAuthorizationMessageException (400): Message is not valid");
}

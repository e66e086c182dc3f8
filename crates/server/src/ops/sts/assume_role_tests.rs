//! What `AssumeRole` promises to users and sessions.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use crate::model::Session;
use crate::ops::iam::tests::{
    ALLOW_ALL, TRUST_FLOW_LOGS, allow, be, be_root, be_session, text, trust_of,
};
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, TestDoor};

const ROLE: &str = "arn:aws:iam::123456789012:role/lab/r";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";
const ROOT: &str = "arn:aws:iam::123456789012:root";

/// A door with user bob and role r, which trusts as the policy says; bob calls, and may do nothing of
/// his own.
fn door(trust: &str) -> TestDoor {
    let mut door = TestDoor::new();
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();
    door.iam(
        "CreateRole",
        &[
            ("RoleName", "r"),
            ("Path", "/lab/"),
            ("AssumeRolePolicyDocument", trust),
            ("MaxSessionDuration", "7200"),
        ],
    )
    .unwrap();
    be(&mut door, "bob", &allow("ec2:DescribeVpcs", "*"));
    door
}

fn assume(door: &TestDoor, more: &[(&str, &str)]) -> Result<Node, Fault> {
    let mut parameters = vec![("RoleArn", ROLE), ("RoleSessionName", "s1")];
    for (name, value) in more {
        parameters.retain(|(other, _)| other != name);
        parameters.push((name, value));
    }
    door.sts("AssumeRole", &parameters)
}

fn refused(door: &TestDoor, more: &[(&str, &str)]) -> String {
    let fault = assume(door, more).unwrap_err();
    format!("{} ({}): {}", fault.code, fault.status, fault.message)
}

fn sessions(door: &TestDoor) -> Vec<Session> {
    let read = |txn: &Txn<'_>| txn.list(&Place::global(ACCOUNT));
    door.door.state().read::<_, StateError>(read).unwrap()
}

#[test]
fn a_session_has_credentials_that_end_and_an_arn_without_the_roles_path() {
    let door = door(&trust_of(BOB));

    let answer = assume(&door, &[]).unwrap();

    assert_eq!(text(&answer, "AssumedRoleUser.Arn"), "arn:aws:sts::123456789012:assumed-role/r/s1");
    let stored = sessions(&door).remove(0);
    assert_eq!(text(&answer, "AssumedRoleUser.AssumedRoleId"), format!("{}:s1", stored.role_id));
    let id = text(&answer, "Credentials.AccessKeyId");
    assert!(id.starts_with("ASIA") && id.len() == 20, "{id}");
    assert_eq!(stored.id, id);
    assert_eq!(stored.secret, text(&answer, "Credentials.SecretAccessKey"));
    assert_eq!(stored.token, text(&answer, "Credentials.SessionToken"));
    assert_eq!(text(&answer, "Credentials.Expiration"), "2026-11-26T01:00:00Z");
    assert_eq!((stored.issued, stored.expires), (NOW / 1000, NOW / 1000 + 3600));
    assert_eq!((stored.policies, stored.agent), (None, None));
    assert!(answer.get("PackedPolicySize").is_none());
}

#[test]
fn trust_in_a_user_is_enough_trust_in_the_account_needs_a_policy_too() {
    let mut by_name = door(&trust_of(BOB));
    let mut by_account = door(&trust_of(ROOT));

    assert!(assume(&by_name, &[]).is_ok());
    let without = refused(&by_account, &[]);
    be(&mut by_account, "bob", &allow("sts:AssumeRole", ROLE));
    let with = assume(&by_account, &[]);
    be(&mut by_name, "bob", &ALLOW_ALL.replace("\"Allow\"", "\"Deny\""));
    let denied = refused(&by_name, &[]);

    assert!(
        without.starts_with(&format!(
            "AccessDenied (403): User: {BOB} is not authorized to perform: sts:AssumeRole on resource: {ROLE} because no "
        )),
        "{without}"
    );
    assert!(with.is_ok());
    assert!(denied.ends_with("with an explicit deny in an identity-based policy"), "{denied}");
}

#[test]
fn a_policy_of_the_callers_is_not_enough_without_trust() {
    let mut door = door(TRUST_FLOW_LOGS);
    be(&mut door, "bob", ALLOW_ALL);

    let untrusted = refused(&door, &[]);
    let elsewhere = "arn:aws:iam::123456789012:role/none";
    let missing = refused(&door, &[("RoleArn", elsewhere)]);

    assert_eq!(
        untrusted,
        format!(
            "AccessDenied (403): User: {BOB} is not authorized to perform: sts:AssumeRole on resource: {ROLE} because no role trust policy allows the sts:AssumeRole action"
        )
    );
    // Whether there is such a role is not told.
    assert_eq!(missing, untrusted.replace(ROLE, elsewhere));
    assert!(sessions(&door).is_empty());
}

#[test]
fn a_role_is_named_by_its_whole_arn() {
    let door = door(&trust_of(BOB));

    for arn in [
        "arn:aws:iam::123456789012:role/r",
        "arn:aws:iam::123456789012:role/lab/R",
        "arn:aws:iam::210987654321:role/lab/r",
    ] {
        assert!(refused(&door, &[("RoleArn", arn)]).starts_with("AccessDenied (403)"), "{arn}");
    }
    for odd in ["a-long-text-but-not-an-arn", "arn:aws:iam::123456789012:user/bob"] {
        assert_eq!(
            refused(&door, &[("RoleArn", odd)]),
            format!("ValidationError (400): {odd} is invalid")
        );
    }
}

#[test]
fn a_user_made_anew_is_not_trusted() {
    let mut door = door(&trust_of(BOB));

    be_root(&mut door);
    door.iam("DeleteUser", &[("UserName", "bob")]).unwrap();
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    let answer = refused(&door, &[]);

    assert!(
        answer.ends_with("because no role trust policy allows the sts:AssumeRole action"),
        "{answer}"
    );
}

#[test]
fn a_renamed_user_is_still_trusted() {
    let mut door = door(&trust_of(BOB));

    be_root(&mut door);
    door.iam("UpdateUser", &[("UserName", "bob"), ("NewUserName", "robert")]).unwrap();
    be(&mut door, "robert", &allow("ec2:DescribeVpcs", "*"));

    assert!(assume(&door, &[]).is_ok());
}

#[test]
fn root_may_not_assume_roles() {
    let mut door = door(&trust_of(ROOT));
    be_root(&mut door);

    let answer = refused(&door, &[]);

    assert_eq!(answer, "AccessDenied (403): Roles may not be assumed by root accounts.");
}

#[test]
fn a_session_lasts_as_long_as_is_asked_within_what_the_role_allows() {
    let door = door(&trust_of(BOB));
    let lasting = |seconds: &str| refused(&door, &[("DurationSeconds", seconds)]);

    assume(&door, &[("DurationSeconds", "900")]).unwrap();
    assume(&door, &[("DurationSeconds", "7200")]).unwrap();

    let expiries: Vec<i64> = sessions(&door).iter().map(|s| s.expires - s.issued).collect();
    assert_eq!(expiries, [900, 7200]);
    assert_eq!(
        lasting("899"),
        "ValidationError (400): 1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"
    );
    assert!(lasting("43201").contains("Member must have value less than or equal to 43200"));
    assert_eq!(
        lasting("7201"),
        "ValidationError (400): The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
}

#[test]
fn a_session_that_assumes_a_role_gets_an_hour_at_most() {
    let mut door = door(&trust_of("123456789012"));
    be_session(&mut door, "r", &allow("sts:AssumeRole", ROLE));

    let long = refused(&door, &[("DurationSeconds", "3601")]);

    assert_eq!(
        long,
        "ValidationError (400): The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    );
    assume(&door, &[("DurationSeconds", "3600")]).unwrap();
}

#[test]
fn a_session_name_is_2_to_64_characters_of_names() {
    let door = door(&trust_of(BOB));
    let long = "x".repeat(65);

    assert_eq!(
        refused(&door, &[("RoleSessionName", "Session1:2")]),
        r"ValidationError (400): 1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"
    );
    assert!(refused(&door, &[("RoleSessionName", "x")]).contains("greater than or equal to 2"));
    assert!(refused(&door, &[("RoleSessionName", &long)]).contains("less than or equal to 64"));
}

#[test]
fn an_external_id_has_to_be_the_one_that_the_role_asks_for() {
    let trust = trust_of(BOB).replace(
        "\"sts:AssumeRole\"",
        r#""sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"our-secret"}}"#,
    );
    let door = door(&trust);

    assert!(refused(&door, &[]).starts_with("AccessDenied (403)"));
    assert!(refused(&door, &[("ExternalId", "another")]).starts_with("AccessDenied (403)"));
    assert!(refused(&door, &[("ExternalId", "a b")]).starts_with("ValidationError (400)"));
    assert!(assume(&door, &[("ExternalId", "our-secret")]).is_ok());
}

#[test]
fn a_session_name_can_be_demanded() {
    let trust = trust_of(BOB).replace(
        "\"sts:AssumeRole\"",
        r#""sts:AssumeRole","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}"#,
    );
    let door = door(&trust);

    assert!(refused(&door, &[]).starts_with("AccessDenied (403)"));
    assert!(assume(&door, &[("RoleSessionName", "bob")]).is_ok());
}

#[test]
fn session_policies_are_kept_with_the_session() {
    let door = door(&trust_of(BOB));
    let managed = "arn:aws:iam::aws:policy/ReadOnlyAccess";

    let answer =
        assume(&door, &[("Policy", ALLOW_ALL), ("PolicyArns.member.1.arn", managed)]).unwrap();
    assume(&door, &[("PolicyArns.member.1.arn", managed)]).unwrap();

    let stored = sessions(&door);
    let inline = stored[0].policies.as_ref().unwrap();
    assert_eq!(inline[0].document, ALLOW_ALL);
    assert_eq!(stored[0].managed, [managed]);
    // With managed ones alone it is limited all the same.
    assert_eq!(stored[1].policies.as_ref().map(Vec::len), Some(0));
    assert_eq!(stored[1].managed, [managed]);
    let used = (ALLOW_ALL.len() + managed.len()) * 100;
    assert_eq!(text(&answer, "PackedPolicySize"), used.div_ceil(2048).to_string());
}

#[test]
fn session_policies_have_to_be_policies_that_exist_and_fit() {
    let door = door(&trust_of(BOB));
    let big = allow("logs:PutLogEvents", &format!("arn:aws:s3:::{}", "x".repeat(2048)));
    let many: Vec<String> = (1..=11).map(|n| format!("PolicyArns.member.{n}.arn")).collect();
    let many: Vec<(&str, &str)> =
        many.iter().map(|name| (name.as_str(), "arn:aws:iam::aws:policy/ReadOnlyAccess")).collect();
    let none = "arn:aws:iam::123456789012:policy/none";

    let broken = refused(&door, &[("Policy", "{")]);
    let big = refused(&door, &[("Policy", &big)]);
    let many = refused(&door, &many);
    let none = refused(&door, &[("PolicyArns.member.1.arn", none)]);

    assert!(broken.starts_with("MalformedPolicyDocument (400)"), "{broken}");
    assert_eq!(
        big,
        "PackedPolicyTooLarge (400): Packed policy consumes 106% of allotted space, please use smaller policy."
    );
    assert!(many.contains("at 'policyArns' failed to satisfy constraint"), "{many}");
    assert_eq!(
        none,
        "InvalidParameterValue (400): Policy arn:aws:iam::123456789012:policy/none does not exist or is not attachable."
    );
    assert!(sessions(&door).is_empty());
}

#[test]
fn what_sessions_do_not_have_here_is_refused() {
    let door = door(&trust_of(BOB));
    let cases: [(&str, &[(&str, &str)]); 4] = [
        ("SerialNumber", &[("SerialNumber", "arn:aws:iam::123456789012:mfa/bob")]),
        ("TokenCode", &[("TokenCode", "123456")]),
        (
            "ProvidedContexts",
            &[("ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/X")],
        ),
        ("MinimumSessionTokenSize", &[("MinimumSessionTokenSize", "1000")]),
    ];

    for (name, given) in cases {
        assert_eq!(
            refused(&door, given),
            format!(
                "InvalidParameterValue (400): The parameter {name} is not supported here: leave it out."
            )
        );
    }
    // An empty list asks for nothing.
    assume(&door, &[("Tags", "")]).unwrap();
}

#[test]
fn sessions_that_have_ended_are_deleted_when_new_ones_are_made() {
    let mut door = door(&trust_of(BOB));
    for name in ["a1", "a2", "a3"] {
        assume(&door, &[("RoleSessionName", name), ("DurationSeconds", "900")]).unwrap();
    }
    assume(&door, &[("RoleSessionName", "long")]).unwrap();

    door.now += 900_000;
    assume(&door, &[("RoleSessionName", "new")]).unwrap();

    let names: Vec<String> = sessions(&door).into_iter().map(|session| session.name).collect();
    assert_eq!(names, ["long", "new"]);
}

#[test]
fn sessions_of_web_and_saml_identities_are_not_made_here() {
    let door = TestDoor::new();

    for action in ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"] {
        let fault = door.sts(action, &[]).unwrap_err();
        assert_eq!(fault.code, "InvalidAction");
        assert_eq!(
            fault.message,
            format!("Could not find operation {action} for version 2011-06-15")
        );
    }
}

//! What session tags and source identities promise.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;
use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};

use crate::call::Identity;
use crate::model::Session;
use crate::ops::iam::tests::{ALLOW_ALL, allow, be, be_root, be_session, text, trust_of};
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, TestDoor};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";
const ROOT: &str = "arn:aws:iam::123456789012:root";

/// A door with a role that trusts the account with some actions; bob calls, and may do everything.
fn door(actions: &str) -> TestDoor {
    let mut door = TestDoor::new();
    door.iam("CreateUser", &[("UserName", "bob")]).unwrap();
    let trust = trust_of(ROOT).replace("\"sts:AssumeRole\"", actions);
    door.iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trust)]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    door
}

const TAGGED: &str = r#"["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;
const TEAM: [(&str, &str); 2] = [("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "net")];
const TRANSITIVE: (&str, &str) = ("TransitiveTagKeys.member.1", "team");

fn assume(door: &TestDoor, more: &[&[(&str, &str)]]) -> Result<Node, Fault> {
    let parameters = [("RoleArn", ROLE), ("RoleSessionName", "s1")];
    let more: Vec<(&str, &str)> = more.concat();
    door.sts("AssumeRole", &[&parameters[..], &more].concat())
}

fn refused(door: &TestDoor, more: &[&[(&str, &str)]]) -> String {
    let fault = assume(door, more).unwrap_err();
    format!("{} ({}): {}", fault.code, fault.status, fault.message)
}

/// The session that was made last.
fn stored(door: &TestDoor) -> Session {
    let read = |txn: &Txn<'_>| txn.list::<Session>(&Place::global(ACCOUNT));
    door.door.state().read::<_, StateError>(read).unwrap().pop().unwrap()
}

#[test]
fn tags_and_source_identity_need_permissions_of_their_own_in_the_trust_policy() {
    let plain = door(r#""sts:AssumeRole""#);
    let tagged = door(TAGGED);

    let tags = refused(&plain, &[&TEAM]);
    let identity = refused(&plain, &[&[("SourceIdentity", "ann")]]);
    let answer = assume(&tagged, &[&TEAM, &[("SourceIdentity", "ann")]]).unwrap();

    assert_eq!(
        tags,
        format!(
            "AccessDenied (403): User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:TagSession on resource: {ROLE} because no role trust policy allows the sts:TagSession action"
        )
    );
    assert!(identity.contains("perform: sts:SetSourceIdentity on resource: "), "{identity}");
    assert_eq!(text(&answer, "SourceIdentity"), "ann");
    assert_eq!(text(&answer, "PackedPolicySize"), "1");
    let session = stored(&tagged);
    assert_eq!(session.tags.get("Team").map(String::as_str), Some("net"));
    assert_eq!(session.source_identity.as_deref(), Some("ann"));
}

#[test]
fn a_trust_policy_may_ask_for_tags_and_source_identity() {
    let mut door = door(TAGGED);
    be_root(&mut door);
    let conditions = r#""Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"],"Condition":{"StringEquals":{"aws:RequestTag/team":"net","sts:SourceIdentity":"ann"},"ForAllValues:StringEquals":{"aws:TagKeys":"Team","sts:TransitiveTagKeys":"team"}}"#;
    let trust = trust_of(ROOT).replace("\"Action\":\"sts:AssumeRole\"", conditions);
    door.iam("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &trust)]).unwrap();
    be(&mut door, "bob", ALLOW_ALL);
    let identity = [("SourceIdentity", "ann")];

    let both = assume(&door, &[&TEAM, &[TRANSITIVE], &identity]);
    let other = refused(&door, &[&TEAM, &[("SourceIdentity", "eve")]]);
    let none = refused(&door, &[&identity]);

    assert!(both.is_ok());
    assert!(other.starts_with("AccessDenied (403)"), "{other}");
    assert!(none.starts_with("AccessDenied (403)"), "{none}");
}

#[test]
fn tags_that_cannot_be_are_refused() {
    let door = door(TAGGED);
    let twice = [("Tags.member.2.Key", "TEAM"), ("Tags.member.2.Value", "x")];
    let reserved = [("Tags.member.1.Key", "aws:x"), ("Tags.member.1.Value", "x")];
    let other = [("TransitiveTagKeys.member.1", "floor")];

    assert_eq!(
        refused(&door, &[&TEAM, &twice]),
        "InvalidParameterValue (400): Duplicate tag keys found. Please note that Tag keys are case insensitive."
    );
    assert_eq!(
        refused(&door, &[&TEAM, &other]),
        "InvalidParameterValue (400): The specified transitive tag key must be included in the requested tags."
    );
    assert!(refused(&door, &[&reserved]).starts_with("InvalidParameterValue (400)"));
    let short = refused(&door, &[&[("SourceIdentity", "a")]]);
    assert!(short.contains("at 'sourceIdentity' failed to satisfy constraint"), "{short}");
}

#[test]
fn transitive_tags_and_the_source_identity_go_on_and_cannot_be_changed() {
    let mut door = door(TAGGED);
    be_session(&mut door, "r", ALLOW_ALL);
    door.caller.token_issued = Some(0);
    door.caller.tags = [("Team", "net"), ("Floor", "3")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    door.caller.transitive = vec!["team".to_owned()];
    door.caller.source_identity = Some("ann".to_owned());

    assume(&door, &[]).unwrap();
    let inherited = stored(&door);
    let tag = refused(&door, &[&TEAM]);
    let identity = refused(&door, &[&[("SourceIdentity", "eve")]]);

    assert_eq!(inherited.tags, [("Team".to_owned(), "net".to_owned())].into());
    assert_eq!(inherited.transitive, ["Team"]);
    assert_eq!(inherited.source_identity.as_deref(), Some("ann"));
    assert_eq!(
        tag,
        "InvalidParameterValue (400): One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."
    );
    assert!(
        identity.ends_with("because the source identity of the calling session cannot be changed"),
        "{identity}"
    );
}

#[test]
fn policies_know_the_callers_tags() {
    let mut door = door(TAGGED);
    let condition = r#""Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"net","aws:SourceIdentity":"ann"}}"#;
    let policy = allow("iam:ListUsers", "*").replace(r#""Resource":"*""#, condition);
    be(&mut door, "bob", &policy);

    let without = door.iam("ListUsers", &[]).unwrap_err();
    door.caller.tags = [("Team".to_owned(), "net".to_owned())].into();
    door.caller.source_identity = Some("ann".to_owned());

    assert_eq!(without.code, "AccessDenied");
    door.iam("ListUsers", &[]).unwrap();
}

#[test]
fn a_federated_session_assumes_no_role() {
    let mut door = door(TAGGED);
    let policy = Policy::parse(ALLOW_ALL, PolicyKind::Identity).unwrap();
    let all = NamedPolicy { name: "all".to_owned(), policy };
    let principal = Principal::Federated {
        arn: "arn:aws:sts::123456789012:federated-user/fed".parse().unwrap(),
        issuer: "arn:aws:iam::123456789012:user/bob".parse().unwrap(),
        issuer_id: "AIDABOB".to_owned(),
        name: "fed".to_owned(),
    };
    let policies =
        Policies { identity: vec![all.clone()], session: Some(vec![all]), ..Policies::default() };
    door.caller.identity = Identity::Iam { principal, policies: Box::new(policies) };

    let answer = refused(&door, &[]);

    assert!(
        answer.starts_with("AccessDenied (403): User: arn:aws:sts::123456789012:federated-user/fed is not authorized to perform: sts:AssumeRole"),
        "{answer}"
    );
}

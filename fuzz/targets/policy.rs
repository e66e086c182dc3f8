//! A policy document, read as each kind and asked.

use flowlogd_aws::policy::{
    Ask, Context, Decision, Layer, NamedPolicy, Policies, Policy, PolicyKind, Principal, clause,
    evaluate,
};

use super::assert_one_line;

const DENIAL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// One document as identity, trust and session policy.
pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for kind in [PolicyKind::Identity, PolicyKind::Trust, PolicyKind::Session] {
        match Policy::parse(text, kind) {
            Ok(policy) => {
                assert_eq!(Policy::parse(text, kind).as_ref(), Ok(&policy), "another policy");
                check(&policy, kind);
            }
            Err(error) => assert_one_line(&error.to_string()),
        }
    }
}

fn check(policy: &Policy, kind: PolicyKind) {
    assert_eq!(policy.principals().is_empty(), kind != PolicyKind::Trust);
    let named = |name: &str| NamedPolicy { name: name.to_owned(), policy: policy.clone() };
    let base = if kind == PolicyKind::Trust {
        Policies { resource: Some(named("trust")), ..Policies::default() }
    } else {
        Policies { identity: vec![named("own")], ..Policies::default() }
    };
    let denial = Policy::parse(DENIAL, PolicyKind::Identity).expect("a policy");
    let denial = NamedPolicy { name: "denial".to_owned(), policy: denial };
    let mut context = Context::default();
    context.set("aws:username", "ann");
    context.set("aws:SourceIp", "192.0.2.1");
    context.set("aws:CurrentTime", "2026-06-01T00:00:00Z");
    context.set_all("aws:TagKeys", ["a".to_owned(), "b".to_owned()]);
    for principal in &principals() {
        for (action, resource) in [
            ("sts:AssumeRole", "arn:aws:iam::123456789012:role/r"),
            ("ec2:CreateVpc", "arn:aws:ec2:us-east-1:123456789012:vpc/v-1"),
            ("logs:GetLogEvents", "*"),
        ] {
            let ask = Ask { principal, action, resource, context: &context };
            let decide = |policies: &Policies| evaluate(&ask, policies).decision;
            let decision = decide(&base);
            let allowed = matches!(decision, Decision::Allowed(_));
            assert_eq!(clause(&decision, action).is_empty(), allowed, "{decision:?}");

            // Once more, and as its own limits, it says the same; a denial wins over all of it.
            let mut more = base.clone();
            more.identity.extend(base.identity.clone());
            if kind != PolicyKind::Trust {
                more.boundary = base.identity.first().cloned();
                more.session = Some(base.identity.clone());
            }
            assert_eq!(decide(&more), decision, "said twice");
            more.identity.push(denial.clone());
            let denied = decide(&more);
            assert!(matches!(denied, Decision::ExplicitDeny(..)), "{denied:?}");
            let named = matches!(denied, Decision::ExplicitDeny(Layer::Identity, _));
            assert!(named, "identity policies are named first: {denied:?}");
        }
    }
}

fn principals() -> [Principal; 4] {
    let arn = |text: &str| text.parse().expect("an ARN");
    [
        Principal::Root { account: "123456789012".to_owned() },
        Principal::User {
            arn: arn("arn:aws:iam::123456789012:user/ann"),
            id: "AIDAANN".to_owned(),
            name: "ann".to_owned(),
        },
        Principal::Session {
            arn: arn("arn:aws:sts::123456789012:assumed-role/r/s"),
            role: arn("arn:aws:iam::123456789012:role/r"),
            role_id: "AROAR".to_owned(),
            session: "s".to_owned(),
        },
        Principal::Service { name: "vpc-flow-logs.amazonaws.com".to_owned() },
    ]
}

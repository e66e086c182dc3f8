//! The tables of the specification.

use super::*;

fn context(pairs: &[(&str, &str)]) -> Context {
    let mut context = Context::default();
    for (key, value) in pairs {
        context.set_all(key, value.split(',').filter(|v| !v.is_empty()).map(str::to_owned));
    }
    context
}

fn identity(document: &str) -> Policies {
    let policy = Policy::parse(document, PolicyKind::Identity).unwrap();
    let identity = vec![NamedPolicy { name: "p".to_owned(), policy }];
    Policies { identity, ..Policies::default() }
}

fn user() -> Principal {
    Principal::User {
        arn: "arn:aws:iam::123456789012:user/u".parse().unwrap(),
        id: "AIDAU".to_owned(),
        name: "u".to_owned(),
    }
}

fn allowed(policies: &Policies, action: &str, resource: &str, context: &Context) -> bool {
    let principal = user();
    evaluate(&Ask { principal: &principal, action, resource, context }, policies).is_allowed()
}

fn one(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

#[test]
fn conditions_hold_as_the_table_says() {
    for (condition, request, expected) in [
        (r#"{"StringNotEquals":{"aws:PrincipalTag/t":"x"}}"#, &[][..], true),
        (r#"{"StringNotEqualsIfExists":{"a:k":"x"}}"#, &[], true),
        (r#"{"StringNotEquals":{"a:k":["a","b"]}}"#, &[("a:k", "b")], false),
        (r#"{"Bool":{"aws:SecureTransport":"false"}}"#, &[], false),
        (r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}"#, &[], true),
        (r#"{"Null":{"aws:TokenIssueTime":"true"}}"#, &[], true),
        (r#"{"Null":{"aws:TokenIssueTime":"false"}}"#, &[], false),
        (r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, &[], true),
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#,
            &[("aws:TagKeys", "a,c")],
            false,
        ),
        (
            r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#,
            &[("aws:TagKeys", "")],
            true,
        ),
        (r#"{"ForAnyValue:StringEquals":{"aws:TagKeys":["a"]}}"#, &[], false),
        (
            r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}}"#,
            &[("aws:TagKeys", "a,b")],
            true,
        ),
        (
            r#"{"ForAllValues:StringNotEquals":{"aws:TagKeys":["a"]}}"#,
            &[("aws:TagKeys", "a,b")],
            false,
        ),
        (
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:1:vpc-flow-log/*"}}"#,
            &[("aws:SourceArn", "arn:aws:ec2:us-east-1:1:vpc-flow-log/fl-1")],
            true,
        ),
        (
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*"}}"#,
            &[("aws:SourceArn", "arn:aws:ec2:us-east-1:1:vpc-flow-log/fl-1")],
            false,
        ),
        (
            r#"{"StringLike":{"aws:SourceArn":"arn:aws:ec2:*"}}"#,
            &[("aws:SourceArn", "arn:aws:ec2:us-east-1:1:vpc-flow-log/fl-1")],
            true,
        ),
        (
            r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}"#,
            &[("aws:SourceIp", "10.1.2.3")],
            true,
        ),
        (
            r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#,
            &[("aws:SourceIp", "11.1.2.3")],
            true,
        ),
        (r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}"#, &[], false),
        (
            r#"{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}"#,
            &[("aws:CurrentTime", "2026-06-01T00:00:00Z")],
            true,
        ),
        (
            r#"{"StringEquals":{"aws:username":"${aws:PrincipalTag/n, 'u'}"}}"#,
            &[("aws:username", "u")],
            true,
        ),
        (r#"{"StringEquals":{"aws:username":"${a:unknown}"}}"#, &[("aws:username", "u")], false),
        (r#"{"StringNotEquals":{"aws:username":"${a:unknown}"}}"#, &[("aws:username", "u")], true),
        (r#"{"StringEqualsIgnoreCase":{"AWS:UserName":"U"}}"#, &[("aws:username", "u")], true),
        // Numbers and dates have no variables.
        (r#"{"NumericEquals":{"a:k":"${a:k}"}}"#, &[("a:k", "7")], false),
        (r#"{"DateNotEquals":{"a:k":"${a:k}"}}"#, &[("a:k", "2026-01-01")], true),
        (r#"{"DateEquals":{"a:k":"2026-01"}}"#, &[("a:k", "1767225600")], true),
        (
            r#"{"ArnEquals":{"aws:SourceArn":"${a:k}"}}"#,
            &[("aws:SourceArn", "arn:aws:ec2:r:1:x"), ("a:k", "arn:aws:ec2:r:1:x")],
            true,
        ),
    ] {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
        );
        let holds = allowed(&identity(&document), "ec2:X", "*", &context(request));
        assert_eq!(holds, expected, "{condition} {request:?}");
    }
}

#[test]
fn resources_match_field_by_field() {
    let none = Context::default();
    for (pattern, resource, expected) in [
        ("arn:aws:logs:*:*:log-group:g:*", "arn:aws:logs:r:1:log-group:g:log-stream:s", true),
        ("arn:aws:logs:*:*:log-group:g", "arn:aws:logs:r:1:log-group:g:log-stream:s", false),
        ("arn:aws:logs:r:1:*", "arn:aws:logs:r:1:log-group:g/x:log-stream:s", true),
        ("arn:aws:ec2:*:1:vpc/*", "arn:aws:ec2:r:2:1:vpc/v", false),
        ("arn:aws:ec2:r:1:vpc/?", "arn:aws:ec2:r:1:vpc/v", true),
        ("arn:aws:ec2:r:1:VPC/v", "arn:aws:ec2:r:1:vpc/v", false),
        ("*", "*", true),
        ("arn:aws:ec2:r:1:vpc/v", "*", false),
        ("arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/u", true),
        ("arn:aws:iam::1:user/${*}", "arn:aws:iam::1:user/u", false),
    ] {
        let mut context = none.clone();
        context.set("aws:username", "u");
        let policies = identity(&one("ec2:*", pattern));
        assert_eq!(
            allowed(&policies, "ec2:Describe", resource, &context),
            expected,
            "{pattern} {resource}"
        );
    }
}

#[test]
fn an_unknown_variable_takes_every_resource_from_not_resource() {
    let none = Context::default();
    for (pattern, resource, expected) in [
        ("arn:aws:iam::1:user/${a:unknown}", "*", false),
        ("arn:aws:iam::1:user/${a:unknown}", "arn:aws:iam::1:role/r", false),
        ("arn:aws:iam::1:user/${a:unknown, 'x'}", "*", true),
    ] {
        let document = one("iam:*", pattern).replace("Resource", "NotResource");
        assert_eq!(allowed(&identity(&document), "iam:X", resource, &none), expected, "{pattern}");
    }
}

/// §2.3.
#[test]
fn whom_the_trust_policy_names_decides_which_limits_count() {
    let session = Principal::Session {
        arn: "arn:aws:sts::123456789012:assumed-role/r/s".parse().unwrap(),
        role: "arn:aws:iam::123456789012:role/r".parse().unwrap(),
        role_id: "AROAR".to_owned(),
        session: "s".to_owned(),
    };
    let named = |document: &str, kind| NamedPolicy {
        name: "n".to_owned(),
        policy: Policy::parse(document, kind).unwrap(),
    };
    let nothing = || named(&one("ec2:*", "*"), PolicyKind::Identity);
    for (principal, trusted, bounded, passed) in [
        (&user(), "arn:aws:iam::123456789012:user/u", "allowed", "allowed"),
        (&user(), "AIDAU", "allowed", "allowed"),
        (&user(), "*", "allowed", "allowed"),
        (&session, "arn:aws:sts::123456789012:assumed-role/r/s", "allowed", "allowed"),
        (&session, "arn:aws:iam::123456789012:role/r", "Boundary", "Session"),
        (&session, "AROAR", "Boundary", "Session"),
        (&session, "*", "Boundary", "Session"),
        (&session, "123456789012", "Identity", "Identity"),
    ] {
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{trusted}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let trust =
            Policies { resource: Some(named(&trust, PolicyKind::Trust)), ..Policies::default() };
        let decide = |policies: &Policies| {
            let context = Context::default();
            let ask = Ask { principal, action: "sts:AssumeRole", resource: "r", context: &context };
            match evaluate(&ask, policies).decision {
                Decision::ImplicitDeny(layer) => format!("{layer:?}"),
                Decision::Allowed(_) => "allowed".to_owned(),
                Decision::ExplicitDeny(..) => "denied".to_owned(),
            }
        };
        let within = Policies { boundary: Some(nothing()), ..trust.clone() };
        assert_eq!(decide(&within), bounded, "{trusted}, with a boundary");
        let within = Policies { session: Some(vec![nothing()]), ..trust };
        assert_eq!(decide(&within), passed, "{trusted}, with a session policy");
    }
}

#[test]
fn actions_match_without_case_and_the_lectures_name_is_an_alias() {
    let none = Context::default();
    for (pattern, action, expected) in [
        ("EC2:create*", "ec2:CreateVpc", true),
        ("ec2:Create?pc", "ec2:CreateVpc", true),
        ("ec2:*", "logs:X", false),
        ("logs:GetLogData", "logs:GetLogEvents", true),
        ("logs:GetLogData", "logs:FilterLogEvents", false),
        ("*", "logs:X", true),
    ] {
        assert_eq!(
            allowed(&identity(&one(pattern, "*")), action, "*", &none),
            expected,
            "{pattern}"
        );
    }
}

#[test]
fn the_layers_limit_one_another() {
    let none = Context::default();
    let named = |document: &str| NamedPolicy {
        name: "n".to_owned(),
        policy: Policy::parse(document, PolicyKind::Identity).unwrap(),
    };
    let base = identity(&one("ec2:*", "*"));
    let boundary = Policies { boundary: Some(named(&one("logs:*", "*"))), ..base.clone() };
    let session =
        Policies { session: Some(vec![named(&one("ec2:Describe*", "*"))]), ..base.clone() };
    assert!(allowed(&base, "ec2:X", "*", &none));
    assert!(!allowed(&boundary, "ec2:X", "*", &none));
    assert!(allowed(&session, "ec2:DescribeVpcs", "*", &none));
    assert!(!allowed(&session, "ec2:CreateVpc", "*", &none));
    let none_passed = Policies { session: Some(Vec::new()), ..base.clone() };
    assert!(!allowed(&none_passed, "ec2:X", "*", &none));

    let deny = one("ec2:X", "*").replace("Allow", "Deny");
    let denied =
        Policies { identity: vec![named(&one("*", "*")), named(&deny)], ..Policies::default() };
    let principal = user();
    let ask = Ask { principal: &principal, action: "ec2:X", resource: "*", context: &none };
    let decision = evaluate(&ask, &denied).decision;
    assert_eq!(clause(&decision, "ec2:X"), "with an explicit deny in an identity-based policy");
    let decision = evaluate(&ask, &Policies::default()).decision;
    assert_eq!(
        clause(&decision, "ec2:X"),
        "because no identity-based policy allows the ec2:X action"
    );
}

#[test]
fn a_service_may_what_the_trust_policy_says_and_nothing_else_counts() {
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
        "Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole",
        "Condition":{"StringEquals":{"aws:SourceAccount":"1"}}}]}"#;
    let policy = Policy::parse(trust, PolicyKind::Trust).unwrap();
    assert_eq!(
        policy.principals(),
        [("Service".to_owned(), "vpc-flow-logs.amazonaws.com".to_owned())]
    );
    let resource = Some(NamedPolicy { name: "trust".to_owned(), policy });
    let policies = Policies { resource, ..Policies::default() };
    let ask = |name: &str, account: &str| {
        let principal = Principal::Service { name: name.to_owned() };
        let context = context(&[("aws:SourceAccount", account)]);
        evaluate(
            &Ask {
                principal: &principal,
                action: "sts:AssumeRole",
                resource: "r",
                context: &context,
            },
            &policies,
        )
    };
    assert!(ask("vpc-flow-logs.amazonaws.com", "1").is_allowed());
    assert_eq!(ask("ec2.amazonaws.com", "1").misses[0].1, Mismatch::Principal);
    let wrong = ask("vpc-flow-logs.amazonaws.com", "2");
    assert_eq!(wrong.decision, Decision::ImplicitDeny(Layer::Trust));
    let Mismatch::Condition { key, wanted, found, .. } = &wrong.misses[0].1 else { panic!() };
    assert_eq!((key.as_str(), wanted[0].as_str()), ("aws:SourceAccount", "1"));
    assert_eq!(found.as_deref(), Some(&["2".to_owned()][..]));
}

#[test]
fn trusting_an_account_leaves_it_to_its_own_policies() {
    let trust = |principal: &str| {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        let policy = Policy::parse(&document, PolicyKind::Trust).unwrap();
        Some(NamedPolicy { name: "trust".to_owned(), policy })
    };
    let none = Context::default();
    let may = identity(&one("sts:AssumeRole", "*"));
    for (principal, own, expected) in [
        ("123456789012", false, false),
        ("123456789012", true, true),
        ("arn:aws:iam::123456789012:root", true, true),
        ("arn:aws:iam::123456789012:user/u", false, true),
        ("arn:aws:iam::123456789012:user/other", true, false),
        ("AIDAU", false, true),
        ("*", false, true),
    ] {
        let base = if own { may.clone() } else { Policies::default() };
        let policies = Policies { resource: trust(principal), ..base };
        assert_eq!(allowed(&policies, "sts:AssumeRole", "r", &none), expected, "{principal} {own}");
    }
}

#[test]
fn what_is_no_policy_is_refused_in_awss_words() {
    let statement =
        |inside: &str| format!(r#"{{"Version":"2012-10-17","Statement":{{{inside}}}}}"#);
    for (document, expected) in [
        ("{".to_owned(), "Syntax errors in policy."),
        (r#"{"Version":"2012-10-17"}"#.to_owned(), "Syntax errors in policy."),
        (
            one("ec2:*", "*").replace("2012", "2011"),
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (statement(r#""Effect":"Allow","Resource":"*""#), "Policy statement must contain actions."),
        (
            statement(r#""Effect":"Allow","Action":"a:b""#),
            "Policy statement must contain resources.",
        ),
        (
            statement(r#""effect":"Allow","Action":"a:b","Resource":"*""#),
            "Syntax errors in policy.",
        ),
        (
            statement(r#""Effect":"Allow","Effect":"Deny","Action":"a:b","Resource":"*""#),
            "Syntax errors in policy.",
        ),
        (
            one("describe", "*"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (one("a:b:c", "*"), "Actions/Condition can contain only one colon."),
        (one("e*c:x", "*"), "Vendor e*c is not valid"),
        (one("a:b", "bucket"), "Resource bucket must be in ARN format or \"*\"."),
        (
            one("a:b", "arn:aws:*:r:1:x"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            one("a:b", "arn:aws:iam:r:1:x"),
            "IAM resource arn:aws:iam:r:1:x cannot contain region information.",
        ),
        (
            statement(r#""Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*""#),
            "Policy document should not specify a principal.",
        ),
        (
            statement(
                r#""Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Sometimes":{"a:b":"c"}}"#,
            ),
            "Invalid Condition type : Sometimes.",
        ),
    ] {
        let error = Policy::parse(&document, PolicyKind::Identity).unwrap_err();
        assert_eq!(error.to_string(), expected, "{document}");
    }
    let twice = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"},
        {"Sid":"a","Effect":"Allow","Action":"a:b","Resource":"*"}]}"#;
    let error = Policy::parse(twice, PolicyKind::Identity).unwrap_err().to_string();
    assert_eq!(error, "Statement IDs (SID) in a single policy must be unique.");
}

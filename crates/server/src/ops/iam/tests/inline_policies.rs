//! Inline policies.

use flowlogd_aws::codec::query::Parameters;

use super::{ALLOW_ALL, allow, make_role, make_user, refused, text, texts};
use crate::testing::TestDoor;

/// A policy of a size that quotas count: `{…"Resource":"arn:aws:s3:::xxx"…}`.
fn of_size(size: usize) -> String {
    let bare = allow("logs:PutLogEvents", "arn:aws:s3:::").len();
    allow("logs:PutLogEvents", &format!("arn:aws:s3:::{}", "x".repeat(size - bare)))
}

#[test]
fn a_policy_is_read_as_it_was_written_and_put_again_replaces_it() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");
    let second = allow("logs:PutLogEvents", "*");

    for (kind, entity) in [("User", ("UserName", "bob")), ("Role", ("RoleName", "r"))] {
        let put = format!("Put{kind}Policy");
        let name = ("PolicyName", "p");
        door.iam(&put, &[entity, name, ("PolicyDocument", ALLOW_ALL)]).unwrap();
        door.iam(&put, &[entity, name, ("PolicyDocument", &second)]).unwrap();
        door.iam(&put, &[entity, ("PolicyName", "a"), ("PolicyDocument", ALLOW_ALL)]).unwrap();

        let read = door.iam(&format!("Get{kind}Policy"), &[entity, name]).unwrap();
        let listed = door.iam(&format!("List{kind}Policies"), &[entity]).unwrap();
        door.iam(&format!("Delete{kind}Policy"), &[entity, name]).unwrap();
        let gone = refused(&door, &format!("Get{kind}Policy"), &[entity, name]);

        let form = format!("d={}", text(&read, "PolicyDocument"));
        assert_eq!(Parameters::parse(&form).unwrap().get("d"), Some(second.as_str()));
        assert_eq!(text(&read, entity.0), entity.1);
        assert_eq!(texts(&listed, "PolicyNames"), ["a", "p"]);
        let noun = kind.to_lowercase();
        assert_eq!(
            gone,
            format!("NoSuchEntity (404): The {noun} policy with name p cannot be found.")
        );
    }
}

#[test]
fn deleting_a_policy_that_is_not_there_is_refused() {
    let door = TestDoor::new();
    make_role(&door, "r");

    let answer = refused(&door, "DeleteRolePolicy", &[("RoleName", "r"), ("PolicyName", "p")]);

    assert_eq!(answer, "NoSuchEntity (404): The role policy with name p cannot be found.");
}

#[test]
fn all_inline_policies_of_a_user_have_2048_characters_together() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let put = |name: &str, document: &str| {
        let parameters = [("UserName", "bob"), ("PolicyName", name), ("PolicyDocument", document)];
        door.iam("PutUserPolicy", &parameters).map_err(|fault| fault.to_string())
    };

    put("a", &of_size(1000)).unwrap();
    // White space is not counted, and a policy that is replaced does not count twice.
    put("a", &of_size(1000).replace(',', " ,\n\t")).unwrap();
    put("b", &of_size(1048)).unwrap();
    let more = put("b", &of_size(1049)).unwrap_err();

    assert_eq!(more, "LimitExceeded: Maximum policy size of 2048 bytes exceeded for user bob");
}

#[test]
fn all_inline_policies_of_a_role_have_10240_characters_together() {
    let door = TestDoor::new();
    make_role(&door, "r");
    let put = |name: &str, size: usize| {
        let document = of_size(size);
        let parameters = [("RoleName", "r"), ("PolicyName", name), ("PolicyDocument", &document)];
        door.iam("PutRolePolicy", &parameters).map_err(|fault| fault.to_string())
    };

    put("a", 10_000).unwrap();
    put("b", 240).unwrap();
    let more = put("b", 241).unwrap_err();

    assert_eq!(more, "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r");
}

#[test]
fn a_document_that_is_no_policy_is_refused_with_the_reason() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let statement = |inner: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{inner}}}]}}"#)
    };
    let cases = [
        ("{".to_owned(), "Syntax errors in policy."),
        (
            ALLOW_ALL.replace("2012-10-17", "2008-10-17"),
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (statement(r#""Resource":"*""#), "Policy statement must contain actions."),
        (statement(r#""Action":"ec2:*""#), "Policy statement must contain resources."),
        (
            statement(r#""Action":"ec2","Resource":"*""#),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            statement(r#""Action":"ec2:*","Resource":"x""#),
            r#"Resource x must be in ARN format or "*"."#,
        ),
        (
            statement(r#""Principal":"*","Action":"ec2:*","Resource":"*""#),
            "Policy document should not specify a principal.",
        ),
    ];

    for (document, text) in cases {
        let answer = refused(
            &door,
            "PutUserPolicy",
            &[("UserName", "bob"), ("PolicyName", "p"), ("PolicyDocument", &document)],
        );
        assert_eq!(answer, format!("MalformedPolicyDocument (400): {text}"), "{document}");
    }
    let listed = door.iam("ListUserPolicies", &[("UserName", "bob")]).unwrap();
    assert!(texts(&listed, "PolicyNames").is_empty());
}

#[test]
fn a_document_holds_latin_characters_alone() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let document = ALLOW_ALL.replace("\"*\"}", "\"arn:aws:s3:::\u{4e2d}\"}");

    let answer = refused(
        &door,
        "PutUserPolicy",
        &[("UserName", "bob"), ("PolicyName", "p"), ("PolicyDocument", &document)],
    );

    assert!(answer.starts_with("ValidationError (400): 1 validation error detected"), "{answer}");
    assert!(answer.contains("at 'policyDocument' failed"), "{answer}");
}

//! Trust policies.

use flowlogd_aws::codec::query::Parameters;

use super::{TRUST_FLOW_LOGS, make_role, make_user, refused, text, trust_of};
use crate::testing::TestDoor;

fn create(door: &TestDoor, name: &str, document: &str) -> Result<(), String> {
    door.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", document)])
        .map(|_| ())
        .map_err(|fault| format!("{}: {}", fault.code, fault.message))
}

/// The trust policy as it is told.
fn told(door: &TestDoor, role: &str) -> String {
    let role = door.iam("GetRole", &[("RoleName", role)]).unwrap();
    let form = format!("d={}", text(&role, "Role.AssumeRolePolicyDocument"));
    Parameters::parse(&form).unwrap().get("d").unwrap().to_owned()
}

#[test]
fn a_principal_that_does_not_exist_is_refused_by_name() {
    let door = TestDoor::new();
    door.iam("CreateUser", &[("UserName", "bob"), ("Path", "/staff/")]).unwrap();
    make_role(&door, "there");
    let cases = [
        "arn:aws:iam::123456789012:user/nobody",
        // The path is part of the name, and so is the case.
        "arn:aws:iam::123456789012:user/bob",
        "arn:aws:iam::123456789012:user/staff/BOB",
        "arn:aws:iam::123456789012:user/*",
        "arn:aws:iam::123456789012:role/nobody",
        "arn:aws:iam::123456789012:group/g",
        "arn:aws:iam::999999999999:root",
        "arn:aws:sts::123456789012:assumed-role/nobody/s",
        "arn:aws:sts::123456789012:assumed-role/there/*",
        "arn:aws:iam:us-east-1:123456789012:role/there",
        "999999999999",
        "AIDANOBODYNOBODYNOBOD",
        "bob",
    ];

    for principal in cases {
        assert_eq!(
            create(&door, "r", &trust_of(principal)),
            Err(format!(
                "MalformedPolicyDocument: Invalid principal in policy: \"AWS\":\"{principal}\""
            ))
        );
    }
}

#[test]
fn accounts_users_roles_sessions_and_everybody_can_be_trusted() {
    let door = TestDoor::new();
    door.iam("CreateUser", &[("UserName", "bob"), ("Path", "/staff/")]).unwrap();
    make_role(&door, "there");
    let cases = [
        "123456789012",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::123456789012:user/staff/bob",
        "arn:aws:iam::123456789012:role/there",
        "arn:aws:sts::123456789012:assumed-role/there/session",
        "*",
    ];

    for (number, principal) in cases.iter().enumerate() {
        let document = trust_of(principal);
        let name = format!("r{number}");
        assert_eq!(create(&door, &name, &document), Ok(()), "{principal}");
        assert_eq!(told(&door, &name), document);
    }
}

#[test]
fn a_unique_id_can_be_trusted_and_is_told_as_the_arn_it_belongs_to() {
    let door = TestDoor::new();
    let user = make_user(&door, "bob");
    let role = make_role(&door, "there");

    create(&door, "a", &trust_of(&text(&user, "User.UserId"))).unwrap();
    create(&door, "b", &trust_of(&text(&role, "Role.RoleId"))).unwrap();

    assert!(told(&door, "a").contains("\"arn:aws:iam::123456789012:user/bob\""));
    assert!(told(&door, "b").contains("\"arn:aws:iam::123456789012:role/there\""));
}

#[test]
fn a_service_has_to_be_one() {
    let door = TestDoor::new();
    let trust = |service: &str| TRUST_FLOW_LOGS.replace("vpc-flow-logs.amazonaws.com", service);

    for known in
        ["ec2.amazonaws.com", "logs.eu-central-1.amazonaws.com", "delivery.logs.amazonaws.com"]
    {
        assert_eq!(create(&door, &known[..4], &trust(known)), Ok(()));
    }
    for unknown in
        ["foo.amazonaws.com", "vpc-flow-log.amazonaws.com", "ec2", "logs.x.amazonaws.com"]
    {
        assert_eq!(
            create(&door, "r", &trust(unknown)),
            Err(format!(
                "MalformedPolicyDocument: Invalid principal in policy: \"SERVICE\":\"{unknown}\""
            ))
        );
    }
}

#[test]
fn a_trusted_user_that_was_deleted_stands_by_its_id_and_its_successor_is_another() {
    let door = TestDoor::new();
    let id = text(&make_user(&door, "bob"), "User.UserId");
    let arn = "arn:aws:iam::123456789012:user/bob";
    create(&door, "r", &trust_of(arn)).unwrap();

    let before = told(&door, "r");
    door.iam("DeleteUser", &[("UserName", "bob")]).unwrap();
    let deleted = told(&door, "r");
    make_user(&door, "bob");
    let again = told(&door, "r");

    assert!(before.contains(arn), "{before}");
    for document in [deleted, again] {
        assert!(document.contains(&id) && !document.contains(arn), "{document}");
    }
    // Saved anew, the policy means the new one.
    door.iam("UpdateAssumeRolePolicy", &[("RoleName", "r"), ("PolicyDocument", &trust_of(arn))])
        .unwrap();
    assert!(told(&door, "r").contains(arn));
}

#[test]
fn only_the_principal_is_rewritten() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "carol");
    let (bob, carol) =
        ("arn:aws:iam::123456789012:user/bob", "arn:aws:iam::123456789012:user/carol");
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":["{bob}","{carol}"]}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"aws:PrincipalArn":"{bob}"}}}}}}}}"#
    );
    create(&door, "r", &document).unwrap();

    door.iam("DeleteUser", &[("UserName", "bob")]).unwrap();

    let told = told(&door, "r");
    assert!(told.contains(&format!(r#""aws:PrincipalArn":"{bob}""#)), "{told}");
    assert!(told.contains(&format!(r#"","{carol}"]"#)), "{told}");
    assert!(!told.contains(&format!(r#""AWS":["{bob}""#)), "{told}");
}

#[test]
fn a_renamed_user_stays_trusted_by_its_new_name() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    create(&door, "r", &trust_of("arn:aws:iam::123456789012:user/bob")).unwrap();

    door.iam("UpdateUser", &[("UserName", "bob"), ("NewUserName", "robert")]).unwrap();

    let told = told(&door, "r");
    assert!(told.contains("\"arn:aws:iam::123456789012:user/robert\""), "{told}");
}

#[test]
fn a_trust_policy_is_no_identity_policy() {
    let door = TestDoor::new();
    let with = |old: &str, new: &str| TRUST_FLOW_LOGS.replace(old, new);
    let cases = [
        ("{".to_owned(), "This policy contains invalid Json"),
        (with("\"Action\"", "\"Resource\":\"*\",\"Action\""), "Has prohibited field Resource"),
        (
            with("sts:AssumeRole", "ec2:RunInstances"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
    ];

    for (document, text) in cases {
        assert_eq!(
            create(&door, "r", &document),
            Err(format!("MalformedPolicyDocument: {text}")),
            "{document}"
        );
    }
}

#[test]
fn a_trust_policy_has_2048_characters_at_most_white_space_not_counted() {
    let door = TestDoor::new();
    let condition = |length: usize| {
        let value = "x".repeat(length);
        TRUST_FLOW_LOGS.replace(
            "\"sts:AssumeRole\"",
            &format!(
                r#""sts:AssumeRole","Condition":{{"StringEquals":{{"aws:SourceArn":"{value}"}}}}"#
            ),
        )
    };
    let bare = condition(0).len();
    let fits = condition(2048 - bare).replace(',', ",\n    ");
    let long = condition(2049 - bare);

    assert_eq!(create(&door, "fits", &fits), Ok(()));
    assert_eq!(
        create(&door, "long", &long),
        Err("LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048".to_owned())
    );
    assert_eq!(
        refused(
            &door,
            "UpdateAssumeRolePolicy",
            &[("RoleName", "fits"), ("PolicyDocument", &long)]
        ),
        "LimitExceeded (409): Cannot exceed quota for ACLSizePerRole: 2048"
    );
    assert_eq!(told(&door, "fits"), fits);
}

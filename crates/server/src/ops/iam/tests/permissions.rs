//! Who may do what in IAM.

use super::{ALLOW_ALL, allow, be, make_role, make_user, refused};
use crate::testing::TestDoor;

#[test]
fn a_list_is_refused_in_the_words_of_aws() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    be(&mut door, "u", &allow("ec2:*", "*"));

    let answer = refused(&door, "ListUsers", &[]);

    assert_eq!(
        answer,
        "AccessDenied (403): User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"
    );
}

#[test]
fn permission_is_asked_on_the_arn_with_its_path() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    door.iam("CreateUser", &[("UserName", "bob"), ("Path", "/staff/")]).unwrap();
    make_user(&door, "top");
    be(&mut door, "u", &allow("iam:GetUser", "arn:aws:iam::123456789012:user/staff/*"));

    assert!(door.iam("GetUser", &[("UserName", "bob")]).is_ok());
    let top = refused(&door, "GetUser", &[("UserName", "top")]);
    // Who may not see users does not learn which there are.
    let nobody = refused(&door, "GetUser", &[("UserName", "nobody")]);

    assert!(top.starts_with("AccessDenied (403)"), "{top}");
    assert_eq!(nobody, top.replace("top", "nobody"));
}

#[test]
fn which_policy_is_attached_can_be_a_condition() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    make_role(&door, "r");
    let read = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{{"ArnEquals":{{"iam:PolicyARN":"{read}"}}}}}}]}}"#
    );
    be(&mut door, "u", &policy);

    let all = "arn:aws:iam::aws:policy/AdministratorAccess";
    let answer = refused(&door, "AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", all)]);

    assert!(answer.starts_with("AccessDenied (403)"), "{answer}");
    door.iam("AttachRolePolicy", &[("RoleName", "r"), ("PolicyArn", read)]).unwrap();
}

#[test]
fn a_boundary_can_be_demanded_of_new_users() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    let read = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["iam:CreateUser","iam:PutUserPolicy"],"Resource":"*","Condition":{{"StringEquals":{{"iam:PermissionsBoundary":"{read}"}}}}}}]}}"#
    );
    be(&mut door, "u", &policy);

    let free = refused(&door, "CreateUser", &[("UserName", "a")]);
    door.iam("CreateUser", &[("UserName", "b"), ("PermissionsBoundary", read)]).unwrap();
    let put = |name: &str| {
        let policy = [("UserName", name), ("PolicyName", "p"), ("PolicyDocument", ALLOW_ALL)];
        door.iam("PutUserPolicy", &policy).is_ok()
    };

    assert!(free.starts_with("AccessDenied (403)"), "{free}");
    // The one who has the boundary may be given policies, the caller itself has none.
    assert!(put("b") && !put("u"));
}

#[test]
fn tags_at_the_making_need_a_permission_of_their_own() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    be(&mut door, "u", &allow("iam:CreateUser", "*"));
    let tag = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];

    let answer = refused(&door, "CreateUser", &[("UserName", "a"), tag[0], tag[1]]);

    assert!(answer.contains("is not authorized to perform: iam:TagUser on resource: arn:aws:iam::123456789012:user/a "), "{answer}");
    door.iam("CreateUser", &[("UserName", "a")]).unwrap();
}

#[test]
fn tags_of_the_request_and_of_the_user_are_conditions() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    make_user(&door, "free");
    door.iam(
        "CreateUser",
        &[("UserName", "ours"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "net")],
    )
    .unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iam:DeleteUser","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/team":"net"}}},
        {"Effect":"Allow","Action":"iam:TagUser","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/stage":"lab"},"ForAllValues:StringEquals":{"aws:TagKeys":["stage"]}}}]}"#;
    be(&mut door, "u", policy);
    let tag = |key: &str, value: &str| {
        let tag =
            [("UserName", "free"), ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)];
        door.iam("TagUser", &tag).is_ok()
    };

    assert!(tag("stage", "lab"));
    assert!(!tag("stage", "prod") && !tag("team", "net"));
    assert!(refused(&door, "DeleteUser", &[("UserName", "free")]).starts_with("AccessDenied"));
    door.iam("DeleteUser", &[("UserName", "ours")]).unwrap();
}

#[test]
fn a_user_cannot_be_moved_to_where_the_caller_has_no_say() {
    let mut door = TestDoor::new();
    make_user(&door, "u");
    door.iam("CreateUser", &[("UserName", "bob"), ("Path", "/lab/")]).unwrap();
    be(&mut door, "u", &allow("iam:UpdateUser", "arn:aws:iam::123456789012:user/lab/*"));

    let away = refused(&door, "UpdateUser", &[("UserName", "bob"), ("NewPath", "/staff/")]);

    assert!(away.contains("on resource: arn:aws:iam::123456789012:user/staff/bob "), "{away}");
    door.iam("UpdateUser", &[("UserName", "bob"), ("NewPath", "/lab/b/")]).unwrap();
}

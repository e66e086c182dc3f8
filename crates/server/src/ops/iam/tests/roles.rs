//! Roles.

use flowlogd_aws::codec::query::Parameters;

use super::{ALLOW_ALL, TRUST_FLOW_LOGS, column, make_role, refused, text};
use crate::dispatch::{Body, Service};
use crate::testing::TestDoor;

const ARN: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[test]
fn a_role_is_made_with_an_arn_of_its_path_and_its_trust_policy_percent_encoded() {
    let door = TestDoor::new();

    let made = door
        .iam(
            "CreateRole",
            &[
                ("RoleName", "flowlogsRole"),
                ("Path", "/delivery/"),
                ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS),
                ("Description", "delivers flow logs"),
                ("MaxSessionDuration", "7200"),
            ],
        )
        .unwrap();
    let read = door.iam("GetRole", &[("RoleName", "flowlogsRole")]).unwrap();

    assert_eq!(made, read);
    assert_eq!(text(&made, "Role.Arn"), "arn:aws:iam::123456789012:role/delivery/flowlogsRole");
    let id = text(&made, "Role.RoleId");
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    assert_eq!(text(&made, "Role.MaxSessionDuration"), "7200");
    let document = text(&made, "Role.AssumeRolePolicyDocument");
    assert!(document.starts_with("%7B%22Version%22%3A%222012-10-17%22%2C"), "{document}");
    let plain = Parameters::parse(&format!("d={document}")).unwrap();
    assert_eq!(plain.get("d"), Some(TRUST_FLOW_LOGS));
}

#[test]
fn a_space_in_a_document_is_written_as_20() {
    let door = TestDoor::new();
    let spaced = TRUST_FLOW_LOGS.replace(',', ", ");

    let made = door
        .iam("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &spaced)])
        .unwrap();

    let document = text(&made, "Role.AssumeRolePolicyDocument");
    assert!(document.contains("%2C%20%22") && !document.contains('+'), "{document}");
}

#[test]
fn a_session_lasts_an_hour_unless_the_role_says_otherwise() {
    let door = TestDoor::new();

    let role = make_role(&door, "r");
    let short = refused(&door, "UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "3599")]);
    let long = refused(&door, "UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "43201")]);
    door.iam("UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "43200")]).unwrap();

    assert_eq!(text(&role, "Role.MaxSessionDuration"), "3600");
    assert!(short.contains("Value '3599' at 'maxSessionDuration'"), "{short}");
    assert!(long.contains("less than or equal to 43200"), "{long}");
    let role = door.iam("GetRole", &[("RoleName", "r")]).unwrap();
    assert_eq!(text(&role, "Role.MaxSessionDuration"), "43200");
}

#[test]
fn updating_a_role_changes_only_what_is_given_and_answers_an_empty_result() {
    let door = TestDoor::new();
    make_role(&door, "r");
    door.iam("UpdateRole", &[("RoleName", "r"), ("MaxSessionDuration", "7200")]).unwrap();

    let form = Parameters::parse("RoleName=r&Description=d").unwrap();
    let answer = door.call(Service::Iam, "UpdateRole", &Body::Form(form)).unwrap();

    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("<UpdateRoleResult></UpdateRoleResult>"), "{answer}");
    let role = door.iam("GetRole", &[("RoleName", "r")]).unwrap();
    assert_eq!(text(&role, "Role.MaxSessionDuration"), "7200");
    assert_eq!(text(&role, "Role.Description"), "d");
}

#[test]
fn an_operation_without_output_has_no_result_element() {
    let door = TestDoor::new();
    make_role(&door, "r");

    let form = Parameters::parse("RoleName=r").unwrap();
    let answer = door.call(Service::Iam, "DeleteRole", &Body::Form(form)).unwrap();

    let answer = String::from_utf8(answer).unwrap();
    assert!(!answer.contains("DeleteRoleResult"), "{answer}");
}

#[test]
fn lists_leave_tags_and_boundaries_out_and_hold_the_trust_policy() {
    let door = TestDoor::new();
    for name in ["b", "a"] {
        door.iam(
            "CreateRole",
            &[
                ("RoleName", name),
                ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS),
                ("PermissionsBoundary", ARN),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "net"),
            ],
        )
        .unwrap();
    }

    let listed = door.iam("ListRoles", &[]).unwrap();
    let read = door.iam("GetRole", &[("RoleName", "a")]).unwrap();

    assert_eq!(column(&listed, "Roles", "RoleName"), ["a", "b"]);
    for role in listed.get("Roles").unwrap().elements() {
        assert!(role.get("Tags").is_none() && role.get("PermissionsBoundary").is_none());
        assert!(text(role, "AssumeRolePolicyDocument").starts_with("%7B"));
    }
    assert_eq!(text(&read, "Role.PermissionsBoundary.PermissionsBoundaryArn"), ARN);
    assert_eq!(column(read.get("Role").unwrap(), "Tags", "Value"), ["net"]);
}

#[test]
fn a_description_is_short_and_printable() {
    let door = TestDoor::new();
    make_role(&door, "r");
    let long = "x".repeat(1001);

    let long = refused(&door, "UpdateRole", &[("RoleName", "r"), ("Description", &long)]);
    let odd = refused(&door, "UpdateRole", &[("RoleName", "r"), ("Description", "a\u{4e2d}")]);

    assert!(long.contains("at 'description' failed to satisfy constraint: Member must have length less than or equal to 1000"), "{long}");
    assert!(odd.contains("Value 'a\u{4e2d}' at 'description' failed"), "{odd}");
}

#[test]
fn roles_are_paged() {
    let door = TestDoor::new();
    for name in ["a", "b", "c"] {
        make_role(&door, name);
    }

    let mut seen = Vec::new();
    let mut marker: Option<String> = None;
    for _ in 0..4 {
        let mut parameters = vec![("MaxItems", "1")];
        if let Some(marker) = &marker {
            parameters.push(("Marker", marker));
        }
        let page = door.iam("ListRoles", &parameters).unwrap();
        seen.extend(column(&page, "Roles", "RoleName"));
        if text(&page, "IsTruncated") == "false" {
            break;
        }
        marker = Some(text(&page, "Marker"));
    }

    assert_eq!(seen, ["a", "b", "c"]);
}

#[test]
fn names_of_roles_are_unique_without_case() {
    let door = TestDoor::new();
    make_role(&door, "Delivery");

    let answer = refused(
        &door,
        "CreateRole",
        &[("RoleName", "delivery"), ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS)],
    );

    assert_eq!(answer, "EntityAlreadyExists (409): Role with name delivery already exists.");
}

#[test]
fn a_role_with_policies_cannot_be_deleted() {
    let door = TestDoor::new();
    make_role(&door, "r");
    let role = ("RoleName", "r");
    let inline = ("PolicyName", "p");
    door.iam("AttachRolePolicy", &[role, ("PolicyArn", ARN)]).unwrap();
    door.iam("PutRolePolicy", &[role, inline, ("PolicyDocument", ALLOW_ALL)]).unwrap();

    let mut answers = vec![refused(&door, "DeleteRole", &[role])];
    door.iam("DetachRolePolicy", &[role, ("PolicyArn", ARN)]).unwrap();
    answers.push(refused(&door, "DeleteRole", &[role]));
    door.iam("DeleteRolePolicy", &[role, inline]).unwrap();
    door.iam("DeleteRole", &[role]).unwrap();

    assert_eq!(
        answers,
        [
            "DeleteConflict (409): Cannot delete entity, must detach all policies first.",
            "DeleteConflict (409): Cannot delete entity, must delete policies first.",
        ]
    );
    assert_eq!(
        refused(&door, "GetRole", &[role]),
        "NoSuchEntity (404): The role with name r cannot be found."
    );
}

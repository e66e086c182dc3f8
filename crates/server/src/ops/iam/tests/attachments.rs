//! Attachments and boundaries.

use super::{column, make_policy, make_role, make_user, refused, text};
use crate::testing::TestDoor;

const AWS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[test]
fn attaching_twice_is_attaching_once() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");
    let own = make_policy(&door, "own");

    for (kind, entity) in [("User", ("UserName", "bob")), ("Role", ("RoleName", "r"))] {
        let attach = format!("Attach{kind}Policy");
        for arn in [own.as_str(), AWS, own.as_str()] {
            door.iam(&attach, &[entity, ("PolicyArn", arn)]).unwrap();
        }

        let list = format!("ListAttached{kind}Policies");
        let first = door.iam(&list, &[entity, ("MaxItems", "1")]).unwrap();
        let marker = text(&first, "Marker");
        let second = door.iam(&list, &[entity, ("Marker", &marker)]).unwrap();

        assert_eq!(column(&first, "AttachedPolicies", "PolicyName"), ["own"]);
        assert_eq!(column(&second, "AttachedPolicies", "PolicyArn"), [AWS]);
    }
}

#[test]
fn only_what_exists_can_be_attached_and_only_what_is_attached_detached() {
    let door = TestDoor::new();
    make_role(&door, "r");
    let role = ("RoleName", "r");
    let none = "arn:aws:iam::123456789012:policy/none";

    let attach = refused(&door, "AttachRolePolicy", &[role, ("PolicyArn", none)]);
    let aws = "arn:aws:iam::aws:policy/NoSuchAccess";
    let attach_aws = refused(&door, "AttachRolePolicy", &[role, ("PolicyArn", aws)]);
    let detach = refused(&door, "DetachRolePolicy", &[role, ("PolicyArn", AWS)]);
    let odd =
        refused(&door, "AttachRolePolicy", &[role, ("PolicyArn", "a-long-name-but-not-an-arn")]);
    let nobody = refused(&door, "AttachRolePolicy", &[("RoleName", "x"), ("PolicyArn", AWS)]);

    assert_eq!(
        attach,
        format!("NoSuchEntity (404): Policy {none} does not exist or is not attachable.")
    );
    assert_eq!(
        attach_aws,
        format!("NoSuchEntity (404): Policy {aws} does not exist or is not attachable.")
    );
    assert_eq!(detach, format!("NoSuchEntity (404): Policy {AWS} was not found."));
    assert_eq!(odd, "ValidationError (400): Invalid ARN:  Could not be parsed!");
    assert_eq!(nobody, "NoSuchEntity (404): The role with name x cannot be found.");
}

#[test]
fn ten_policies_can_be_attached() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");
    let arns: Vec<String> =
        (0..=10).map(|number| make_policy(&door, &format!("p{number}"))).collect();

    for (kind, entity) in [("User", ("UserName", "bob")), ("Role", ("RoleName", "r"))] {
        let attach = format!("Attach{kind}Policy");
        for arn in &arns[..10] {
            door.iam(&attach, &[entity, ("PolicyArn", arn)]).unwrap();
        }
        let answer = refused(&door, &attach, &[entity, ("PolicyArn", &arns[10])]);
        // One that is attached already is no eleventh.
        door.iam(&attach, &[entity, ("PolicyArn", &arns[3])]).unwrap();

        assert_eq!(
            answer,
            format!("LimitExceeded (409): Cannot exceed quota for PoliciesPer{kind}: 10")
        );
    }
}

#[test]
fn whom_a_policy_belongs_to_is_told_by_kind_and_usage_and_in_pages() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_user(&door, "limited");
    make_role(&door, "r");
    let policy = ("PolicyArn", AWS);
    door.iam("AttachUserPolicy", &[("UserName", "bob"), policy]).unwrap();
    door.iam("AttachRolePolicy", &[("RoleName", "r"), policy]).unwrap();
    door.iam(
        "PutUserPermissionsBoundary",
        &[("UserName", "limited"), ("PermissionsBoundary", AWS)],
    )
    .unwrap();
    let list = |more: &[(&str, &str)]| {
        let answer = door.iam("ListEntitiesForPolicy", &[&[policy], more].concat()).unwrap();
        let users = column(&answer, "PolicyUsers", "UserName");
        let roles = column(&answer, "PolicyRoles", "RoleName");
        assert!(answer.get("PolicyGroups").unwrap().elements().is_empty());
        (users, roles, answer)
    };

    let all = list(&[]);
    let users = list(&[("EntityFilter", "User")]);
    let limited = list(&[("PolicyUsageFilter", "PermissionsBoundary")]);
    let given = list(&[("PolicyUsageFilter", "PermissionsPolicy")]);
    let first = list(&[("MaxItems", "1")]);
    let rest = list(&[("Marker", &text(&first.2, "Marker"))]);

    assert_eq!(
        (all.0.as_slice(), all.1.as_slice()),
        (&["bob", "limited"].map(String::from)[..], &["r".to_owned()][..])
    );
    assert_eq!((users.0.len(), users.1.len()), (2, 0));
    assert_eq!((limited.0.as_slice(), limited.1.len()), (&["limited".to_owned()][..], 0));
    assert_eq!((given.0.as_slice(), given.1.len()), (&["bob".to_owned()][..], 1));
    assert_eq!((first.0.len() + first.1.len(), rest.0.len() + rest.1.len()), (1, 2));
}

#[test]
fn a_boundary_has_to_exist_and_can_be_taken_away() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");
    let none = "arn:aws:iam::123456789012:policy/none";

    for (kind, entity) in [("User", ("UserName", "bob")), ("Role", ("RoleName", "r"))] {
        let put = format!("Put{kind}PermissionsBoundary");
        let answer = refused(&door, &put, &[entity, ("PermissionsBoundary", none)]);
        door.iam(&put, &[entity, ("PermissionsBoundary", AWS)]).unwrap();
        let set = door.iam(&format!("Get{kind}"), &[entity]).unwrap();
        door.iam(&format!("Delete{kind}PermissionsBoundary"), &[entity]).unwrap();
        let unset = door.iam(&format!("Get{kind}"), &[entity]).unwrap();

        assert_eq!(
            answer,
            format!("NoSuchEntity (404): Scope ARN: {none} does not exist or is not attachable.")
        );
        assert_eq!(text(&set, &format!("{kind}.PermissionsBoundary.PermissionsBoundaryArn")), AWS);
        assert!(unset.get(kind).unwrap().get("PermissionsBoundary").is_none());
    }
}

//! Managed policies and their versions.

use flowlogd_aws::codec::query::Parameters;
use flowlogd_aws::policy::{Policy, PolicyKind};

use super::{ALLOW_ALL, allow, column, make_policy, make_user, refused, text};
use crate::ops::iam::builtin;
use crate::testing::TestDoor;

#[test]
fn a_policy_is_made_with_its_first_version() {
    let door = TestDoor::new();

    let made = door
        .iam(
            "CreatePolicy",
            &[
                ("PolicyName", "Deliver"),
                ("Path", "/net/"),
                ("PolicyDocument", ALLOW_ALL),
                ("Description", "d"),
                ("Tags.member.1.Key", "team"),
                ("Tags.member.1.Value", "net"),
            ],
        )
        .unwrap();
    let arn = "arn:aws:iam::123456789012:policy/net/Deliver";
    let read = door.iam("GetPolicy", &[("PolicyArn", arn)]).unwrap();
    let version = door.iam("GetPolicyVersion", &[("PolicyArn", arn), ("VersionId", "v1")]).unwrap();

    assert_eq!(made, read);
    assert_eq!(text(&made, "Policy.Arn"), arn);
    assert_eq!(text(&made, "Policy.DefaultVersionId"), "v1");
    assert_eq!(text(&made, "Policy.AttachmentCount"), "0");
    assert_eq!(text(&made, "Policy.IsAttachable"), "true");
    let id = text(&made, "Policy.PolicyId");
    assert!(id.starts_with("ANPA") && id.len() == 21, "{id}");
    let form = format!("d={}", text(&version, "PolicyVersion.Document"));
    assert_eq!(Parameters::parse(&form).unwrap().get("d"), Some(ALLOW_ALL));
    assert_eq!(text(&version, "PolicyVersion.IsDefaultVersion"), "true");
}

#[test]
fn names_of_policies_are_unique_without_case_whatever_their_path() {
    let door = TestDoor::new();
    make_policy(&door, "Deliver");

    let answer = refused(
        &door,
        "CreatePolicy",
        &[("PolicyName", "deliver"), ("Path", "/x/"), ("PolicyDocument", ALLOW_ALL)],
    );

    assert_eq!(
        answer,
        "EntityAlreadyExists (409): A policy called deliver already exists. Duplicate names are not allowed."
    );
}

#[test]
fn a_policy_that_is_not_there_is_told_by_its_arn() {
    let door = TestDoor::new();
    let arn = "arn:aws:iam::123456789012:policy/none";

    for action in ["GetPolicy", "DeletePolicy", "ListPolicyVersions", "ListPolicyTags"] {
        let answer = refused(&door, action, &[("PolicyArn", arn)]);
        assert_eq!(answer, format!("NoSuchEntity (404): Policy {arn} was not found."), "{action}");
    }
}

#[test]
fn an_arn_that_is_none_is_refused() {
    let door = TestDoor::new();

    let answer = refused(&door, "GetPolicy", &[("PolicyArn", "a-long-name-but-not-an-arn")]);
    let short = refused(&door, "GetPolicy", &[("PolicyArn", "x")]);

    assert_eq!(answer, "ValidationError (400): Invalid ARN:  Could not be parsed!");
    assert!(short.contains("Member must have length greater than or equal to 20"), "{short}");
}

#[test]
fn a_policy_has_5_versions_at_most_and_their_numbers_are_never_used_twice() {
    let door = TestDoor::new();
    let arn = make_policy(&door, "p");
    let policy = ("PolicyArn", arn.as_str());
    let second = allow("logs:PutLogEvents", "*");
    let new = [policy, ("PolicyDocument", &second)];

    let made = door.iam("CreatePolicyVersion", &new).unwrap();
    for _ in 3..=5 {
        door.iam("CreatePolicyVersion", &new).unwrap();
    }
    let sixth = refused(&door, "CreatePolicyVersion", &new);
    door.iam("DeletePolicyVersion", &[policy, ("VersionId", "v5")]).unwrap();
    let after =
        door.iam("CreatePolicyVersion", &[new[0], new[1], ("SetAsDefault", "true")]).unwrap();
    let listed = door.iam("ListPolicyVersions", &[policy]).unwrap();

    assert!(made.get("PolicyVersion").unwrap().get("Document").is_none());
    assert_eq!(text(&made, "PolicyVersion.IsDefaultVersion"), "false");
    assert_eq!(
        sixth,
        "LimitExceeded (409): A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
    );
    assert_eq!(text(&after, "PolicyVersion.VersionId"), "v6");
    assert_eq!(text(&after, "PolicyVersion.IsDefaultVersion"), "true");
    assert_eq!(column(&listed, "Versions", "VersionId"), ["v6", "v4", "v3", "v2", "v1"]);
    assert_eq!(
        column(&listed, "Versions", "IsDefaultVersion"),
        ["true", "false", "false", "false", "false"]
    );
}

#[test]
fn the_default_version_moves_and_cannot_be_deleted() {
    let door = TestDoor::new();
    let arn = make_policy(&door, "p");
    let policy = ("PolicyArn", arn.as_str());
    door.iam("CreatePolicyVersion", &[policy, ("PolicyDocument", ALLOW_ALL)]).unwrap();

    let first = refused(&door, "DeletePolicyVersion", &[policy, ("VersionId", "v1")]);
    let with_two = refused(&door, "DeletePolicy", &[policy]);
    door.iam("SetDefaultPolicyVersion", &[policy, ("VersionId", "v2")]).unwrap();
    door.iam("DeletePolicyVersion", &[policy, ("VersionId", "v1")]).unwrap();
    let gone = refused(&door, "GetPolicyVersion", &[policy, ("VersionId", "v1")]);
    let odd = refused(&door, "GetPolicyVersion", &[policy, ("VersionId", "1")]);
    let read = door.iam("GetPolicy", &[policy]).unwrap();
    door.iam("DeletePolicy", &[policy]).unwrap();

    assert_eq!(first, "DeleteConflict (409): Cannot delete the default version of a policy.");
    assert!(with_two.starts_with("DeleteConflict (409): This policy has more than one version."));
    assert_eq!(text(&read, "Policy.DefaultVersionId"), "v2");
    assert_eq!(
        gone,
        format!("NoSuchEntity (404): Policy {arn} version v1 does not exist or is not attachable.")
    );
    assert!(odd.contains("Value '1' at 'versionId' failed"), "{odd}");
}

#[test]
fn a_document_has_6144_characters_at_most_white_space_not_counted() {
    let door = TestDoor::new();
    let bare = allow("logs:PutLogEvents", "arn:aws:s3:::").len();
    let of = |size: usize| {
        allow("logs:PutLogEvents", &format!("arn:aws:s3:::{}", "x".repeat(size - bare)))
    };

    let fits = of(6144).replace(',', ", \n");
    door.iam("CreatePolicy", &[("PolicyName", "a"), ("PolicyDocument", &fits)]).unwrap();
    let answer =
        refused(&door, "CreatePolicy", &[("PolicyName", "b"), ("PolicyDocument", &of(6145))]);

    assert_eq!(answer, "LimitExceeded (409): Cannot exceed quota for PolicySize: 6144");
}

#[test]
fn what_is_attached_or_limits_somebody_cannot_be_deleted() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let arn = make_policy(&door, "p");
    let (bob, policy) = (("UserName", "bob"), ("PolicyArn", arn.as_str()));

    door.iam("AttachUserPolicy", &[bob, policy]).unwrap();
    let attached = refused(&door, "DeletePolicy", &[policy]);
    door.iam("DetachUserPolicy", &[bob, policy]).unwrap();
    door.iam("PutUserPermissionsBoundary", &[bob, ("PermissionsBoundary", &arn)]).unwrap();
    let limiting = refused(&door, "DeletePolicy", &[policy]);
    let read = door.iam("GetPolicy", &[policy]).unwrap();
    door.iam("DeleteUserPermissionsBoundary", &[bob]).unwrap();
    door.iam("DeletePolicy", &[policy]).unwrap();

    let text_of = "DeleteConflict (409): Cannot delete a policy attached to entities.";
    assert_eq!([attached.as_str(), limiting.as_str()], [text_of, text_of]);
    assert_eq!(text(&read, "Policy.AttachmentCount"), "0");
    assert_eq!(text(&read, "Policy.PermissionsBoundaryUsageCount"), "1");
}

#[test]
fn lists_tell_own_policies_from_those_of_aws_and_leave_tags_and_descriptions_out() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let arn = make_policy(&door, "mine");
    make_policy(&door, "unused");
    door.iam("AttachUserPolicy", &[("UserName", "bob"), ("PolicyArn", &arn)]).unwrap();

    let local = door.iam("ListPolicies", &[("Scope", "Local")]).unwrap();
    let attached = door.iam("ListPolicies", &[("OnlyAttached", "true")]).unwrap();
    let boundaries =
        door.iam("ListPolicies", &[("PolicyUsageFilter", "PermissionsBoundary")]).unwrap();
    let aws = door.iam("ListPolicies", &[("Scope", "AWS")]).unwrap();
    let all = door.iam("ListPolicies", &[]).unwrap();
    let odd = refused(&door, "ListPolicies", &[("Scope", "aws")]);

    assert_eq!(column(&local, "Policies", "PolicyName"), ["mine", "unused"]);
    assert_eq!(column(&attached, "Policies", "PolicyName"), ["mine"]);
    assert_eq!(column(&attached, "Policies", "AttachmentCount"), ["1"]);
    assert!(column(&boundaries, "Policies", "PolicyName").is_empty());
    assert_eq!(
        column(&aws, "Policies", "PolicyName"),
        [
            "AdministratorAccess",
            "AmazonVPCFullAccess",
            "AmazonVPCReadOnlyAccess",
            "CloudWatchLogsFullAccess",
            "CloudWatchLogsReadOnlyAccess",
            "ReadOnlyAccess",
        ]
    );
    assert_eq!(column(&all, "Policies", "Arn").len(), 8);
    for policy in all.get("Policies").unwrap().elements() {
        assert!(policy.get("Description").is_none() && policy.get("Tags").is_none());
    }
    assert!(odd.contains("Member must satisfy enum value set: [All, AWS, Local]"), "{odd}");
}

#[test]
fn policies_of_aws_can_be_read_but_not_changed() {
    let door = TestDoor::new();
    let policy = ("PolicyArn", "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess");

    let read = door.iam("GetPolicy", &[policy]).unwrap();
    let version = door.iam("GetPolicyVersion", &[policy, ("VersionId", "v1")]).unwrap();
    let changes = [
        refused(&door, "DeletePolicy", &[policy]),
        refused(&door, "CreatePolicyVersion", &[policy, ("PolicyDocument", ALLOW_ALL)]),
        refused(&door, "UntagPolicy", &[policy, ("TagKeys.member.1", "x")]),
    ];

    assert_eq!(text(&read, "Policy.PolicyName"), "CloudWatchLogsFullAccess");
    assert!(text(&version, "PolicyVersion.Document").contains("logs%3A%2A"));
    for change in changes {
        assert_eq!(change, "AccessDenied (403): Policy is outside your own account.");
    }
}

#[test]
fn every_policy_of_aws_is_one_by_our_own_rules() {
    for policy in builtin::policies() {
        let document = &policy.versions[0].document;
        let name = &policy.name;

        let parsed = Policy::parse(document, PolicyKind::Identity);

        assert!(parsed.is_ok(), "{name}: {parsed:?}");
        let id = &policy.unique_id;
        let base32 = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
        assert!(id.len() == 21 && id.starts_with("ANPA") && id.bytes().all(base32), "{name}: {id}");
        assert_eq!(builtin::policy(name).as_ref(), Some(&policy));
    }
}

//! Log groups.

use super::*;
use crate::testing::NOW;

fn names(answer: &Value) -> String {
    let groups = answer["logGroups"].as_array().unwrap();
    groups.iter().map(|group| group["logGroupName"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn create(door: &TestDoor, names: &[&str]) {
    for name in names {
        logs(door, "CreateLogGroup", json!({"logGroupName": name}));
    }
}

#[test]
fn a_fresh_group_is_told_of_as_aws_does() {
    let door = TestDoor::new();

    let answer = logs(&door, "CreateLogGroup", json!({"logGroupName": "/vpc/flow#1"}));

    assert_eq!(answer, Value::Null);
    assert_eq!(
        logs(&door, "DescribeLogGroups", json!({})),
        json!({"logGroups": [{
            "logGroupName": "/vpc/flow#1",
            "creationTime": NOW,
            "metricFilterCount": 0,
            "arn": "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow#1:*",
            "logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/vpc/flow#1",
            "storedBytes": 0,
            "logGroupClass": "STANDARD",
            "deletionProtectionEnabled": false,
        }]})
    );
}

#[test]
fn groups_are_listed_in_ascii_order_page_by_page() {
    let door = TestDoor::new();
    create(&door, &["b", "a", "B", "/x", "a1"]);

    let mut pages = Vec::new();
    let mut request = json!({"limit": 2});
    loop {
        let answer = logs(&door, "DescribeLogGroups", request.clone());
        pages.push(names(&answer));
        let Some(token) = answer.get("nextToken") else { break };
        request["nextToken"] = token.clone();
    }

    assert_eq!(pages, ["/x B", "a a1", "b"]);
    assert_eq!(
        names(&logs(&door, "DescribeLogGroups", json!({"logGroupNamePrefix": "a"}))),
        "a a1"
    );
    let exactly = logs(&door, "DescribeLogGroups", json!({"limit": 5}));
    assert_eq!(exactly.get("nextToken"), None);
}

#[test]
fn a_search_by_pattern_minds_the_case_and_tells_less() {
    let door = TestDoor::new();
    create(&door, &["/app/Web", "/app/web", "db"]);

    let answer = logs(&door, "DescribeLogGroups", json!({"logGroupNamePattern": "Web"}));

    assert_eq!(names(&answer), "/app/Web");
    let group = answer["logGroups"][0].as_object().unwrap();
    let members: Vec<&str> = group.keys().map(String::as_str).collect();
    assert_eq!(
        members,
        [
            "arn",
            "creationTime",
            "logGroupArn",
            "logGroupClass",
            "logGroupName",
            "metricFilterCount"
        ]
    );
}

#[test]
fn groups_may_be_asked_for_by_name_and_arn() {
    let door = TestDoor::new();
    create(&door, &["a", "b", "c"]);
    let identifiers = json!([
        "c",
        "arn:aws:logs:us-east-1:123456789012:log-group:a",
        "arn:aws:logs:us-east-1:123456789012:log-group:a:",
        "arn:aws:logs:eu-west-1:123456789012:log-group:b",
        "arn:aws:logs:us-east-1:999999999999:log-group:b",
        "missing",
    ]);

    let request = json!({"logGroupIdentifiers": identifiers});
    let answer = logs(&door, "DescribeLogGroups", request.clone());

    assert_eq!(names(&answer), "a c");
    let first = logs(&door, "DescribeLogGroups", with(&request, "limit", json!(1)));
    assert_eq!(names(&first), "a");
    let request = with(&request, "nextToken", first["nextToken"].clone());
    let second = logs(&door, "DescribeLogGroups", request.clone());
    assert_eq!(names(&second), "c");
    assert_eq!(second.get("nextToken"), None);
    let text =
        refused(&door, "DescribeLogGroups", with(&request, "logGroupNamePrefix", json!("a")));
    assert!(text.contains("logGroupIdentifiers cannot be combined"), "{text}");
}

#[test]
fn no_group_is_of_another_class() {
    let door = TestDoor::new();
    create(&door, &["a"]);

    for (class, expected) in [("STANDARD", "a"), ("INFREQUENT_ACCESS", ""), ("DELIVERY", "")] {
        let answer = logs(&door, "DescribeLogGroups", json!({"logGroupClass": class}));
        assert_eq!(names(&answer), expected);
    }
}

#[test]
fn what_exists_and_what_does_not_is_said_in_aws_words() {
    let door = TestDoor::new();
    create(&door, &["a"]);

    assert_eq!(
        refused(&door, "CreateLogGroup", json!({"logGroupName": "a"})),
        "ResourceAlreadyExistsException: The specified log group already exists"
    );
    for action in ["DeleteLogGroup", "DeleteRetentionPolicy", "ListTagsLogGroup"] {
        assert_eq!(
            refused(&door, action, json!({"logGroupName": "b"})),
            "ResourceNotFoundException: The specified log group does not exist."
        );
    }
    logs(&door, "DeleteLogGroup", json!({"logGroupName": "a"}));
    assert_eq!(names(&logs(&door, "DescribeLogGroups", json!({}))), "");
}

#[test]
fn names_are_checked_in_aws_words() {
    let door = TestDoor::new();
    let pattern = r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+";

    for (request, expected) in [
        (
            json!({}),
            violation(
                "Value null at 'logGroupName' failed to satisfy constraint: Member must not be null",
            ),
        ),
        (
            json!({"logGroupName": "a b"}),
            violation(&format!(
                "Value 'a b' at 'logGroupName' failed to satisfy constraint: {pattern}"
            )),
        ),
        (
            json!({"logGroupName": ""}),
            format!(
                "InvalidParameterException: 2 validation errors detected: Value '' at 'logGroupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'logGroupName' failed to satisfy constraint: {pattern}"
            ),
        ),
        (
            json!({"logGroupName": "a".repeat(513)}),
            "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than or equal to 512.".to_owned(),
        ),
        (
            json!({"logGroupName": "aws/x"}),
            "InvalidParameterException: Log groups starting with AWS/ are reserved for AWS."
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, "CreateLogGroup", request), expected);
    }
    logs(&door, "CreateLogGroup", json!({"logGroupName": "a".repeat(512)}));
    logs(&door, "CreateLogGroup", json!({"logGroupName": "/aws/x"}));
}

#[test]
fn what_is_asked_for_wrongly_is_refused_by_name() {
    let door = TestDoor::new();
    create(&door, &["a"]);

    for (action, request, expected) in [
        (
            "DescribeLogGroups",
            json!({"limit": 51}),
            violation("Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50"),
        ),
        (
            "DescribeLogGroups",
            json!({"limit": 0}),
            violation("Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"),
        ),
        (
            "DescribeLogGroups",
            json!({"nextToken": "nonsense!"}),
            "InvalidParameterException: The specified nextToken is invalid.".to_owned(),
        ),
        (
            "DescribeLogGroups",
            json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "a"}),
            "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.".to_owned(),
        ),
        (
            "DescribeLogGroups",
            json!({"logGroupClass": "OTHER"}),
            violation("Value 'OTHER' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY, ESSENTIALS]"),
        ),
        (
            "DescribeLogGroups",
            json!({"accountIdentifiers": ["123456789012"]}),
            "InvalidParameterException: The parameter accountIdentifiers is not supported here: leave it out.".to_owned(),
        ),
        (
            "DescribeLogGroups",
            json!({"includeLinkedAccounts": true}),
            "InvalidParameterException: The parameter includeLinkedAccounts is not supported here: leave it out.".to_owned(),
        ),
        (
            "CreateLogGroup",
            json!({"logGroupName": "n", "kmsKeyId": "k"}),
            "InvalidParameterException: The parameter kmsKeyId is not supported here: leave it out.".to_owned(),
        ),
        (
            "CreateLogGroup",
            json!({"logGroupName": "n", "logGroupClass": "DELIVERY"}),
            "InvalidParameterException: Only log groups of the classes STANDARD and INFREQUENT_ACCESS are supported here.".to_owned(),
        ),
        (
            "PutLogGroupDeletionProtection",
            json!({"logGroupIdentifier": "arn:aws:logs:us-east-1:123456789012:log-group:a:*", "deletionProtectionEnabled": true}),
            violation(r"Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*"),
        ),
        (
            "PutLogGroupDeletionProtection",
            json!({"logGroupIdentifier": "arn:aws:s3:::b", "deletionProtectionEnabled": true}),
            "InvalidParameterException: 'arn:aws:s3:::b' is neither the name nor the ARN of a log group.".to_owned(),
        ),
        (
            "PutLogGroupDeletionProtection",
            json!({"logGroupIdentifier": "arn:aws:logs:us-east-1:999999999999:log-group:a", "deletionProtectionEnabled": true}),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
        (
            "PutLogGroupDeletionProtection",
            json!({}),
            "InvalidParameterException: 2 validation errors detected: Value null at 'logGroupIdentifier' failed to satisfy constraint: Member must not be null; Value null at 'deletionProtectionEnabled' failed to satisfy constraint: Member must not be null".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, action, request), expected);
    }
    let text = refused(&door, "DescribeLogGroups", json!({"limit": "many"}));
    assert!(text.starts_with("SerializationException: "), "{text}");
}

#[test]
fn a_protected_group_cannot_be_deleted() {
    let door = TestDoor::new();
    let request = json!({"logGroupName": "a", "deletionProtectionEnabled": true});
    logs(&door, "CreateLogGroup", request);

    assert_eq!(
        refused(&door, "DeleteLogGroup", json!({"logGroupName": "a"})),
        "ValidationException: Cannot delete log group with deletion protection enabled. Disable deletion protection first."
    );

    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:a";
    let request = json!({"logGroupIdentifier": arn, "deletionProtectionEnabled": false});
    logs(&door, "PutLogGroupDeletionProtection", request);
    logs(&door, "DeleteLogGroup", json!({"logGroupName": "a"}));
}

#[test]
fn retention_is_one_of_the_numbers_that_aws_has() {
    let door = TestDoor::new();
    create(&door, &["a"]);
    let days = || {
        logs(&door, "DescribeLogGroups", json!({}))["logGroups"][0].get("retentionInDays").cloned()
    };

    logs(&door, "PutRetentionPolicy", json!({"logGroupName": "a", "retentionInDays": 7.0}));
    assert_eq!(days(), Some(json!(7)));
    for wrong in [0, 2, -1, 3654] {
        assert_eq!(
            refused(
                &door,
                "PutRetentionPolicy",
                json!({"logGroupName": "a", "retentionInDays": wrong})
            ),
            "InvalidParameterException: Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"
        );
    }
    assert_eq!(
        refused(&door, "PutRetentionPolicy", json!({"logGroupName": "a"})),
        violation(
            "Value null at 'retentionInDays' failed to satisfy constraint: Member must not be null"
        )
    );

    logs(&door, "DeleteRetentionPolicy", json!({"logGroupName": "a"}));
    assert_eq!(days(), None);
    logs(&door, "DeleteRetentionPolicy", json!({"logGroupName": "a"}));
}

//! Tags.

use super::*;

const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g";

#[test]
fn both_families_see_the_same_tags() {
    let door = TestDoor::new();
    logs(&door, "CreateLogGroup", json!({"logGroupName": "g", "tags": {"a": "1", "b": "2"}}));

    logs(&door, "TagResource", json!({"resourceArn": ARN, "tags": {"b": "3", "c": ""}}));
    logs(&door, "TagLogGroup", json!({"logGroupName": "g", "tags": {"d e": "ü/=+-@_.:"}}));
    logs(&door, "UntagResource", json!({"resourceArn": ARN, "tagKeys": ["a", "unknown"]}));

    let expected = json!({"tags": {"b": "3", "c": "", "d e": "ü/=+-@_.:"}});
    assert_eq!(logs(&door, "ListTagsForResource", json!({"resourceArn": ARN})), expected);
    assert_eq!(logs(&door, "ListTagsLogGroup", json!({"logGroupName": "g"})), expected);

    logs(&door, "UntagLogGroup", json!({"logGroupName": "g", "tags": ["b", "c", "d e"]}));
    assert_eq!(
        logs(&door, "ListTagsForResource", json!({"resourceArn": ARN})),
        json!({"tags": {}})
    );
}

#[test]
fn a_resource_is_named_by_its_bare_arn() {
    let door = with_stream();

    for (arn, expected) in [
        (
            format!("{ARN}:*"),
            violation(r"Value at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=/:,.@-]*"),
        ),
        (
            "g".to_owned(),
            "InvalidParameterException: 'g' is not the ARN of a log group: it would be arn:aws:logs:REGION:ACCOUNT:log-group:NAME.".to_owned(),
        ),
        (
            "arn:aws:logs:us-east-1:123456789012:log-group:other".to_owned(),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
        (
            "arn:aws:logs:us-east-2:123456789012:log-group:g".to_owned(),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
    ] {
        let request = json!({"resourceArn": arn, "tags": {"a": "1"}, "tagKeys": ["a"]});
        for action in ["TagResource", "UntagResource", "ListTagsForResource"] {
            assert_eq!(refused(&door, action, request.clone()), expected);
        }
    }
}

#[test]
fn a_group_has_at_most_fifty_tags() {
    let door = with_stream();
    let fifty: serde_json::Map<String, Value> =
        (0..50).map(|number| (format!("k{number}"), json!(""))).collect();
    logs(&door, "TagResource", json!({"resourceArn": ARN, "tags": fifty}));

    let one = json!({"more": ""});
    assert_eq!(
        refused(&door, "TagResource", json!({"resourceArn": ARN, "tags": one})),
        "TooManyTagsException: The resource g can have no more than 50 tags."
    );
    assert_eq!(
        refused(&door, "TagLogGroup", json!({"logGroupName": "g", "tags": one})),
        "InvalidParameterException: The log group g can have no more than 50 tags."
    );
    // One that it has already only changes.
    logs(&door, "TagResource", json!({"resourceArn": ARN, "tags": {"k1": "new"}}));
    let tags = logs(&door, "ListTagsLogGroup", json!({"logGroupName": "g"}));
    assert_eq!(tags["tags"].as_object().unwrap().len(), 50);
    assert_eq!(tags["tags"]["k1"], "new");
}

#[test]
fn tags_are_checked_in_aws_words() {
    let door = with_stream();
    let tag =
        |tags: Value| refused(&door, "TagResource", json!({"resourceArn": ARN, "tags": tags}));

    assert!(tag(json!({"a*": "1"})).starts_with(&violation(
        "Value '{a*=1}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128"
    )));
    assert!(tag(json!({"k".repeat(129): ""})).contains("Map keys must satisfy constraint"));
    assert!(tag(json!({"": ""})).contains("Map keys must satisfy constraint"));
    assert!(tag(json!({"k": "v".repeat(257)})).contains("Map value must satisfy constraint"));
    assert!(tag(json!({"k": "v\u{0}"})).contains("Map value must satisfy constraint"));
    assert_eq!(
        tag(json!({})),
        violation(
            "Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    );
    assert_eq!(
        tag(json!({"AWS:x": "1"})),
        "InvalidParameterException: The tag key 'AWS:x' is not allowed: keys that begin with aws: are reserved."
    );
    assert_eq!(
        refused(&door, "TagResource", json!({})),
        "InvalidParameterException: 2 validation errors detected: Value null at 'resourceArn' failed to satisfy constraint: Member must not be null; Value null at 'tags' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        refused(&door, "UntagLogGroup", json!({"logGroupName": "g", "tags": []})),
        violation(
            "Value '[]' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    );
    let text =
        refused(&door, "CreateLogGroup", json!({"logGroupName": "h", "tags": {"aws:x": ""}}));
    assert!(text.contains("are reserved"), "{text}");
}

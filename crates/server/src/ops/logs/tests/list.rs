//! `ListLogGroups` and the classes of groups (§2.4, 4.1).

use super::*;
use crate::testing::NOW;

fn create(door: &TestDoor, name: &str, class: &str, tags: &Value) {
    let request = json!({"logGroupName": name, "logGroupClass": class, "tags": tags});
    logs(door, "CreateLogGroup", request);
}

/// `/vpc/a` and `/vpc/b` are standard, `/app/c` is not.
fn with_groups() -> TestDoor {
    let door = TestDoor::new();
    create(&door, "/vpc/a", "STANDARD", &json!({"env": "prod", "team": "red"}));
    create(&door, "/vpc/b", "STANDARD", &json!({"env": "Production"}));
    create(&door, "/app/c", "INFREQUENT_ACCESS", &json!({"env": "test"}));
    door
}

fn names(answer: &Value) -> String {
    let groups = answer["logGroups"].as_array().unwrap();
    groups.iter().map(|group| group["logGroupName"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

fn listed(door: &TestDoor, request: Value) -> String {
    names(&logs(door, "ListLogGroups", request))
}

#[test]
fn groups_are_listed_with_arn_and_class_page_by_page() {
    let door = with_groups();

    let first = logs(&door, "ListLogGroups", json!({"limit": 1}));
    assert_eq!(
        first["logGroups"],
        json!([{
            "logGroupName": "/app/c",
            "logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/c",
            "logGroupClass": "INFREQUENT_ACCESS",
        }])
    );
    let rest = logs(&door, "ListLogGroups", json!({"limit": 2, "nextToken": first["nextToken"]}));
    assert_eq!((names(&rest).as_str(), rest.get("nextToken")), ("/vpc/a /vpc/b", None));
    assert_eq!(listed(&door, json!({"limit": 1000})), "/app/c /vpc/a /vpc/b");
}

#[test]
fn groups_are_found_by_name_class_and_tags() {
    let door = with_groups();
    let tags = |key: &str, values: Value| json!({"logGroupTags": [{"key": key, "values": values}]});

    for (request, expected) in [
        (json!({"logGroupNamePattern": "^/vpc"}), "/vpc/a /vpc/b"),
        (json!({"logGroupNamePattern": "^vpc"}), ""),
        (json!({"logGroupNamePattern": "pc/b|^/app"}), "/app/c /vpc/b"),
        (json!({"logGroupClass": "STANDARD"}), "/vpc/a /vpc/b"),
        (json!({"logGroupClass": "DELIVERY"}), ""),
        (tags("env", json!(["prod"])), "/vpc/a"),
        (tags("env", json!(["prod*"])), "/vpc/a /vpc/b"),
        (tags("env", json!(["!prod*"])), "/app/c"),
        (tags("team", json!([])), "/vpc/a"),
        (json!({"logGroupTags": [{"key": "team"}]}), "/vpc/a"),
        (json!({"logGroupTags": [{"key": "env"}, {"key": "team", "values": ["blue"]}]}), ""),
        (
            json!({"logGroupClass": "STANDARD", "logGroupTags": [{"key": "env", "values": ["*o*"]}]}),
            "/vpc/a /vpc/b",
        ),
    ] {
        assert_eq!(listed(&door, request.clone()), expected, "{request}");
    }
    // The next page begins where a match is, though others lie between.
    let first =
        json!({"limit": 1, "logGroupTags": [{"key": "env", "values": ["test", "Production"]}]});
    let answer = logs(&door, "ListLogGroups", first.clone());
    assert_eq!(names(&answer), "/app/c");
    let next = with(&first, "nextToken", answer["nextToken"].clone());
    let answer = logs(&door, "ListLogGroups", next);
    assert_eq!((names(&answer).as_str(), answer.get("nextToken")), ("/vpc/b", None));
}

#[test]
fn what_cannot_be_listed_is_refused() {
    let door = with_groups();

    for (request, expected) in [
        (
            json!({"limit": 1001}),
            "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000",
        ),
        (
            json!({"logGroupNamePattern": "a*c"}),
            r"Value 'a*c' at 'logGroupNamePattern' failed to satisfy constraint: Member must satisfy regular expression pattern: (\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}",
        ),
        (
            json!({"logGroupTags": []}),
            "Value at 'logGroupTags' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (
            json!({"logGroupTags": [{"values": ["a"]}]}),
            "Value null at 'logGroupTags.1.member.key' failed to satisfy constraint: Member must not be null",
        ),
        (
            json!({"logGroupTags": [{"key": "a", "values": ["a*b"]}]}),
            r"Value 'a*b' at 'logGroupTags.1.member.values.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ^!?\*?([\p{L}\p{Z}\p{N}_.:/=+\-@]*)\*?$",
        ),
    ] {
        assert_eq!(refused(&door, "ListLogGroups", request), violation(expected));
    }
    for member in ["dataSources", "fieldIndexNames"] {
        assert_eq!(
            refused(&door, "ListLogGroups", json!({member: ["a"]})),
            format!(
                "InvalidParameterException: The parameter {member} is not supported here: leave it out."
            )
        );
    }
}

#[test]
fn a_group_of_the_other_class_takes_events_and_gives_them_to_queries_only() {
    let door = with_groups();
    let group = json!({"logGroupName": "/app/c"});
    let stream = with(&group, "logStreamName", json!("s"));
    logs(&door, "CreateLogStream", stream.clone());
    let events = json!([{"timestamp": NOW, "message": "x"}]);
    logs(&door, "PutLogEvents", with(&stream, "logEvents", events));

    let filter = json!({
        "logGroupName": "/app/c",
        "filterName": "f",
        "filterPattern": "",
        "metricTransformations": [{"metricName": "m", "metricNamespace": "N", "metricValue": "1"}],
    });
    for (action, request) in [
        ("GetLogEvents", stream.clone()),
        ("FilterLogEvents", group.clone()),
        ("PutMetricFilter", filter.clone()),
        ("DescribeMetricFilters", group.clone()),
        ("DeleteMetricFilter", filter),
    ] {
        assert_eq!(
            refused(&door, action, request),
            "ValidationException: This operation is only supported on the Standard log class."
        );
    }
    let streams = logs(&door, "DescribeLogStreams", group.clone());
    assert_eq!(streams["logStreams"][0]["lastEventTimestamp"], NOW);
    logs(&door, "GetLogGroupFields", group);
}

#[test]
fn groups_are_described_by_class() {
    let door = with_groups();
    let described =
        |class: &str| names(&logs(&door, "DescribeLogGroups", json!({"logGroupClass": class})));

    assert_eq!(described("STANDARD"), "/vpc/a /vpc/b");
    assert_eq!(described("INFREQUENT_ACCESS"), "/app/c");
    // Either of the two means both (§2.4).
    assert_eq!(described("ESSENTIALS"), "/app/c");
    assert_eq!(described("DELIVERY"), "");
    let group = &logs(&door, "DescribeLogGroups", json!({}))["logGroups"][0];
    assert_eq!(group["logGroupClass"], "INFREQUENT_ACCESS");
    for class in ["DELIVERY", "ESSENTIALS"] {
        assert_eq!(
            refused(&door, "CreateLogGroup", json!({"logGroupName": "n", "logGroupClass": class})),
            "InvalidParameterException: Only log groups of the classes STANDARD and INFREQUENT_ACCESS are supported here."
        );
    }
}

//! What policies have to say (`cloudwatch-logs.md` §12).

use flowlogd_logstore::{EventKey, Pointer};

use super::*;
use crate::ops::logs::token;
use crate::testing::NOW;

const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:g";

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn be(door: &mut TestDoor, statements: &[Value]) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    door.be_user("eve", &policy.to_string());
}

/// Every operation, in an order in which all of them succeed.
fn calls() -> Vec<(&'static str, Value)> {
    let stream = json!({"logGroupName": "g", "logStreamName": "s"});
    let events = json!([{"timestamp": NOW, "message": "x"}]);
    vec![
        ("CreateLogGroup", json!({"logGroupName": "g"})),
        ("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 7})),
        ("DeleteRetentionPolicy", json!({"logGroupName": "g"})),
        (
            "PutLogGroupDeletionProtection",
            json!({"logGroupIdentifier": GROUP, "deletionProtectionEnabled": false}),
        ),
        ("TagLogGroup", json!({"logGroupName": "g", "tags": {"a": "1"}})),
        ("UntagLogGroup", json!({"logGroupName": "g", "tags": ["a"]})),
        ("ListTagsLogGroup", json!({"logGroupName": "g"})),
        ("CreateLogStream", stream.clone()),
        ("DescribeLogStreams", json!({"logGroupIdentifier": "g"})),
        ("PutLogEvents", with(&stream, "logEvents", events)),
        ("GetLogEvents", stream.clone()),
        ("FilterLogEvents", json!({"logGroupName": "g"})),
        ("GetLogRecord", json!({"logRecordPointer": pointer(1, NOW, NOW, 1)})),
        ("GetLogGroupFields", json!({"logGroupName": "g"})),
        ("PutMetricFilter", metric_filter()),
        ("DescribeMetricFilters", json!({"logGroupName": "g"})),
        ("DeleteMetricFilter", json!({"logGroupName": "g", "filterName": "f"})),
        ("DeleteLogStream", stream),
        ("DeleteLogGroup", json!({"logGroupName": "g"})),
    ]
}

/// The `@ptr` of an event.
fn pointer(stream: i64, timestamp: i64, ingestion_time: i64, sequence: u64) -> String {
    let key = EventKey { timestamp, ingestion_time, sequence };
    token::written_pointer(Pointer { stream, key })
}

fn metric_filter() -> Value {
    json!({
        "logGroupName": "g",
        "filterName": "f",
        "filterPattern": "",
        "metricTransformations": [{"metricName": "m", "metricNamespace": "N", "metricValue": "1"}],
    })
}

#[test]
fn the_name_with_a_star_allows_every_operation_of_the_group() {
    let mut door = TestDoor::new();
    be(&mut door, &[statement("Allow", "logs:*", &format!("{GROUP}:*"))]);

    for (action, request) in calls() {
        logs(&door, action, request);
    }
}

#[test]
fn the_bare_name_allows_none_of_them_but_tagging_by_arn() {
    let mut door = with_stream();
    be(&mut door, &[statement("Allow", "logs:*", GROUP)]);

    for (action, request) in calls() {
        let text = refused(&door, action, request);
        assert!(text.starts_with("AccessDeniedException: User: arn:"), "{text}");
    }
    logs(&door, "TagResource", json!({"resourceArn": GROUP, "tags": {"a": "1"}}));
    logs(&door, "UntagResource", json!({"resourceArn": GROUP, "tagKeys": ["a"]}));
    logs(&door, "ListTagsForResource", json!({"resourceArn": GROUP}));
}

#[test]
fn a_denial_names_the_resource_that_was_asked_of() {
    let mut door = with_stream();
    be(&mut door, &[statement("Allow", "logs:TagResource", "*")]);
    let denied = |action: &str, resource: &str| {
        format!(
            "AccessDeniedException: User: arn:aws:iam::123456789012:user/eve is not authorized to perform: logs:{action} on resource: {resource} because no identity-based policy allows the logs:{action} action"
        )
    };

    for (action, request, resource) in [
        (
            "FilterLogEvents",
            json!({"logGroupName": "g", "logStreamNames": ["s"]}),
            format!("{GROUP}:log-stream:*"),
        ),
        (
            "GetLogEvents",
            json!({"logGroupName": "g", "logStreamName": "s"}),
            format!("{GROUP}:log-stream:s"),
        ),
        (
            "DescribeLogStreams",
            json!({"logGroupIdentifier": GROUP}),
            format!("{GROUP}:log-stream:"),
        ),
        ("CreateLogGroup", json!({"logGroupName": "g"}), format!("{GROUP}:log-stream:")),
        ("ListTagsForResource", json!({"resourceArn": GROUP}), GROUP.to_owned()),
        (
            "DescribeLogGroups",
            json!({}),
            "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:".to_owned(),
        ),
        (
            "ListLogGroups",
            json!({"logGroupNamePattern": "abc"}),
            "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:".to_owned(),
        ),
        ("PutMetricFilter", metric_filter(), format!("{GROUP}:log-stream:")),
        ("DeleteMetricFilter", metric_filter(), format!("{GROUP}:log-stream:")),
        ("DescribeMetricFilters", json!({"logGroupName": "g"}), format!("{GROUP}:log-stream:")),
        (
            "DescribeMetricFilters",
            json!({}),
            "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:".to_owned(),
        ),
        ("GetLogGroupFields", json!({"logGroupIdentifier": GROUP}), format!("{GROUP}:log-stream:")),
        (
            "GetLogRecord",
            json!({"logRecordPointer": pointer(1, NOW, NOW, 1)}),
            format!("{GROUP}:log-stream:"),
        ),
        // Before anything is checked, and whether it is there or not.
        (
            "DeleteLogGroup",
            json!({"logGroupName": "none"}),
            "arn:aws:logs:us-east-1:123456789012:log-group:none:log-stream:".to_owned(),
        ),
        (
            "DeleteLogGroup",
            json!({}),
            "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, action, request), denied(action, &resource));
    }
}

#[test]
fn streams_can_be_allowed_by_prefix() {
    let mut door = with_stream();
    be(
        &mut door,
        &[statement("Allow", "logs:CreateLogStream", &format!("{GROUP}:log-stream:eni-*"))],
    );

    logs(&door, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "eni-1"}));
    let text =
        refused(&door, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "other"}));
    assert!(text.starts_with("AccessDeniedException: "), "{text}");
}

#[test]
fn a_group_with_tags_needs_a_permission_to_tag() {
    let mut door = TestDoor::new();
    let create = statement("Allow", "logs:CreateLogGroup", "*");
    let request = json!({"logGroupName": "g", "tags": {"a": "1"}});

    be(&mut door, std::slice::from_ref(&create));
    assert_eq!(
        refused(&door, "CreateLogGroup", request.clone()),
        "AccessDeniedException: User with accountId: 123456789012 is not authorized to perform CreateLogGroup with Tags"
    );
    for action in ["logs:TagResource", "logs:TagLogGroup"] {
        be(&mut door, &[create.clone(), statement("Allow", action, "*")]);
        logs(&door, "CreateLogGroup", request.clone());
        door = TestDoor::new();
    }
}

#[test]
fn the_lectures_get_log_data_is_get_log_events() {
    let mut door = with_stream();
    put(&door, "s", &[(NOW, "x")]);
    let request = json!({"logGroupName": "g", "logStreamName": "s"});
    let on_all = format!("{GROUP}:*");

    be(&mut door, &[statement("Allow", "logs:GetLogData", &on_all)]);
    assert_eq!(messages(&logs(&door, "GetLogEvents", request.clone())), "x");
    be(
        &mut door,
        &[
            statement("Allow", "logs:GetLogEvents", "*"),
            statement("Deny", "logs:GetLogData", &on_all),
        ],
    );
    let text = refused(&door, "GetLogEvents", request.clone());
    assert!(text.contains("explicit deny"), "{text}");
    be(
        &mut door,
        &[
            statement("Allow", "logs:GetLogData", "*"),
            statement("Deny", "logs:GetLogEvents", &on_all),
        ],
    );
    let text = refused(&door, "GetLogEvents", request);
    assert!(text.contains("explicit deny"), "{text}");
}

#[test]
fn conditions_may_speak_of_the_groups_tags() {
    let mut door = TestDoor::new();
    for (name, team) in [("g", "red"), ("h", "blue")] {
        logs(&door, "CreateLogGroup", json!({"logGroupName": name, "tags": {"team": team}}));
    }
    be(
        &mut door,
        &[json!({
            "Effect": "Allow",
            "Action": "logs:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}},
        })],
    );

    logs(&door, "FilterLogEvents", json!({"logGroupName": "g"}));
    let text = refused(&door, "FilterLogEvents", json!({"logGroupName": "h"}));
    assert!(text.starts_with("AccessDeniedException: "), "{text}");
}

#[test]
fn conditions_may_speak_of_the_tags_of_the_request() {
    let mut door = with_stream();
    be(
        &mut door,
        &[json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:TagResource", "logs:TagLogGroup"],
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:RequestTag/team": "red"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]},
            },
        })],
    );
    let calls = |tags: Value| {
        [
            ("CreateLogGroup", json!({"logGroupName": "h", "tags": tags})),
            ("TagResource", json!({"resourceArn": GROUP, "tags": tags})),
            ("TagLogGroup", json!({"logGroupName": "g", "tags": tags})),
        ]
    };

    for tags in [json!({"team": "blue"}), json!({"cost": "1"}), json!({"team": "red", "x": ""})] {
        for (action, request) in calls(tags) {
            let text = refused(&door, action, request);
            assert!(text.starts_with("AccessDeniedException: "), "{text}");
        }
    }
    for (action, request) in calls(json!({"team": "red", "cost": "1"})) {
        logs(&door, action, request);
    }
}

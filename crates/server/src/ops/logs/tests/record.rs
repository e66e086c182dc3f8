//! One event with its fields, and which fields there are (§4.11, 9.3).

use flowlogd_logstore::{Owner, Pointer};

use super::*;
use crate::model::{FlowLog, ResourceType, Tags};
use crate::ops::logs::token;
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, REGION};

const RECORD: &str = "2 123456789012 eni-1235b8ca123456789 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 REJECT OK";

const MINUTE: i64 = 60_000;

/// The `@ptr` of an event of group `g`.
fn pointer(door: &TestDoor, message: &str) -> Value {
    let answer = logs(door, "FilterLogEvents", json!({"logGroupName": "g"}));
    let events = answer["events"].as_array().unwrap();
    let event = events.iter().find(|event| event["message"] == message).unwrap();
    let owner = Owner { account: ACCOUNT.to_owned(), region: REGION.to_owned() };
    let stream = event["logStreamName"].as_str().unwrap();
    let stream = door.door.logs().stream_number(&owner, "g", stream).unwrap();
    let key = event["eventId"].as_str().unwrap().parse().unwrap();
    json!(token::written_pointer(Pointer { stream, key }))
}

fn record(door: &TestDoor, pointer: &Value) -> Value {
    logs(door, "GetLogRecord", json!({"logRecordPointer": pointer}))["logRecord"].clone()
}

#[test]
fn an_event_is_found_by_its_pointer_among_others_of_its_time() {
    let door = with_stream();
    put(&door, "s", &[(NOW - 1, "a"), (NOW, "b"), (NOW, "c"), (NOW, "d")]);
    put(&door, "s", &[(NOW, "e"), (NOW + 1, "f")]);

    for (message, timestamp) in [("a", NOW - 1), ("b", NOW), ("c", NOW), ("e", NOW), ("f", NOW + 1)]
    {
        assert_eq!(
            record(&door, &pointer(&door, message)),
            json!({
                "@timestamp": timestamp.to_string(),
                "@ingestionTime": NOW.to_string(),
                "@log": "123456789012:g",
                "@logStream": "s",
                "@message": message,
            })
        );
    }
}

#[test]
fn a_record_has_the_fields_of_the_default_format_and_json_its_members() {
    let door = with_stream();
    let event = r#"{"user":{"name":"eve","admin":false},"codes":[200]}"#;
    put(&door, "s", &[(NOW, RECORD), (NOW, event)]);

    let fields = record(&door, &pointer(&door, RECORD));
    assert_eq!((&fields["srcAddr"], &fields["dstPort"]), (&json!("10.0.0.1"), &json!("22")));
    assert_eq!((&fields["startTime"], &fields["logStatus"]), (&json!("1418530010"), &json!("OK")));
    assert_eq!(fields.as_object().unwrap().len(), 14 + 5);

    let fields = record(&door, &pointer(&door, event));
    assert_eq!((&fields["user.name"], &fields["user.admin"]), (&json!("eve"), &json!("0")));
    assert_eq!(fields["codes.0"], json!("200"));
}

#[test]
fn a_record_has_the_fields_of_its_flow_logs_format() {
    let door = with_stream();
    let flow_log = FlowLog {
        id: "fl-1".to_owned(),
        resource_id: "eni-1".to_owned(),
        resource_type: ResourceType::NetworkInterface,
        traffic_type: "ALL".to_owned(),
        log_group_name: "g".to_owned(),
        log_destination: None,
        deliver_logs_permission_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
        log_format: "${pkt-srcaddr} ${tcp-flags} ${x-deciding-rule}".to_owned(),
        max_aggregation_interval: 60,
        created: NOW,
        tags: Tags::new(),
    };
    let place = Place::regional(ACCOUNT, REGION);
    let put_flow_log = |txn: &Txn<'_>| txn.put(&place, &flow_log, NOW);
    door.door.state().write::<_, StateError>(put_flow_log).unwrap();
    put(&door, "s", &[(NOW, "10.9.8.7 19 sgr-1")]);

    let fields = record(&door, &pointer(&door, "10.9.8.7 19 sgr-1"));

    assert_eq!(
        (&fields["pktSrcAddr"], &fields["tcpFlags"], &fields["xDecidingRule"]),
        (&json!("10.9.8.7"), &json!("19"), &json!("sgr-1"))
    );
}

#[test]
fn what_points_nowhere_is_refused() {
    let mut door = with_stream();
    put(&door, "s", &[(NOW, "x")]);
    let there = pointer(&door, "x");
    let ask = |door: &TestDoor, pointer: &Value| {
        refused(door, "GetLogRecord", json!({"logRecordPointer": pointer}))
    };
    let gone = "ResourceNotFoundException: The specified log record does not exist.";

    for nonsense in ["", "nonsense", "cDE6MQ"] {
        assert_eq!(
            ask(&door, &json!(nonsense)),
            "InvalidParameterException: The specified logRecordPointer is invalid."
        );
    }
    assert_eq!(
        refused(&door, "GetLogRecord", json!({})),
        violation(
            "Value null at 'logRecordPointer' failed to satisfy constraint: Member must not be null"
        )
    );
    assert_eq!(
        refused(&door, "GetLogRecord", json!({"logRecordPointer": there, "unmask": true})),
        "InvalidParameterException: The parameter unmask is not supported here: leave it out."
    );
    let key = "0".repeat(56).parse().unwrap();
    assert_eq!(ask(&door, &json!(token::written_pointer(Pointer { stream: 1, key }))), gone);
    assert_eq!(ask(&door, &json!(token::written_pointer(Pointer { stream: 99, key }))), gone);

    // Another account sees nothing.
    door.caller.account = "999999999999".to_owned();
    assert_eq!(ask(&door, &there), gone);
    door.caller.account = ACCOUNT.to_owned();

    // A stream that is made anew is another one.
    let stream = json!({"logGroupName": "g", "logStreamName": "s"});
    logs(&door, "DeleteLogStream", stream.clone());
    logs(&door, "CreateLogStream", stream);
    assert_eq!(ask(&door, &there), gone);
}

fn fields(door: &TestDoor, request: Value) -> Vec<String> {
    let answer = logs(door, "GetLogGroupFields", request);
    let fields = answer["logGroupFields"].as_array().unwrap().clone();
    let line = |field: &Value| format!("{} {}", field["name"].as_str().unwrap(), field["percent"]);
    fields.iter().map(line).collect()
}

#[test]
fn fields_are_told_by_how_many_events_have_them() {
    let door = with_stream();
    put(&door, "s", &[(NOW - 16 * MINUTE, r#"{"old":1}"#)]);
    let events = [r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":"x"}"#, "no JSON"];
    for event in events {
        put(&door, "s", &[(NOW - MINUTE, event)]);
    }
    let all =
        ["@ingestionTime 100", "@log 100", "@logStream 100", "@message 100", "@timestamp 100"];

    let recent = fields(&door, json!({"logGroupName": "g"}));
    assert_eq!(recent[..5], all);
    assert_eq!(recent[5..], ["a 75", "b 25"]);
    let around = |time: i64| fields(&door, json!({"logGroupIdentifier": "g", "time": time / 1000}));
    assert_eq!(around(NOW - 20 * MINUTE)[5..], ["old 100"]);
    assert!(around(NOW - 60 * MINUTE).is_empty());
}

#[test]
fn fields_are_asked_for_of_one_group() {
    let door = with_stream();

    assert_eq!(
        refused(
            &door,
            "GetLogGroupFields",
            json!({"logGroupName": "g", "logGroupIdentifier": "g"})
        ),
        "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters."
    );
    assert_eq!(
        refused(&door, "GetLogGroupFields", json!({"logGroupName": "none"})),
        "ResourceNotFoundException: The specified log group does not exist."
    );
    assert_eq!(
        refused(&door, "GetLogGroupFields", json!({"logGroupName": "g", "time": -1})),
        violation(
            "Value '-1' at 'time' failed to satisfy constraint: Member must have value greater than or equal to 0"
        )
    );
}

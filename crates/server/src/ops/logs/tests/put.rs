//! Putting events.

use super::*;
use crate::call::Identity;
use crate::testing::NOW;

const DAY: i64 = 86_400_000;

fn request(events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> = events
        .iter()
        .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
        .collect();
    json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events})
}

fn stored(door: &TestDoor) -> String {
    let request = json!({"logGroupName": "g", "logStreamName": "s", "startFromHead": true});
    messages(&logs(door, "GetLogEvents", request))
}

#[test]
fn a_batch_is_stored_whatever_its_token() {
    let door = with_stream();

    for token in ["stale", "p:1", "p:1"] {
        let batch = with(&request(&[(NOW, token)]), "sequenceToken", json!(token));
        let answer = logs(&door, "PutLogEvents", batch);
        let next = answer["nextSequenceToken"].as_str().unwrap();
        assert!(next.len() == 56 && next.bytes().all(|byte| byte.is_ascii_digit()), "{next}");
        assert_eq!(answer.as_object().unwrap().len(), 1);
    }

    assert_eq!(stored(&door), "stale p:1 p:1");
}

#[test]
fn a_numbered_batch_of_an_agent_is_stored_once() {
    let mut door = with_stream();
    door.caller.agent = Some("host1".to_owned());
    let send = |door: &TestDoor, token: &str, message: &str| {
        let batch = with(&request(&[(NOW, message)]), "sequenceToken", json!(token));
        logs(door, "PutLogEvents", batch)
    };

    send(&door, "p:1", "a");
    let again = send(&door, "p:1", "a");
    send(&door, "p:3", "b");
    send(&door, "p:2", "late");
    send(&door, "q:1", "c");
    // Another agent's producer of the same name is another producer.
    door.caller.agent = Some("host2".to_owned());
    send(&door, "p:1", "d");

    assert_eq!(again["nextSequenceToken"].as_str().unwrap().len(), 56);
    assert_eq!(stored(&door), "a b c d");
    for wrong in ["p", "p:", ":1", "p:-1", "p:x"] {
        let batch = with(&request(&[(NOW, "x")]), "sequenceToken", json!(wrong));
        let text = refused(&door, "PutLogEvents", batch);
        assert!(text.contains("is not PRODUCER:NUMBER"), "{text}");
    }
}

#[test]
fn an_agent_without_a_policy_may_put_nothing_into_a_group_of_others() {
    let mut door = with_stream();
    door.caller.identity = Identity::Agent { host: "host1".to_owned() };

    let text = refused(&door, "PutLogEvents", request(&[(NOW, "x")]));

    assert!(text.starts_with("AccessDeniedException: "), "{text}");
}

#[test]
fn events_out_of_their_time_are_named_and_the_others_stored() {
    let door = with_stream();
    let put = |events: &[(i64, &str)]| {
        logs(&door, "PutLogEvents", request(events)).get("rejectedLogEventsInfo").cloned()
    };

    assert_eq!(put(&[(NOW - 15 * DAY, "old")]), Some(json!({"tooOldLogEventEndIndex": 1})));
    assert_eq!(
        put(&[(NOW - 15 * DAY, "old"), (NOW, "now"), (NOW + DAY / 2, "new")]),
        Some(json!({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}))
    );
    logs(&door, "PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 1}));
    assert_eq!(
        put(&[(NOW - 2 * DAY, "expired"), (NOW, "too")]),
        Some(json!({"expiredLogEventEndIndex": 1}))
    );
    assert_eq!(stored(&door), "now too");
}

#[test]
fn a_batch_that_is_wrong_is_refused_whole() {
    let door = with_stream();
    let large = "x".repeat(1_048_576 - 25);
    let half = "x".repeat(600_000);
    let many: Vec<(i64, &str)> = vec![(NOW, "x"); 10_001];

    for (batch, expected) in [
        (
            request(&[(NOW, "b"), (NOW - 1, "a")]),
            "InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.".to_owned(),
        ),
        (
            request(&[(NOW - 2 * DAY, "a"), (NOW, "b")]),
            "InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than 24 hours.".to_owned(),
        ),
        (
            request(&[(NOW, &large)]),
            "InvalidParameterException: Log event too large: 1048577 bytes exceeds limit of 1048576".to_owned(),
        ),
        (
            request(&[(NOW, &half), (NOW, &half)]),
            "InvalidParameterException: Upload too large: 1200052 bytes exceeds limit of 1048576".to_owned(),
        ),
        (
            request(&[]),
            violation("Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ),
        (
            request(&many),
            violation("Value at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000"),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": -1, "message": "x"}, {"message": ""}]}),
            "InvalidParameterException: 3 validation errors detected: Value '-1' at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0; Value null at 'logEvents.2.member.timestamp' failed to satisfy constraint: Member must not be null; Value '' at 'logEvents.2.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "s"}),
            violation("Value null at 'logEvents' failed to satisfy constraint: Member must not be null"),
        ),
        (
            with(&request(&[(NOW, "x")]), "logStreamName", json!("none")),
            "ResourceNotFoundException: The specified log stream does not exist.".to_owned(),
        ),
        (
            with(&request(&[(NOW, "x")]), "logGroupName", json!("none")),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, "PutLogEvents", batch), expected);
    }
    assert_eq!(stored(&door), "");
    logs(&door, "PutLogEvents", request(&[(NOW, large.get(1..).unwrap())]));
}

#[test]
fn an_entity_is_told_not_to_be_kept() {
    let door = with_stream();
    let entity = json!({"keyAttributes": {"Type": "Service", "Name": "n"}});

    let answer = logs(&door, "PutLogEvents", with(&request(&[(NOW, "x")]), "entity", entity));

    assert_eq!(answer["rejectedEntityInfo"], json!({"errorType": "UnsupportedLogGroupType"}));
    assert_eq!(stored(&door), "x");
}

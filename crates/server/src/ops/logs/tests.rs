//! What callers of Logs are promised (`cloudwatch-logs.md`).

mod filter;
mod get;
mod group;
mod list;
mod metric_filter;
mod paging;
mod permission;
mod put;
mod record;
mod stream;
mod tags;

use serde_json::{Value, json};

use crate::dispatch::Service;
use crate::testing::TestDoor;

/// What is answered.
#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn logs(door: &TestDoor, action: &str, request: Value) -> Value {
    door.json(Service::Logs, action, &request)
        .unwrap_or_else(|fault| panic!("{action} {request}: {fault}"))
}

/// `CODE: TEXT` of what is refused.
#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn refused(door: &TestDoor, action: &str, request: Value) -> String {
    match door.json(Service::Logs, action, &request) {
        Ok(answer) => panic!("{action} {request}: {answer}"),
        Err(fault) => fault.to_string(),
    }
}

/// The same of a request whose shape is wrong in one way.
fn violation(text: &str) -> String {
    format!("InvalidParameterException: 1 validation error detected: {text}")
}

/// A server with group `g` and its stream `s`.
fn with_stream() -> TestDoor {
    let door = TestDoor::new();
    logs(&door, "CreateLogGroup", json!({"logGroupName": "g"}));
    logs(&door, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"}));
    door
}

/// Puts events into a stream of `g`.
fn put(door: &TestDoor, stream: &str, events: &[(i64, &str)]) {
    let events: Vec<Value> = events
        .iter()
        .map(|(timestamp, message)| json!({"timestamp": timestamp, "message": message}))
        .collect();
    let request = json!({"logGroupName": "g", "logStreamName": stream, "logEvents": events});
    let answer = logs(door, "PutLogEvents", request);
    assert_eq!(answer.get("rejectedLogEventsInfo"), None);
}

/// The messages of an answer, with blanks between them.
fn messages(answer: &Value) -> String {
    let events = answer["events"].as_array().unwrap();
    events.iter().map(|event| event["message"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

/// A request with one more member.
fn with(request: &Value, member: &str, value: Value) -> Value {
    let mut request = request.clone();
    request[member] = value;
    request
}

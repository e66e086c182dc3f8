//! Log streams.

use super::*;
use crate::testing::NOW;

fn create(door: &TestDoor, names: &[&str]) {
    for name in names {
        logs(door, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": name}));
    }
}

/// The names of all pages of two.
fn pages(door: &TestDoor, request: &Value) -> Vec<String> {
    let mut pages = Vec::new();
    let mut request = with(request, "limit", json!(2));
    loop {
        let answer = logs(door, "DescribeLogStreams", request.clone());
        let streams = answer["logStreams"].as_array().unwrap();
        let names: Vec<&str> =
            streams.iter().map(|stream| stream["logStreamName"].as_str().unwrap()).collect();
        pages.push(names.join(" "));
        assert!(pages.len() < 10, "{pages:?}");
        let Some(token) = answer.get("nextToken") else { return pages };
        request["nextToken"] = token.clone();
    }
}

#[test]
fn an_empty_stream_has_no_times_of_events() {
    let door = with_stream();
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s";

    let empty = logs(&door, "DescribeLogStreams", json!({"logGroupName": "g"}));
    put(&door, "s", &[(NOW - 5, "a"), (NOW - 3, "b")]);
    let filled = logs(&door, "DescribeLogStreams", json!({"logGroupName": "g"}));

    assert_eq!(
        empty,
        json!({"logStreams": [
            {"arn": arn, "creationTime": NOW, "logStreamName": "s", "storedBytes": 0},
        ]})
    );
    let stream = &filled["logStreams"][0];
    assert_eq!(stream["firstEventTimestamp"], NOW - 5);
    assert_eq!(stream["lastEventTimestamp"], NOW - 3);
    assert_eq!(stream["lastIngestionTime"], NOW);
    assert_eq!(stream["storedBytes"], 0);
    assert_eq!(stream["uploadSequenceToken"].as_str().unwrap().len(), 56);
}

#[test]
fn streams_are_listed_by_name_page_by_page() {
    let door = with_stream();
    create(&door, &["b", "a/1", "a/2", "B"]);
    let request = json!({"logGroupName": "g"});

    assert_eq!(pages(&door, &request), ["B a/1", "a/2 b", "s"]);
    assert_eq!(pages(&door, &with(&request, "descending", json!(true))), ["s b", "a/2 a/1", "B"]);
    assert_eq!(pages(&door, &with(&request, "logStreamNamePrefix", json!("a/"))), ["a/1 a/2"]);
}

#[test]
fn streams_are_listed_by_their_latest_event_page_by_page() {
    let door = with_stream();
    create(&door, &["old", "new", "same"]);
    put(&door, "old", &[(NOW - 9000, "x")]);
    put(&door, "new", &[(NOW - 1000, "x")]);
    put(&door, "same", &[(NOW - 9000, "x")]);
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
    let request = json!({"logGroupIdentifier": arn, "orderBy": "LastEventTime"});

    assert_eq!(pages(&door, &request), ["s old", "same new"]);
    let last_first = with(&request, "descending", json!(true));
    assert_eq!(pages(&door, &last_first), ["new same", "old s"]);
}

#[test]
fn streams_are_asked_for_in_aws_words() {
    let door = with_stream();
    create(&door, &["t", "u"]);
    let page = logs(&door, "DescribeLogStreams", json!({"logGroupName": "g", "limit": 1}));
    let token = page["nextToken"].clone();

    for (request, expected) in [
        (
            json!({"logGroupName": "g", "logStreamNamePrefix": "a", "orderBy": "LastEventTime"}),
            "InvalidParameterException: Cannot order by LastEventTime with a logStreamNamePrefix.".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "logGroupIdentifier": "g"}),
            "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters.".to_owned(),
        ),
        (
            json!({}),
            "InvalidParameterException: Either logGroupName or logGroupIdentifier has to be given.".to_owned(),
        ),
        (
            json!({"logGroupName": "none"}),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "orderBy": "Size"}),
            violation("Value 'Size' at 'orderBy' failed to satisfy constraint: Member must satisfy enum value set: [LogStreamName, LastEventTime]"),
        ),
        (
            json!({"logGroupName": "g", "descending": true, "nextToken": token}),
            "InvalidParameterException: The specified nextToken is invalid.".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, "DescribeLogStreams", request), expected);
    }
}

#[test]
fn streams_come_and_go_in_aws_words() {
    let door = with_stream();
    let s = json!({"logGroupName": "g", "logStreamName": "s"});

    assert_eq!(
        refused(&door, "CreateLogStream", s.clone()),
        "ResourceAlreadyExistsException: The specified log stream already exists"
    );
    logs(&door, "DeleteLogStream", s.clone());
    assert_eq!(
        refused(&door, "DeleteLogStream", s),
        "ResourceNotFoundException: The specified log stream does not exist."
    );
    for (request, expected) in [
        (
            json!({"logGroupName": "none", "logStreamName": "s"}),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "a:b"}),
            violation("Value 'a:b' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*"),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "s".repeat(513)}),
            "InvalidParameterException: Invalid LogGroup or LogStream, both must have length less than or equal to 512.".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": ""}),
            violation("Value '' at 'logStreamName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ),
    ] {
        assert_eq!(refused(&door, "CreateLogStream", request), expected);
    }
}

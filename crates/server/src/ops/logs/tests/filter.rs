//! Searching a group.

use std::collections::HashSet;

use super::*;
use crate::testing::NOW;

/// `g` with streams `s`, `t` and `web/1`, and `REJECT` in every other event.
fn twelve() -> TestDoor {
    let door = with_stream();
    for stream in ["t", "web/1"] {
        logs(&door, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": stream}));
    }
    for (offset, stream) in [(0, "s"), (1, "t"), (2, "web/1")] {
        let texts: Vec<String> = (0..4)
            .map(|number| {
                let number = number * 3 + offset;
                let action = if number % 2 == 0 { "REJECT" } else { "ACCEPT" };
                format!("{number}-{action}")
            })
            .collect();
        let events: Vec<(i64, &str)> = (0..)
            .zip(&texts)
            .map(|(number, text)| (NOW - 12 + number * 3 + offset, text.as_str()))
            .collect();
        put(&door, stream, &events);
    }
    door
}

#[expect(clippy::needless_pass_by_value, reason = "calls read better")]
fn filter(door: &TestDoor, request: Value) -> Value {
    logs(door, "FilterLogEvents", with(&request, "logGroupName", json!("g")))
}

/// All pages, and that no token comes twice.
fn pages(door: &TestDoor, request: &Value) -> Vec<String> {
    let mut request = request.clone();
    let mut tokens = HashSet::new();
    let mut pages = Vec::new();
    loop {
        let answer = filter(door, request.clone());
        pages.push(messages(&answer));
        let Some(token) = answer.get("nextToken") else { return pages };
        assert!(tokens.insert(token.as_str().unwrap().to_owned()), "{token} came before");
        request["nextToken"] = token.clone();
    }
}

fn joined(pages: &[String]) -> String {
    let pages: Vec<&str> =
        pages.iter().map(String::as_str).filter(|page| !page.is_empty()).collect();
    pages.join(" ")
}

const ALL: &str = "0-REJECT 1-ACCEPT 2-REJECT 3-ACCEPT 4-REJECT 5-ACCEPT 6-REJECT 7-ACCEPT 8-REJECT 9-ACCEPT 10-REJECT 11-ACCEPT";

#[test]
fn events_of_all_streams_come_in_the_order_of_their_times() {
    let door = twelve();

    let answer = filter(&door, json!({"interleaved": true}));

    assert_eq!(messages(&answer), ALL);
    assert_eq!(answer["searchedLogStreams"], json!([]));
    assert_eq!(answer.get("nextToken"), None);
    let event = &answer["events"][1];
    assert_eq!(event["logStreamName"], "t");
    assert_eq!(event["timestamp"], NOW - 11);
    assert_eq!(event["ingestionTime"], NOW);
    assert_eq!(event["eventId"].as_str().unwrap().len(), 56);
}

#[test]
fn ids_are_the_same_at_every_reading_and_no_two_are() {
    let door = twelve();
    let ids = |answer: &Value| -> Vec<String> {
        let events = answer["events"].as_array().unwrap();
        events.iter().map(|event| event["eventId"].as_str().unwrap().to_owned()).collect()
    };

    let first = ids(&filter(&door, json!({})));
    let second = ids(&filter(&door, json!({"startTime": NOW - 6})));

    assert!(first.windows(2).all(|pair| pair[0] < pair[1]), "{first:?}");
    assert_eq!(first[6..], second[..]);
}

#[test]
fn pages_are_the_whole_without_gap_or_double_until_no_token_is_left() {
    let door = twelve();
    for limit in [1, 2, 5, 12, 13] {
        let request = json!({"limit": limit});
        assert_eq!(joined(&pages(&door, &request)), ALL, "{limit}");
        let rejected = with(&request, "filterPattern", json!("REJECT"));
        assert_eq!(
            joined(&pages(&door, &rejected)),
            "0-REJECT 2-REJECT 4-REJECT 6-REJECT 8-REJECT 10-REJECT",
            "{limit}"
        );
    }
}

#[test]
fn from_the_end_the_order_is_the_reverse() {
    let door = twelve();
    let expected: Vec<&str> = ALL.split(' ').rev().collect();

    let request = json!({"startFromHead": false, "startTime": NOW - 100, "limit": 5});

    let all = pages(&door, &request);
    assert_eq!(joined(&all), expected.join(" "));
    assert_eq!(all[0], expected[..5].join(" "));
    // The token carries the direction.
    let token = filter(&door, request)["nextToken"].clone();
    let next = filter(&door, json!({"startTime": NOW - 100, "limit": 5, "nextToken": token}));
    assert_eq!(messages(&next), expected[5..10].join(" "));
    let token = next["nextToken"].clone();
    let last = filter(&door, json!({"limit": 5, "nextToken": token}));
    assert_eq!(messages(&last), expected[10..].join(" "));
}

#[test]
fn both_ends_of_the_window_are_part_of_it() {
    let door = twelve();

    let answer = filter(&door, json!({"startTime": NOW - 10, "endTime": NOW - 8}));

    assert_eq!(messages(&answer), "2-REJECT 3-ACCEPT 4-REJECT");
}

#[test]
fn streams_are_chosen_by_name_or_prefix() {
    let door = twelve();

    let named = filter(&door, json!({"logStreamNames": ["t", "s"], "endTime": NOW - 8}));
    let prefixed = filter(&door, json!({"logStreamNamePrefix": "web/", "endTime": NOW - 7}));
    let none = filter(&door, json!({"logStreamNamePrefix": "other"}));

    assert_eq!(messages(&named), "0-REJECT 1-ACCEPT 3-ACCEPT 4-REJECT");
    assert_eq!(messages(&prefixed), "2-REJECT 5-ACCEPT");
    assert_eq!(none, json!({"events": [], "searchedLogStreams": []}));
}

#[test]
fn a_search_is_asked_for_in_aws_words() {
    let door = twelve();
    let backward =
        logs(&door, "GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s", "limit": 1}))
            ["nextBackwardToken"]
            .clone();

    for (member, value, expected) in [
        (
            "filterPattern",
            json!("\"\""),
            "InvalidParameterException: Invalid character(s) in term '\"\"'".to_owned(),
        ),
        (
            "filterPattern",
            json!("[a = 4* && b > 1]"),
            "InvalidParameterException: Invalid filter pattern".to_owned(),
        ),
        (
            "filterPattern",
            json!("{ $.a"),
            "InvalidParameterException: If a filter pattern starts with '{' it must end with '}'".to_owned(),
        ),
        (
            "filterPattern",
            json!("a".repeat(1025)),
            violation("Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024"),
        ),
        (
            "limit",
            json!(10001),
            violation("Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
        ),
        (
            "nextToken",
            backward,
            "InvalidParameterException: The specified nextToken is invalid.".to_owned(),
        ),
        (
            "startFromHead",
            json!(false),
            "InvalidParameterException: startFromHead can be false only with a startTime of 1704067200000 (2024-01-01T00:00:00Z) or later.".to_owned(),
        ),
        (
            "logStreamNames",
            json!(["s", "none"]),
            "ResourceNotFoundException: The specified log stream does not exist.".to_owned(),
        ),
        (
            "logStreamNames",
            json!([]),
            violation("Value '[]' at 'logStreamNames' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ),
        (
            "unmask",
            json!(true),
            "InvalidParameterException: The parameter unmask is not supported here: leave it out.".to_owned(),
        ),
        (
            "startTime",
            json!(-1),
            violation("Value '-1' at 'startTime' failed to satisfy constraint: Member must have value greater than or equal to 0"),
        ),
    ] {
        let request = with(&json!({"logGroupName": "g"}), member, value);
        assert_eq!(refused(&door, "FilterLogEvents", request), expected);
    }
    let request = json!({"logGroupName": "g", "logStreamNames": ["s"], "logStreamNamePrefix": "s"});
    assert_eq!(
        refused(&door, "FilterLogEvents", request),
        "InvalidParameterException: logStreamNames and logStreamNamePrefix are mutually exclusive parameters."
    );
}

//! Reading one stream.

use super::*;
use crate::testing::NOW;

/// `g/s` with `e0` to `e9`, a second apart, the last one now; put in three batches.
fn ten() -> TestDoor {
    let mut door = with_stream();
    let texts: Vec<String> = (0..10).map(|number| format!("e{number}")).collect();
    let events: Vec<(i64, &str)> = (0..)
        .zip(&texts)
        .map(|(number, text)| (NOW - 9000 + number * 1000, text.as_str()))
        .collect();
    for batch in [&events[3..7], &events[..3], &events[7..]] {
        put(&door, "s", batch);
        door.now += 1;
    }
    door
}

fn get(door: &TestDoor, more: &[(&str, Value)]) -> Value {
    let mut request = json!({"logGroupName": "g", "logStreamName": "s"});
    for (member, value) in more {
        request[*member] = value.clone();
    }
    logs(door, "GetLogEvents", request)
}

fn after(door: &TestDoor, page: &Value, token: &str, limit: i64) -> Value {
    get(door, &[("nextToken", page[token].clone()), ("limit", json!(limit))])
}

const FORWARD: &str = "nextForwardToken";
const BACKWARD: &str = "nextBackwardToken";

#[test]
fn without_a_token_a_page_is_the_newest_or_the_oldest() {
    let door = ten();

    let newest = get(&door, &[("limit", json!(3))]);
    let oldest = get(&door, &[("limit", json!(3)), ("startFromHead", json!(true))]);

    assert_eq!(messages(&newest), "e7 e8 e9");
    assert_eq!(messages(&oldest), "e0 e1 e2");
    assert_eq!(
        newest["events"][2],
        json!({"timestamp": NOW, "message": "e9", "ingestionTime": NOW + 2})
    );
    assert_eq!(messages(&get(&door, &[])), "e0 e1 e2 e3 e4 e5 e6 e7 e8 e9");
}

#[test]
fn pages_forward_are_the_stream_without_gap_or_double() {
    let door = ten();
    for limit in [1, 3, 4, 10, 11] {
        let mut page = get(&door, &[("limit", json!(limit)), ("startFromHead", json!(true))]);
        let mut all = vec![messages(&page)];
        loop {
            let next = after(&door, &page, FORWARD, limit);
            if next[FORWARD] == page[FORWARD] {
                assert_eq!(messages(&next), "");
                break;
            }
            all.push(messages(&next));
            page = next;
        }
        assert_eq!(all.join(" "), "e0 e1 e2 e3 e4 e5 e6 e7 e8 e9", "{limit}");
    }
}

#[test]
fn pages_backward_are_the_stream_without_gap_or_double() {
    let door = ten();
    let mut page = get(&door, &[("limit", json!(3))]);
    let mut all = vec![messages(&page)];
    loop {
        let next = after(&door, &page, BACKWARD, 3);
        if next[BACKWARD] == page[BACKWARD] {
            assert_eq!(messages(&next), "");
            break;
        }
        all.insert(0, messages(&next));
        page = next;
    }

    assert_eq!(all, ["e0", "e1 e2 e3", "e4 e5 e6", "e7 e8 e9"]);
}

#[test]
fn the_tokens_of_a_page_lead_to_its_neighbours_even_beyond_the_ends() {
    let door = ten();
    let first = get(&door, &[("limit", json!(5)), ("startFromHead", json!(true))]);
    let second = after(&door, &first, FORWARD, 5);
    let beyond = after(&door, &second, FORWARD, 5);
    let before = after(&door, &first, BACKWARD, 5);

    assert_eq!(messages(&after(&door, &second, BACKWARD, 5)), "e0 e1 e2 e3 e4");
    assert_eq!(messages(&after(&door, &beyond, BACKWARD, 5)), "e5 e6 e7 e8 e9");
    assert_eq!(messages(&after(&door, &before, FORWARD, 5)), "e0 e1 e2 e3 e4");
    assert_eq!(messages(&before), "");
    assert_eq!(before[BACKWARD], first[BACKWARD]);
}

#[test]
fn the_forward_token_at_the_end_finds_what_comes_later() {
    let door = ten();
    let page = get(&door, &[]);
    let end = after(&door, &page, FORWARD, 5);
    assert_eq!(end[FORWARD], page[FORWARD]);

    put(&door, "s", &[(NOW + 1000, "e10")]);

    assert_eq!(messages(&after(&door, &end, FORWARD, 5)), "e10");
}

#[test]
fn an_empty_stream_has_tokens_that_work_later() {
    let door = with_stream();
    for from_head in [true, false] {
        let empty = get(&door, &[("startFromHead", json!(from_head))]);
        assert_eq!(empty["events"], json!([]));
        for (token, begin) in [(FORWARD, "f/"), (BACKWARD, "b/")] {
            let text = empty[token].as_str().unwrap();
            assert!(text.starts_with(begin) && text.ends_with("/s") && text.len() == 60, "{text}");
            assert_eq!(after(&door, &empty, token, 5)[token], empty[token]);
        }
    }
    let empty = get(&door, &[("startTime", json!(NOW - 10))]);

    put(&door, "s", &[(NOW, "late")]);

    assert_eq!(messages(&after(&door, &empty, FORWARD, 5)), "late");
}

#[test]
fn the_end_time_is_not_part_of_the_window() {
    let door = ten();

    let page = get(&door, &[("startTime", json!(NOW - 7000)), ("endTime", json!(NOW - 4000))]);

    assert_eq!(messages(&page), "e2 e3 e4");
}

#[test]
fn a_token_decides_the_direction_with_or_without_its_end() {
    let door = ten();
    let page = get(&door, &[("limit", json!(2)), ("startFromHead", json!(true))]);
    let token = page[FORWARD].as_str().unwrap();
    let short = token.strip_suffix("/s").unwrap();

    for token in [token, short] {
        let request =
            [("nextToken", json!(token)), ("limit", json!(2)), ("startFromHead", json!(false))];
        assert_eq!(messages(&get(&door, &request)), "e2 e3");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let door = ten();
    let digits = "0".repeat(56);

    for token in [
        "x".to_owned(),
        format!("x/{digits}/s"),
        format!("f/{digits}0/s"),
        format!("f/{}/s", &digits[1..]),
        format!("f/{}é/s", &digits[2..]),
        format!("f/{digits}/t"),
        format!("/{digits}/s"),
    ] {
        let request = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": token});
        assert_eq!(
            refused(&door, "GetLogEvents", request),
            "InvalidParameterException: The specified nextToken is invalid.",
            "{token}"
        );
    }
}

#[test]
fn a_page_has_at_most_a_mebibyte() {
    let door = with_stream();
    let large = "x".repeat(400_000);
    for number in 0..4 {
        put(&door, "s", &[(NOW + number, &large)]);
    }

    let page = get(&door, &[("startFromHead", json!(true))]);

    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    let next = get(&door, &[("nextToken", page[FORWARD].clone())]);
    assert_eq!(next["events"].as_array().unwrap().len(), 2);
}

#[test]
fn events_are_asked_for_in_aws_words() {
    let door = ten();
    for (request, expected) in [
        (
            json!({"logGroupName": "g", "logStreamName": "s", "limit": 10001}),
            violation("Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000"),
        ),
        (
            json!({"logGroupName": "g"}),
            violation("Value null at 'logStreamName' failed to satisfy constraint: Member must not be null"),
        ),
        (
            json!({"logGroupName": "g", "logGroupIdentifier": "g", "logStreamName": "s"}),
            "ValidationException: LogGroup name and LogGroup ARN are mutually exclusive parameters.".to_owned(),
        ),
        (
            json!({"logGroupIdentifier": "arn:aws:logs:us-east-1:123456789012:log-group:g:*", "logStreamName": "s"}),
            violation(r"Value at 'logGroupIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w#+=/:,.@-]*"),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "s", "unmask": true}),
            "InvalidParameterException: The parameter unmask is not supported here: leave it out.".to_owned(),
        ),
        (
            json!({"logGroupName": "g", "logStreamName": "none"}),
            "ResourceNotFoundException: The specified log stream does not exist.".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, "GetLogEvents", request), expected);
    }
    let arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
    let request =
        json!({"logGroupIdentifier": arn, "logStreamName": "s", "limit": 1, "unmask": false});
    assert_eq!(messages(&logs(&door, "GetLogEvents", request)), "e9");
}

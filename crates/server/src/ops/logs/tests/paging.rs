//! Pages of random streams: whatever is put, in whatever pages it is read (`cloudwatch-logs.md` §4.5, 4.6).

use proptest::prelude::*;

use super::*;
use crate::testing::NOW;

/// Reads until a token comes back, and returns the pages in the order of the stream.
fn walk(door: &TestDoor, window: &Value, limit: usize, forward: bool) -> Vec<String> {
    let token = if forward { "nextForwardToken" } else { "nextBackwardToken" };
    let mut request = with(window, "limit", json!(limit));
    request["logStreamName"] = json!("s");
    request["startFromHead"] = json!(forward);
    let mut pages = Vec::new();
    loop {
        let page = logs(door, "GetLogEvents", request.clone());
        if request.get("nextToken") == Some(&page[token]) {
            assert_eq!(page["events"], json!([]));
            break;
        }
        let count = page["events"].as_array().unwrap().len();
        assert!(count <= limit, "{count} of {limit}");
        pages.push(messages(&page));
        request["nextToken"] = page[token].clone();
    }
    if !forward {
        pages.reverse();
    }
    pages.into_iter().filter(|page| !page.is_empty()).collect()
}

/// Searches until there is no token, and returns the messages as they came.
fn search(door: &TestDoor, window: &Value, limit: usize, forward: bool) -> Vec<String> {
    let mut request = with(window, "limit", json!(limit));
    request["startFromHead"] = json!(forward);
    request["filterPattern"] = json!("-odd");
    let mut found = Vec::new();
    loop {
        let page = logs(door, "FilterLogEvents", request.clone());
        found.extend(messages(&page).split_whitespace().map(str::to_owned));
        let Some(token) = page.get("nextToken") else { return found };
        assert_ne!(request.get("nextToken"), Some(token));
        request["nextToken"] = token.clone();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_event_of_the_window_is_read_once_in_every_direction(
        batches in prop::collection::vec(prop::collection::vec(0_i64..12, 1..8), 1..6),
        start in 0_i64..6,
        end in 5_i64..14,
        limit in 1_usize..7,
    ) {
        let mut door = with_stream();
        // By time, then by when and in which place they were put.
        let mut all = Vec::new();
        for (number, mut offsets) in batches.into_iter().enumerate() {
            offsets.sort_unstable();
            let texts: Vec<String> = (0..offsets.len())
                .map(|place| format!("{number}.{place}{}", if place % 2 == 1 { "odd" } else { "" }))
                .collect();
            let events: Vec<(i64, &str)> = offsets
                .iter()
                .zip(&texts)
                .map(|(offset, text)| (NOW - 1000 + offset, text.as_str()))
                .collect();
            put(&door, "s", &events);
            all.extend(offsets.into_iter().zip(texts));
            door.now += i64::try_from(number % 2).unwrap();
        }
        all.sort_by_key(|(offset, _)| *offset);
        let between = |last: i64| -> Vec<String> {
            let inside = all.iter().filter(|(offset, _)| (start..=last).contains(offset));
            inside.map(|(_, text)| text.clone()).collect()
        };
        let window = json!({
            "logGroupName": "g",
            "startTime": NOW - 1000 + start,
            "endTime": NOW - 1000 + end,
        });

        for forward in [true, false] {
            let pages = walk(&door, &window, limit, forward);
            prop_assert_eq!(pages.join(" "), between(end - 1).join(" "));
            let mut expected = between(end);
            expected.retain(|text| !text.ends_with("odd"));
            if !forward {
                expected.reverse();
            }
            prop_assert_eq!(search(&door, &window, limit, forward), expected);
        }
    }
}

//! Streams are listed page by page, however many there are.

use flowlogd_logstore::{LogStore, NewGroup, Owner, StreamOrder, StreamQuery};

const NOW: i64 = 1_795_651_200_000;
const COUNT: usize = 5000;
const PAGE: usize = 50;

/// Every second stream is empty; of the others, seven have their latest event at the same time.
fn last_event(number: usize) -> Option<i64> {
    let number = i64::try_from(number).expect("a small number");
    (number % 2 == 1).then(|| NOW - number / 7 * 1000)
}

fn name(number: usize) -> String {
    // So that names and numbers are ordered differently.
    format!("{}/stream-{number:05}", number % 3)
}

/// A group with 5,000 streams, and one with others.
fn filled(store: &LogStore, owner: &Owner, directory: &std::path::Path) {
    for group in ["g", "other"] {
        let group = NewGroup { name: group.to_owned(), ..NewGroup::default() };
        store.create_group(owner, &group, NOW).expect("the store does it");
    }
    // As `put` leaves them, in one transaction.
    let mut connection = rusqlite::Connection::open(directory.join("meta.db")).expect("a database");
    let transaction = connection.transaction().expect("nobody else writes");
    for group in ["g", "other"] {
        for number in 0..COUNT {
            transaction
                .execute(
                    "INSERT INTO log_stream (group_id, name, created, first_event, last_event)
                     SELECT id, ?2, 0, ?3, ?3 FROM log_group WHERE name = ?1",
                    rusqlite::params![group, name(number), last_event(number)],
                )
                .expect("the table is as the store made it");
        }
    }
    transaction.commit().expect("nobody else writes");
}

#[test]
fn pages_of_five_thousand_streams_are_all_of_them_in_order() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = LogStore::open(directory.path()).expect("the store does it");
    let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
    filled(&store, &owner, directory.path());
    let list = |query: &StreamQuery| store.streams(&owner, "g", query).expect("the store does it");

    for order in [StreamOrder::Name, StreamOrder::LastEvent] {
        for descending in [false, true] {
            let mut expected: Vec<(i64, String)> = (0..COUNT)
                .map(|number| match order {
                    StreamOrder::Name => (0, name(number)),
                    StreamOrder::LastEvent => (last_event(number).unwrap_or(0), name(number)),
                })
                .collect();
            expected.sort();
            if descending {
                expected.reverse();
            }

            let mut query =
                StreamQuery { order, descending, limit: PAGE, ..StreamQuery::default() };
            let mut found = Vec::new();
            loop {
                let page = list(&query);
                let Some(last) = page.last() else { break };
                let time = match order {
                    StreamOrder::Name => 0,
                    StreamOrder::LastEvent => last.last_event.unwrap_or(0),
                };
                query.after = Some((time, last.name.clone()));
                assert!(page.len() == PAGE, "a page of {}", page.len());
                found.extend(page.into_iter().map(|stream| stream.name));
            }

            let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
            assert!(found == expected, "{order:?}, descending: {descending}");
        }
    }
}

#[test]
fn a_prefix_bounds_pages_in_both_directions() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = LogStore::open(directory.path()).expect("the store does it");
    let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
    filled(&store, &owner, directory.path());

    for descending in [false, true] {
        let mut query = StreamQuery {
            prefix: Some("1/stream-00".to_owned()),
            descending,
            limit: 100,
            ..StreamQuery::default()
        };
        let mut found = Vec::new();
        loop {
            let page = store.streams(&owner, "g", &query).expect("the store does it");
            let Some(last) = page.last() else { break };
            query.after = Some((0, last.name.clone()));
            found.extend(page.into_iter().map(|stream| stream.name));
        }
        let mut expected: Vec<String> =
            (0..1000).filter(|number| number % 3 == 1).map(name).collect();
        if descending {
            expected.reverse();
        }
        assert_eq!(found, expected);
    }

    // A token of another prefix does not lead out of this one.
    for (descending, after) in [(false, "0/x"), (true, "2/x")] {
        let query = StreamQuery {
            prefix: Some("1/stream-0000".to_owned()),
            descending,
            after: Some((0, after.to_owned())),
            limit: 100,
            ..StreamQuery::default()
        };
        let page = store.streams(&owner, "g", &query).expect("the store does it");
        assert_eq!(page.len(), 3, "1, 4 and 7");
    }
}

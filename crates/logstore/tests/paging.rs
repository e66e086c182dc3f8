//! Pages of a stream, whatever their size and direction, are the stream.

use std::collections::BTreeMap;

use flowlogd_logstore::{
    Batch, Event, FilterQuery, From, GetQuery, InputEvent, LogStore, NewGroup, Owner, Pattern,
    Producer, PutOutcome, StoreError, Streams,
};
use proptest::prelude::*;
use tempfile::TempDir;

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const NOW: i64 = 1_795_651_200_000;

struct Shop {
    store: LogStore,
    owner: Owner,
    directory: TempDir,
}

impl Shop {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("the store does it");
        let store = LogStore::open(directory.path()).expect("the store does it");
        let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
        let shop = Self { store, owner, directory };
        shop.group("g", None);
        for stream in ["a", "b"] {
            shop.store.create_stream(&shop.owner, "g", stream, NOW).expect("the store does it");
        }
        shop
    }

    fn group(&self, name: &str, retention_days: Option<u32>) {
        let group = NewGroup { name: name.to_owned(), retention_days, ..NewGroup::default() };
        self.store.create_group(&self.owner, &group, NOW).expect("the store does it");
    }

    fn put(
        &self,
        stream: &str,
        times: &[i64],
        number: Option<u64>,
    ) -> Result<PutOutcome, StoreError> {
        let events = times
            .iter()
            .enumerate()
            .map(|(place, time)| InputEvent {
                timestamp: NOW + time,
                message: format!("{stream} {time} {place}"),
            })
            .collect();
        let producer = number.map(|number| Producer { id: "p".to_owned(), number });
        let batch = Batch { owner: &self.owner, group: "g", stream, events, producer };
        self.store.put(batch, NOW)
    }

    fn page(&self, from: From, limit: usize, range: (Option<i64>, Option<i64>)) -> Vec<Event> {
        let query = GetQuery {
            owner: &self.owner,
            group: "g",
            stream: "a",
            start: range.0,
            end: range.1,
            from,
            limit,
            max_bytes: 1 << 20,
        };
        self.store.get(&query, NOW).expect("the store does it")
    }
}

fn messages(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.message.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pages_are_the_stream(
        batches in prop::collection::vec((prop::collection::vec(-40..0_i64, 1..12), any::<bool>()), 1..12),
        limit in 1..9_usize,
        start in prop::option::of(-45..5_i64),
        end in prop::option::of(-45..5_i64),
    ) {
        let shop = Shop::new();
        let mut all: BTreeMap<(i64, usize), (String, bool)> = BTreeMap::new();
        for (times, in_a) in &batches {
            let mut times = times.clone();
            times.sort_unstable();
            let stream = if *in_a { "a" } else { "b" };
            shop.put(stream, &times, None).expect("the store does it");
            for (place, time) in times.iter().enumerate() {
                let number = all.len();
                all.insert((*time, number), (format!("{stream} {time} {place}"), *in_a));
            }
        }
        let is_in = |time: i64| start.is_none_or(|start| time >= start) && end.is_none_or(|end| time < end);
        let expected: Vec<String> = all
            .iter()
            .filter(|((time, _), (_, in_a))| *in_a && is_in(*time))
            .map(|(_, (message, _))| message.clone())
            .collect();
        let range = (start.map(|start| NOW + start), end.map(|end| NOW + end));

        let (mut forward, mut from) = (Vec::new(), From::Head);
        loop {
            let page = shop.page(from, limit, range);
            prop_assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            from = From::After(last.key);
            forward.extend(messages(&page));
        }
        prop_assert_eq!(&forward, &expected);

        let (mut backward, mut from) = (Vec::new(), From::Tail);
        loop {
            let page = shop.page(from, limit, range);
            let Some(first) = page.first() else { break };
            from = From::Before(first.key);
            backward.splice(0..0, messages(&page));
        }
        prop_assert_eq!(&backward, &expected);

        for descending in [false, true] {
            let pattern = Pattern::parse("").expect("the store does it");
            let (mut found, mut beyond) = (Vec::new(), None);
            loop {
                let query = FilterQuery {
                    owner: &shop.owner,
                    group: "g",
                    streams: Streams::All,
                    start: range.0,
                    end: range.1.map(|end| end - 1),
                    pattern: &pattern,
                    descending,
                    beyond,
                    limit,
                    max_bytes: 1 << 20,
                };
                let page = shop.store.filter(&query, NOW).expect("the store does it");
                found.extend(messages(&page.events));
                match page.next {
                    Some(next) => beyond = Some(next),
                    None => break,
                }
            }
            if descending {
                found.reverse();
            }
            let both: Vec<String> = all
                .iter()
                .filter(|((time, _), _)| is_in(*time))
                .map(|(_, (message, _))| message.clone())
                .collect();
            prop_assert_eq!(found, both);
        }
    }
}

#[test]
fn a_numbered_batch_is_stored_once_even_after_a_restart() {
    let shop = Shop::new();
    assert!(matches!(shop.put("a", &[1], Some(7)), Ok(PutOutcome::Stored { events: 1, .. })));
    assert_eq!(shop.put("a", &[1], Some(7)).expect("the store does it"), PutOutcome::Known);
    assert_eq!(shop.put("a", &[2], Some(3)).expect("the store does it"), PutOutcome::Known);
    assert!(matches!(shop.put("b", &[1], Some(7)), Ok(PutOutcome::Stored { .. })));
    let Shop { store, owner, directory } = shop;
    drop(store);
    let shop = Shop {
        store: LogStore::open(directory.path()).expect("the store does it"),
        owner,
        directory,
    };
    assert_eq!(shop.put("a", &[1], Some(7)).expect("the store does it"), PutOutcome::Known);
    assert_eq!(shop.page(From::Head, 10, (None, None)).len(), 1);

    // A stream that is made anew is another one.
    shop.store.delete_stream(&shop.owner, "g", "a").expect("the store does it");
    shop.store.create_stream(&shop.owner, "g", "a", NOW).expect("the store does it");
    assert!(shop.page(From::Head, 10, (None, None)).is_empty());
    assert!(matches!(shop.put("a", &[1], Some(7)), Ok(PutOutcome::Stored { .. })));
    shop.store.maintain(NOW).expect("the store does it");
    assert_eq!(shop.page(From::Head, 10, (None, None)).len(), 1);
}

#[test]
fn events_out_of_time_are_rejected_and_the_others_stored() {
    let shop = Shop::new();
    let day = 86_400_000;
    let hour = 3_600_000;
    let outcome = shop
        .put("a", &[-20 * day, -15 * day, -hour, 0, 3 * hour], None)
        .expect("the store does it");
    let PutOutcome::Stored { events: 2, rejected } = outcome else { panic!("{outcome:?}") };
    assert_eq!((rejected.too_old_end, rejected.too_new_start), (Some(2), Some(4)));
    let outcome = shop.put("a", &[-20 * day], None).expect("the store does it");
    assert!(matches!(outcome, PutOutcome::Stored { events: 0, .. }));
    assert!(matches!(shop.put("a", &[-2 * day, 0], None), Err(StoreError::SpanTooLong)));
    assert!(matches!(shop.put("a", &[1, 0], None), Err(StoreError::Unordered)));
    assert!(matches!(shop.put("a", &[], None), Err(StoreError::Empty)));
    assert!(matches!(shop.put("c", &[0], None), Err(StoreError::NoStream)));
    assert_eq!(shop.page(From::Head, 10, (None, None)).len(), 2);
}

#[test]
fn what_is_older_than_the_retention_is_gone_at_once_and_swept_later() {
    let shop = Shop::new();
    let day = 86_400_000;
    shop.put("a", &[-3 * day], None).expect("the store does it");
    shop.put("a", &[-hours(1)], None).expect("the store does it");
    shop.store.set_retention(&shop.owner, "g", Some(1)).expect("the store does it");
    assert_eq!(shop.page(From::Head, 10, (None, None)).len(), 1);
    shop.store.maintain(NOW).expect("the store does it");
    shop.store.set_retention(&shop.owner, "g", None).expect("the store does it");
    assert_eq!(shop.page(From::Head, 10, (None, None)).len(), 1);
}

#[test]
fn the_retention_of_a_moment_ago_says_nothing() {
    let shop = Shop::new();
    let day = 86_400_000;
    shop.put("a", &[0], None).expect("the store does it");
    shop.store.set_retention(&shop.owner, "g", Some(1)).expect("the store does it");

    // Of those that are kept, none is a day from another.
    let outcome = shop.put("a", &[-2 * day, -1, 0], None).expect("the store does it");

    let PutOutcome::Stored { events, rejected } = outcome else { panic!("{outcome:?}") };
    assert_eq!((events, rejected.expired_end), (2, Some(1)));
    shop.store.set_retention(&shop.owner, "g", None).expect("the store does it");
    assert!(matches!(shop.put("a", &[-2 * day, -1, 0], None), Err(StoreError::SpanTooLong)));
    // Nor does a group of the same name.
    shop.store.delete_group(&shop.owner, "g").expect("the store does it");
    assert!(matches!(shop.put("a", &[0], None), Err(StoreError::NoGroup)));
    shop.group("g", Some(1));
    assert!(matches!(shop.put("a", &[0], None), Err(StoreError::NoStream)));
    shop.store.create_stream(&shop.owner, "g", "a", NOW).expect("the store does it");
    let outcome = shop.put("a", &[-2 * day], None).expect("the store does it");
    let PutOutcome::Stored { events, rejected } = outcome else { panic!("{outcome:?}") };
    assert_eq!((events, rejected.expired_end), (0, Some(1)));
}

#[test]
fn a_swept_group_gives_its_room_on_disk_back() {
    let shop = Shop::new();
    for number in 0..300_i64 {
        let times: Vec<i64> = (0..100).map(|place| number * 100 + place).collect();
        shop.put("a", &times, None).expect("the store does it");
    }
    shop.put("b", &[1], None).expect("the store does it");
    let pages = |name: &str| -> i64 {
        let connection = rusqlite::Connection::open(shop.directory.path().join("meta.db"))
            .expect("the store's database");
        connection.pragma_query_value(None, name, |row| row.get(0)).expect("the database has it")
    };
    let full = pages("page_count");
    shop.store.delete_stream(&shop.owner, "g", "a").expect("the store does it");
    assert_eq!(shop.store.maintain(NOW).expect("the store does it").swept, 300);
    assert_eq!(shop.store.maintain(NOW).expect("the store does it").swept, 0);
    assert_eq!(pages("freelist_count"), 0);
    assert!(pages("page_count") < full * 2 / 3, "{} of {full}", pages("page_count"));
}

const fn hours(hours: i64) -> i64 {
    hours * 3_600_000
}

#[test]
fn a_group_of_a_name_is_there_once_and_deleted_whole() {
    let shop = Shop::new();
    let again = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
    let taken = shop.store.create_group(&shop.owner, &again, NOW);
    assert!(matches!(taken, Err(StoreError::GroupExists)));
    shop.store.set_protection(&shop.owner, "g", true).expect("the store does it");
    assert!(matches!(shop.store.delete_group(&shop.owner, "g"), Err(StoreError::Protected)));
    shop.store.set_protection(&shop.owner, "g", false).expect("the store does it");
    shop.store.delete_group(&shop.owner, "g").expect("the store does it");
    assert!(matches!(shop.store.group(&shop.owner, "g"), Err(StoreError::NoGroup)));
    shop.group("g", None);
    assert!(matches!(shop.put("a", &[0], None), Err(StoreError::NoStream)));
}

//! What the parent knows: every batch that was begun, and whether its end was told.

use std::collections::{BTreeMap, BTreeSet};

use flowlogd_logstore::{Event, From, GetQuery, LogStore, StreamQuery};

use super::worker::{self, BEGIN, GROUPS, Planned, WRITERS, planned};

const DAY: i64 = 86_400_000;

/// Group and stream.
type Place = (String, String);

/// An event: timestamp and message.
type Said = (i64, String);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// What has to be there.
    stored: BTreeMap<Place, Vec<Said>>,
    /// Of each writer: the batch whose end was not told, and its time.
    open: [Option<(u64, i64)>; 2],
    /// Of each writer: a stream that may have been deleted or not.
    deleting: [Option<Place>; 2],
    next: [u64; 2],
    pub(crate) clock: i64,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    pub(crate) deletions: u64,
    pub(crate) drained: u64,
    pub(crate) merged: u64,
    pub(crate) swept: u64,
    pub(crate) reclaimed: u64,
}

/// What a round's reading showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) events: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) altered: u64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { clock: BEGIN, ..Self::default() }
    }

    /// The numbers with which the writers go on.
    pub(crate) const fn first(&self) -> [u64; 2] {
        self.next
    }

    /// Enters a line that the worker told.
    pub(crate) fn enter(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().expect("the worker tells numbers");
        let writer = || usize::try_from(number(1)).expect("it is small");
        match words[0] {
            "putting" => {
                let now = words[3].parse().expect("the worker tells numbers");
                self.open[writer()] = Some((number(2), now));
                self.clock = self.clock.max(now + 1);
            }
            "stored" => {
                let open = self.open[writer()].take();
                assert_eq!(open.map(|open| open.0), Some(number(2)), "it was begun");
                let (batch, now) = open.expect("it was begun");
                self.store(number(1), batch, now);
                self.next[writer()] = batch + 1;
            }
            "refused" => self.refused += 1,
            "deleting" => {
                self.deleting[writer()] = Some((words[3].to_owned(), words[4].to_owned()));
            }
            "deleted" => {
                let place = self.deleting[writer()].take().expect("it was begun");
                self.stored.remove(&place);
                self.next[writer()] = number(2) + 1;
                self.deletions += 1;
            }
            "maintained" => {
                self.drained += number(1);
                self.merged += number(2);
                self.swept += number(3);
                self.reclaimed += number(4);
            }
            _ => {}
        }
    }

    fn store(&mut self, writer: u64, batch: u64, now: i64) {
        let Planned { group, stream, events } = planned(writer, batch, now);
        self.acknowledged += u64::try_from(events.len()).expect("it is small");
        let place = self.stored.entry((group.to_owned(), stream)).or_default();
        place.extend(events.into_iter().map(|event| (event.timestamp, event.message)));
    }

    /// Reads everything and compares. What was begun and not ended is there whole or not at all, and counts as
    /// ended from then on if it is there.
    pub(crate) fn compare(&mut self, store: &LogStore) -> Shown {
        self.settle(store);
        let mut shown = Shown::default();
        for (group, retention) in GROUPS {
            let from = retention.map_or(i64::MIN, |days| self.clock - i64::from(days) * DAY);
            for stream in
                (0..WRITERS).flat_map(|writer| (0..3).map(move |s| format!("w{writer}-{s}")))
            {
                let found = read(store, group, &stream, self.clock);
                let place = (group.to_owned(), stream);
                let expected = self.stored.get(&place).into_iter().flatten();
                let expected: Vec<&Said> = expected.filter(|said| said.0 >= from).collect();
                shown.events += u64::try_from(found.len()).expect("it is small");
                difference(&expected, &found, &mut shown);
            }
        }
        shown
    }

    /// Finds out what became of what was not ended.
    fn settle(&mut self, store: &LogStore) {
        for writer in 0..WRITERS {
            let slot = usize::try_from(writer).expect("it is small");
            if let Some(place) = self.deleting[slot].take() {
                let query = StreamQuery { limit: 50, ..StreamQuery::default() };
                let found = store.streams(&worker::owner(), &place.0, &query).expect("it is read");
                let is_there = found.iter().any(|stream| stream.name == place.1);
                let events =
                    if is_there { read(store, &place.0, &place.1, self.clock).len() } else { 0 };
                // Deleted, and made anew or not yet; the worker makes it when it begins.
                if events == 0 {
                    self.stored.remove(&place);
                }
                if !is_there {
                    store
                        .create_stream(&worker::owner(), &place.0, &place.1, self.clock)
                        .expect("it is made");
                }
            }
            if let Some((batch, now)) = self.open[slot] {
                let Planned { group, stream, events } = planned(writer, batch, now);
                let found = read(store, group, &stream, self.clock);
                let there: BTreeSet<(i64, &str)> = found
                    .iter()
                    .map(|event| (event.key.timestamp, event.message.as_str()))
                    .collect();
                let is_there = |event: &flowlogd_logstore::InputEvent| {
                    there.contains(&(event.timestamp, event.message.as_str()))
                };
                let count = events.iter().filter(|event| is_there(event)).count();
                assert!(
                    count == 0 || count == events.len(),
                    "a batch is there whole or not at all"
                );
                if count > 0 {
                    self.open[slot] = None;
                    self.store(writer, batch, now);
                    self.next[slot] = batch + 1;
                } else {
                    // It is put again, with another time.
                    self.open[slot] = None;
                    self.next[slot] = batch;
                }
            }
        }
    }
}

fn read(store: &LogStore, group: &str, stream: &str, now: i64) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    let mut from = From::Head;
    loop {
        let query = GetQuery {
            owner: &worker::owner(),
            group,
            stream,
            start: None,
            end: None,
            from,
            limit: 10_000,
            max_bytes: 1 << 20,
        };
        let page = store.get(&query, now).expect("it is read");
        let Some(last) = page.last() else { return all };
        from = From::After(last.key);
        all.extend(page);
    }
}

fn difference(expected: &[&Said], found: &[Event], shown: &mut Shown) {
    let mut counts: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (timestamp, message) in expected {
        *counts.entry((*timestamp, message)).or_default() += 1;
    }
    let known: BTreeSet<(i64, &str)> = counts.keys().copied().collect();
    for event in found {
        *counts.entry((event.key.timestamp, &event.message)).or_default() -= 1;
    }
    for (said, count) in counts {
        let count_of = |count: i64| count.unsigned_abs();
        if count > 0 {
            shown.lost += count_of(count);
        } else if count < 0 && known.contains(&said) {
            shown.doubled += count_of(count);
        } else if count < 0 {
            shown.altered += count_of(count);
        }
    }
}

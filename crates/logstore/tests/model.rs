//! Whatever is put, moved, merged, deleted and read, in whatever order: what is read is what a list in memory
//! would give.

#![expect(clippy::indexing_slicing, reason = "places of streams come from a list of them")]

use std::sync::Arc;

use flowlogd_logstore::{
    Batch, ColumnKind, Event, EventKey, FilterQuery, From, GetQuery, InputEvent, LineCodec,
    LineColumn, LineFormat, LogStore, NewGroup, Owner, Pattern, Settings, StoreError, Streams,
    Tokens,
};
use proptest::prelude::*;
use tempfile::TempDir;

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const BEGIN: i64 = 1_795_651_200_000;
const DAY: i64 = 86_400_000;
const STREAMS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug)]
struct Lines;

impl LineCodec for Lines {
    fn formats(&self, _: &Owner, _: &str) -> Vec<LineFormat> {
        let column = |name: &str, kind, tokens| LineColumn { name: name.to_owned(), kind, tokens };
        vec![
            LineFormat {
                columns: vec![
                    column("source", ColumnKind::Address, Tokens::Any),
                    column("port", ColumnKind::Int32, Tokens::Any),
                    column("action", ColumnKind::Text, Tokens::OneOf(&["ACCEPT", "REJECT"])),
                ],
            },
            LineFormat {
                columns: vec![
                    // A name that the store has a column of its own for.
                    column("timestamp", ColumnKind::Int64, Tokens::Any),
                    column("word", ColumnKind::Text, Tokens::Any),
                ],
            },
        ]
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Into a stream, at these milliseconds after now.
    Put(usize, Vec<(i64, String)>),
    Maintain,
    Pass(i64),
    Reopen,
    DeleteStream(usize),
    Retain(Option<u32>),
    Get {
        stream: usize,
        limit: usize,
        backwards: bool,
        range: Option<(i64, i64)>,
    },
    Filter {
        pattern: &'static str,
        streams: Option<usize>,
        limit: usize,
        descending: bool,
    },
}

fn message() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ("10\\.0\\.0\\.[0-9]", prop_oneof![Just(22), Just(80), Just(443)], prop_oneof![Just("ACCEPT"), Just("REJECT")])
            .prop_map(|(source, port, action)| format!("{source} {port} {action}")),
        1 => Just("- - -".to_owned()),
        1 => Just("10.0.0.1 0080 REJECT".to_owned()),
        2 => "([0-9]{1,3}|-) [a-c\"\\[]{1,3}",
        1 => "[ -~äß]{1,12}",
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let stream = 0..STREAMS.len();
    let time = prop_oneof![4 => -3000..3000_i64, 1 => -13 * DAY..0];
    prop_oneof![
        6 => (stream.clone(), proptest::collection::vec((time, message()), 1..12)).prop_map(|(stream, mut events)| {
            // No more than a day apart.
            let first = events[0].0;
            events.retain(|event| (event.0 - first).abs() < DAY / 2);
            events.sort_by_key(|event| event.0);
            Step::Put(stream, events)
        }),
        4 => Just(Step::Maintain),
        2 => prop_oneof![0..2000_i64, Just(DAY / 3)].prop_map(Step::Pass),
        1 => Just(Step::Reopen),
        1 => stream.clone().prop_map(Step::DeleteStream),
        1 => prop_oneof![Just(None), Just(Some(1)), Just(Some(7))].prop_map(Step::Retain),
        3 => (stream.clone(), 1..9_usize, any::<bool>(), proptest::option::of((-3000..3000_i64, 0..4000_i64)))
            .prop_map(|(stream, limit, backwards, range)| Step::Get { stream, limit, backwards, range }),
        4 => (
            prop_oneof![
                Just(""), Just("REJECT"), Just("22"), Just("-ACCEPT"), Just("?22 ?80"), Just("\"80 REJ\""), Just("\"-\""),
                Just("[s, p=22, a]"), Just("[..., a=REJECT]"), Just("[s=10.0.0.1*, p>=80, a]"), Just("[a, b]"),
                Just("[x=1*, y]"), Just("%0\\.[13]%"), Just("{ $.a = 1 }"), Just("[s, p=\"0080\", a]"),
            ],
            proptest::option::of(stream),
            1..9_usize,
            any::<bool>(),
        ).prop_map(|(pattern, streams, limit, descending)| Step::Filter { pattern, streams, limit, descending }),
    ]
}

/// An event as the list has it.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    stream: usize,
    timestamp: i64,
    ingestion: i64,
    arrival: usize,
    message: String,
}

struct Model {
    store: Option<LogStore>,
    directory: TempDir,
    settings: Settings,
    owner: Owner,
    now: i64,
    events: Vec<Kept>,
    arrivals: usize,
    retention: Option<u32>,
}

impl Model {
    fn new(settings: Settings) -> Self {
        let directory = tempfile::tempdir().expect("it is made");
        let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
        let mut model = Self {
            store: None,
            directory,
            settings,
            owner,
            now: BEGIN,
            events: Vec::new(),
            arrivals: 0,
            retention: None,
        };
        model.open();
        let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
        model.store().create_group(&model.owner, &group, BEGIN).expect("it is made");
        for stream in STREAMS {
            model.store().create_stream(&model.owner, "g", stream, BEGIN).expect("it is made");
        }
        model
    }

    fn open(&mut self) {
        self.store = None;
        let store = LogStore::open_with(self.directory.path(), self.settings, Arc::new(Lines));
        self.store = Some(store.expect("it opens"));
    }

    fn store(&self) -> &LogStore {
        self.store.as_ref().expect("it is open")
    }

    /// What the list has, in the order of a search.
    fn kept(&self, is_wanted: impl Fn(&Kept) -> bool) -> Vec<Kept> {
        let from = self.retention.map_or(i64::MIN, |days| self.now - i64::from(days) * DAY);
        let mut kept: Vec<Kept> = self
            .events
            .iter()
            .filter(|event| event.timestamp >= from && is_wanted(event))
            .cloned()
            .collect();
        kept.sort_by_key(|event| (event.timestamp, event.ingestion, event.arrival));
        kept
    }

    fn put(&mut self, stream: usize, events: &[(i64, String)]) {
        let now = self.now;
        let input: Vec<InputEvent> = events
            .iter()
            .map(|(after, message)| InputEvent { timestamp: now + after, message: message.clone() })
            .collect();
        let batch = Batch {
            owner: &self.owner,
            group: "g",
            stream: STREAMS[stream],
            events: input.clone(),
            producer: None,
        };
        self.store().put(batch, now).expect("it is stored");
        let from = self.retention.map_or(i64::MIN, |days| now - i64::from(days) * DAY);
        for event in input {
            if event.timestamp >= from.max(now - 14 * DAY) {
                self.events.push(Kept {
                    stream,
                    timestamp: event.timestamp,
                    ingestion: now,
                    arrival: self.arrivals,
                    message: event.message,
                });
            }
            self.arrivals += 1;
        }
    }

    fn get(&self, stream: usize, limit: usize, backwards: bool, range: Option<(i64, i64)>) {
        let (start, end) = match range {
            Some((start, length)) => (Some(self.now + start), Some(self.now + start + length)),
            None => (None, None),
        };
        let mut expected = self.kept(|event| {
            event.stream == stream
                && start.is_none_or(|start| event.timestamp >= start)
                && end.is_none_or(|end| event.timestamp < end)
        });
        let mut from = if backwards { From::Tail } else { From::Head };
        let mut found: Vec<Event> = Vec::new();
        loop {
            let query = GetQuery {
                owner: &self.owner,
                group: "g",
                stream: STREAMS[stream],
                start,
                end,
                from,
                limit,
                max_bytes: 1 << 20,
            };
            let page = self.store().get(&query, self.now).expect("it is read");
            let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
            from = if backwards { From::Before(first.key) } else { From::After(last.key) };
            let is_short = page.len() < limit;
            if backwards {
                found.splice(0..0, page);
            } else {
                found.extend(page);
            }
            if is_short {
                break;
            }
        }
        expected.sort_by_key(|event| (event.timestamp, event.ingestion, event.arrival));
        same(&found, &expected);
    }

    fn filter(&self, pattern: &str, streams: Option<usize>, limit: usize, descending: bool) {
        let pattern = Pattern::parse(pattern).expect("it is one");
        let mut expected = self.kept(|event| {
            streams.is_none_or(|stream| event.stream == stream) && pattern.matches(&event.message)
        });
        if descending {
            expected.reverse();
        }
        let mut beyond: Option<EventKey> = None;
        let mut found = Vec::new();
        loop {
            let query = FilterQuery {
                owner: &self.owner,
                group: "g",
                streams: streams.map_or(Streams::All, |stream| {
                    Streams::Named(vec![STREAMS[stream].to_owned()])
                }),
                start: None,
                end: None,
                pattern: &pattern,
                descending,
                beyond,
                limit,
                max_bytes: 1 << 20,
            };
            let page = self.store().filter(&query, self.now).expect("it is read");
            assert!(page.next.is_none() || page.next != beyond, "a page that goes on goes further");
            found.extend(page.events);
            let Some(next) = page.next else { break };
            beyond = Some(next);
        }
        same(&found, &expected);
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Put(stream, events) => self.put(stream, &events),
            Step::Maintain => {
                self.store().maintain(self.now).expect("it works");
            }
            Step::Pass(time) => self.now += time,
            Step::Reopen => self.open(),
            Step::DeleteStream(stream) => {
                let (owner, name) = (&self.owner, STREAMS[stream]);
                self.store().delete_stream(owner, "g", name).expect("it is deleted");
                self.store().create_stream(owner, "g", name, self.now).expect("it is made");
                self.events.retain(|event| event.stream != stream);
            }
            Step::Retain(days) => {
                // A longer one would bring back what is hidden and not yet gone.
                if self.retention.is_some_and(|now| days.is_none_or(|days| days > now)) {
                    return;
                }
                self.store().set_retention(&self.owner, "g", days).expect("it is set");
                self.retention = days;
                self.store().maintain(self.now).expect("it works");
                self.events = self.kept(|_| true);
            }
            Step::Get { stream, limit, backwards, range } => {
                self.get(stream, limit, backwards, range);
            }
            Step::Filter { pattern, streams, limit, descending } => {
                self.filter(pattern, streams, limit, descending);
            }
        }
    }
}

fn same(found: &[Event], expected: &[Kept]) {
    let found: Vec<_> = found
        .iter()
        .map(|event| {
            (event.key.timestamp, event.key.ingestion_time, &*event.stream, event.message.as_str())
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|event| {
            (event.timestamp, event.ingestion, STREAMS[event.stream], event.message.as_str())
        })
        .collect();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_read_is_what_a_list_would_give(
        steps in proptest::collection::vec(step(), 1..40),
        drain_bytes in prop_oneof![Just(100), Just(400)],
        slice_events in 1..9_usize,
        compact_files in 2..4_usize,
    ) {
        let settings = Settings {
            drain_bytes,
            compact_files,
            slice_events,
            sweep_every: 0,
            grace: 0,
            floor: 0,
            ballast: 0,
            ..Settings::default()
        };
        let mut model = Model::new(settings);
        for step in steps {
            model.run(step);
        }
        for stream in 0..STREAMS.len() {
            model.get(stream, 5, false, None);
        }
        model.filter("", None, 7, false);
        model.filter("", None, 7, true);
    }
}

#[test]
fn a_store_has_one_owner() {
    let directory = tempfile::tempdir().expect("it is made");
    let _first = LogStore::open(directory.path()).expect("it opens");

    assert!(matches!(LogStore::open(directory.path()), Err(StoreError::InUse(_))));
}

//! What each version has written is read by this one, event by event and byte for byte: see the promise in
//! `docs/on-disk-format.md`.
//!
//! `UPDATE_FIXTURES=1 cargo test -p flowlogd-logstore --test fixtures` writes the directory of this version.
//! That of version 1 was written by the program that had that version, with the same events.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowlogd_logstore::{
    Batch, ColumnKind, From, GetQuery, GroupQuery, InputEvent, LineCodec, LineColumn, LineFormat,
    LogStore, Mending, NewGroup, Owner, Producer, PutOutcome, Settings, StreamQuery, Tokens, fsck,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const NOW: i64 = 1_795_651_200_000;

fn quiet() -> Settings {
    Settings {
        drain_bytes: u64::MAX,
        drain_age: i64::MAX,
        slice_events: 8,
        sweep_every: 0,
        grace: 0,
        floor: 0,
        ballast: 0,
        ..Settings::default()
    }
}

fn owner() -> Owner {
    Owner { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

/// An event as it must be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Expected {
    group: String,
    stream: String,
    id: String,
    timestamp: i64,
    ingestion: i64,
    message: String,
}

/// Lines of flow logs, of three fields.
#[derive(Debug)]
struct Lines;

impl LineCodec for Lines {
    fn formats(&self, _: &Owner, group: &str) -> Vec<LineFormat> {
        if group != "flow-logs" {
            return Vec::new();
        }
        let column = |name: &str, kind, tokens| LineColumn { name: name.to_owned(), kind, tokens };
        vec![LineFormat {
            columns: vec![
                column("srcaddr", ColumnKind::Address, Tokens::Any),
                column("dstport", ColumnKind::Int32, Tokens::Any),
                column("bytes", ColumnKind::Int64, Tokens::Any),
                column("action", ColumnKind::Text, Tokens::OneOf(&["ACCEPT", "REJECT"])),
            ],
        }]
    }
}

fn open(directory: &Path, settings: Settings) -> LogStore {
    LogStore::open_with(directory, settings, Arc::new(Lines)).expect("it opens")
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Reads every event of every stream.
fn events(store: &LogStore) -> Vec<Expected> {
    let owner = owner();
    let mut found = Vec::new();
    let groups = GroupQuery { limit: 100, ..GroupQuery::default() };
    for group in store.groups(&owner, &groups).expect("they are listed") {
        let group = group.settings.name;
        let streams = StreamQuery { limit: 100, ..StreamQuery::default() };
        for stream in store.streams(&owner, &group, &streams).expect("they are listed") {
            let query = GetQuery {
                owner: &owner,
                group: &group,
                stream: &stream.name,
                start: None,
                end: None,
                from: From::Head,
                limit: 10_000,
                max_bytes: 1 << 20,
            };
            for event in store.get(&query, NOW).expect("it is read") {
                found.push(Expected {
                    group: group.clone(),
                    stream: stream.name.clone(),
                    id: event.key.to_string(),
                    timestamp: event.key.timestamp,
                    ingestion: event.key.ingestion_time,
                    message: event.message,
                });
            }
        }
    }
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it is made");
    for entry in fs::read_dir(from).expect("it is there") {
        let path = entry.expect("it is read").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it is copied");
        }
    }
}

#[test]
fn what_every_version_has_written_is_read_byte_for_byte() {
    update_if_asked();
    let mut versions = Vec::new();
    for entry in fs::read_dir(fixtures()).expect("there are fixtures") {
        let fixture = entry.expect("it is read").path();
        let text = fs::read_to_string(fixture.join("events.json")).expect("it is there");
        let expected: Vec<Expected> = serde_json::from_str(&text).expect("it is JSON");
        assert!(expected.len() > 50);
        let directory = tempfile::tempdir().expect("it is made");
        let data = directory.path().join("logs");
        copy(&fixture.join("logs"), &data);

        let dry = fsck(&data, Mending::None).expect("it is looked over");
        let store = open(&data, quiet());
        assert_eq!(events(&store), expected, "{}", fixture.display());
        assert_eq!(store.damage(), Vec::<String>::new());
        // A producer's numbers are known.
        let again = producers_batch(&owner(), |batch| store.put(batch, NOW));
        assert_eq!(again.expect("it is taken"), PutOutcome::Known);
        drop(store);

        assert!(dry.is_sound(), "{dry:?}");
        assert!(fsck(&data, Mending::SetAside).expect("it is looked over").is_sound());
        let store = open(&data, Settings { drain_bytes: 0, compact_files: 2, ..quiet() });
        for minutes in 1..4 {
            store.maintain(NOW + minutes * 60_000).expect("it works");
        }
        assert_eq!(events(&store), expected, "moved and merged: {}", fixture.display());
        assert_eq!(store.figures(NOW).expect("they are read").blocks.count, 0);
        drop(store);
        assert!(fsck(&data, Mending::None).expect("it is looked over").is_sound());
        versions.push(fixture.file_name().expect("it has one").to_string_lossy().into_owned());
    }
    versions.sort();
    assert!(versions.starts_with(&["v1".to_owned(), "v3".to_owned()]), "{versions:?}");
}

/// Writes the directory of this version, if that is wanted.
fn update_if_asked() {
    if env::var_os("UPDATE_FIXTURES").is_none() {
        return;
    }
    let directory = tempfile::tempdir().expect("it is made");
    let data = directory.path().join("logs");
    let store = open(&data, Settings { compact_files: 2, drain_age: 0, ..quiet() });
    make(&store, |store| {
        store.maintain(NOW).expect("it works");
    });
    let expected = events(&store);
    drop(store);
    // Without a log beside it.
    let catalog = Connection::open(data.join("meta.db")).expect("it opens");
    let version: i64 =
        catalog.pragma_query_value(None, "user_version", |row| row.get(0)).expect("it has one");
    catalog.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM;").expect("it is made small");
    drop(catalog);
    let fixture = fixtures().join(format!("v{version}"));
    let _ = fs::remove_dir_all(&fixture);
    for unneeded in ["lock", "ballast", "meta.db-wal", "meta.db-shm"] {
        let _ = fs::remove_file(data.join(unneeded));
    }
    copy(&data, &fixture.join("logs"));
    fs::write(fixture.join("events.json"), told(&expected)).expect("it is written");
}

/// Writes events as JSON, one a line.
fn told(events: &[Expected]) -> String {
    let lines = events.iter().map(|event| serde_json::to_string(event).expect("it is JSON"));
    format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"))
}

/// Puts the events of a fixture; `meanwhile` is called where a store may move them.
fn make(store: &LogStore, meanwhile: impl Fn(&LogStore)) {
    let owner = owner();
    for (name, retention_days) in [("flow-logs", Some(3650)), ("app", None), ("gone", None)] {
        let tags = BTreeMap::from([("team".to_owned(), "network".to_owned())]);
        let group = NewGroup {
            name: name.to_owned(),
            class: "STANDARD".to_owned(),
            tags,
            retention_days,
            ..NewGroup::default()
        };
        store.create_group(&owner, &group, NOW).expect("it is made");
        for stream in ["eni-1", "eni-2", "gone"] {
            store.create_stream(&owner, name, stream, NOW).expect("it is made");
        }
    }
    let put = |group: &str, stream: &str, events: Vec<InputEvent>| {
        let batch = Batch { owner: &owner, group, stream, events, producer: None };
        store.put(batch, NOW).expect("it is stored");
    };
    producers_batch(&owner, |batch| store.put(batch, NOW)).expect("it is stored");
    put("gone", "eni-1", lines(0));
    for round in 0..3 {
        for stream in ["eni-1", "eni-2"] {
            put("flow-logs", stream, lines(round));
        }
        for stream in ["eni-1", "gone"] {
            put("app", stream, lines(round));
        }
        // The last ones stay where they are.
        if round < 2 {
            meanwhile(store);
        }
    }
    store.delete_stream(&owner, "app", "gone").expect("it is deleted");
    store.delete_group(&owner, "gone").expect("it is deleted");
}

/// Runs a batch that bears a producer's number.
fn producers_batch<T>(owner: &Owner, run: impl FnOnce(Batch<'_>) -> T) -> T {
    let events =
        vec![InputEvent { timestamp: NOW - 5, message: "10.0.0.1 53 80 ACCEPT".to_owned() }];
    let producer = Some(Producer { id: "agent-1".to_owned(), number: 7 });
    run(Batch { owner, group: "flow-logs", stream: "eni-1", events, producer })
}

/// Lines of a format, lines that are nearly ones, and text; of two days.
fn lines(round: i64) -> Vec<InputEvent> {
    let messages = [
        "10.0.0.1 443 1500 ACCEPT",
        "2001:db8::1 22 40 REJECT",
        "- - - -",
        "10.0.0.2 080 0060 REJECT",
        "10.0.0.3 99999999999 1 ACCEPT",
        "10.0.0.4 53 9223372036854775807 ACCEPT",
        "Zürich „東京“ \u{1f980} \t \u{1b}[31m {\"a\": [1, null]}",
        " 10.0.0.1 443 1500 ACCEPT",
        "x",
    ];
    (0..)
        .zip(messages)
        .map(|(place, message)| InputEvent {
            timestamp: NOW - 20_000 + round * 15_000 + place,
            message: message.to_owned(),
        })
        .collect()
}

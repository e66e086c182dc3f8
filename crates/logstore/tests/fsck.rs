//! Whatever is damaged in a store is named and set aside, and costs nothing but itself.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowlogd_logstore::{
    Batch, FilterQuery, Findings, InputEvent, LogStore, Mending, NewGroup, NoFormats, Owner, Part,
    Pattern, Settings, StoreError, Streams, fsck,
};
use rusqlite::Connection;
use tempfile::TempDir;

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const NOW: i64 = 1_795_651_200_000;
const HOUR: i64 = 3_600_000;
/// Of each segment and of each block.
const EVENTS: usize = 300;
const GROUPS: [&str; 2] = ["g", "h"];

fn small() -> Settings {
    Settings {
        // Blocks are moved when that is told, however few.
        drain_age: 0,
        compact_files: 1000,
        slice_events: 64,
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

fn open(directory: &Path, settings: Settings) -> LogStore {
    LogStore::open_with(directory, settings, Arc::new(NoFormats)).expect("it opens")
}

/// Puts events into both groups.
fn put(store: &LogStore, word: &str, now: i64) {
    for group in GROUPS {
        for stream in ["a", "b"] {
            let events = (0..EVENTS / 2)
                .map(|number| InputEvent {
                    timestamp: now + i64::try_from(number).expect("it is small"),
                    // Hardly to be compressed: so that a segment has several stretches of checksums.
                    message: format!("{word} {group} {stream} {number} {}", noise(number)),
                })
                .collect();
            let batch = Batch { owner: &owner(), group, stream, events, producer: None };
            store.put(batch, now).expect("it is stored");
        }
    }
}

fn noise(seed: usize) -> String {
    let mut state = u64::try_from(seed).expect("it is small") + 1;
    let mut text = String::new();
    for _ in 0..12 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text += &format!("{state:016x}");
    }
    text
}

/// A store that is closed: three segments of each group, and a block of each stream.
struct Shelf {
    directory: TempDir,
}

impl Shelf {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("it is made");
        let store = open(directory.path(), small());
        for name in GROUPS {
            let group = NewGroup { name: name.to_owned(), ..NewGroup::default() };
            store.create_group(&owner(), &group, NOW).expect("it is made");
            for stream in ["a", "b"] {
                store.create_stream(&owner(), name, stream, NOW).expect("it is made");
            }
        }
        for hours in 0..3 {
            put(&store, &format!("cold{hours}"), NOW + hours * HOUR);
            store.maintain(NOW + hours * HOUR).expect("it works");
        }
        put(&store, "hot", NOW + 4 * HOUR);
        drop(store);
        let shelf = Self { directory };
        assert_eq!(shelf.segments().len(), 6);
        assert_eq!(shelf.read().len(), 8 * EVENTS);
        shelf
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn catalog(&self) -> Connection {
        Connection::open(self.path().join("meta.db")).expect("it opens")
    }

    /// Key and first message word of each segment.
    fn segments(&self) -> Vec<String> {
        let catalog = self.catalog();
        let mut statement =
            catalog.prepare("SELECT key FROM segment WHERE state = 0 ORDER BY id").unwrap();
        let keys = statement.query_map([], |row| row.get(0)).unwrap();
        keys.collect::<Result<_, _>>().unwrap()
    }

    fn file(&self, key: &str) -> PathBuf {
        self.path().join(key)
    }

    /// Opens the store, reads all of it, and closes it.
    fn read(&self) -> Vec<String> {
        let store = open(self.path(), small());
        let pattern = Pattern::everything();
        let mut found = Vec::new();
        for group in GROUPS {
            let mut beyond = None;
            loop {
                let query = FilterQuery {
                    owner: &owner(),
                    group,
                    streams: Streams::All,
                    start: None,
                    end: None,
                    pattern: &pattern,
                    descending: false,
                    beyond,
                    limit: 1000,
                    max_bytes: 1 << 20,
                };
                let page = store.filter(&query, NOW + 5 * HOUR).expect("it is read");
                found.extend(page.events.into_iter().map(|event| event.message));
                beyond = page.next;
                if beyond.is_none() {
                    break;
                }
            }
        }
        assert_eq!(store.damage(), Vec::<String>::new(), "nobody meets what was set aside");
        found
    }

    fn check(&self, mending: Mending) -> Findings {
        fsck(self.path(), mending).expect("it is looked over")
    }

    /// All files but the lock and what a database has beside it.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_dir() {
                    open.push(path);
                } else if name != "lock" && name != "meta.db-shm" && name != "meta.db-wal" {
                    let bytes = fs::read(&path).unwrap();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }

    /// Whether one segment is found to be damaged, and all else stays.
    #[track_caller]
    fn loses(&self, key: &str, why: &str, is_kept: bool) {
        let before = self.files();

        let looked = self.check(Mending::None);

        assert_eq!(looked.damage.len(), 1, "{looked:?}");
        assert_eq!(looked.damage[0].part, Part::Segment(key.to_owned()));
        assert!(
            looked.damage[0].why.contains(why),
            "{:?} does not say {why}",
            looked.damage[0].why
        );
        assert_eq!(looked.damage[0].set_aside, None);
        assert_eq!((looked.segments, looked.blocks), (6, 4));
        assert_eq!(looked.events, u64::try_from(7 * EVENTS).unwrap());
        assert!(before == self.files(), "looking changes nothing");

        let mended = self.check(Mending::SetAside);

        let damage = &mended.damage[0];
        assert!(!mended.is_sound());
        assert_eq!(damage.events, u64::try_from(EVENTS).unwrap());
        assert_eq!(damage.group, if self.is_of(key, "g") { "g" } else { "h" });
        assert_eq!(damage.last - damage.first, i64::try_from(EVENTS / 2 - 1).unwrap());
        assert!(!self.file(key).exists());
        let place = format!("damaged/{key}");
        assert_eq!(damage.set_aside, is_kept.then(|| place.clone()));
        assert_eq!(self.file(&place).exists(), is_kept);
        assert_eq!(self.read().len(), 7 * EVENTS, "everything else is read");

        let again = self.check(Mending::SetAside);

        assert!(again.is_sound(), "{again:?}");
        assert_eq!((again.segments, again.set_aside_before), (5, 1));
    }

    fn is_of(&self, key: &str, group: &str) -> bool {
        let id: i64 = self
            .catalog()
            .query_row("SELECT id FROM log_group WHERE name = ?1", [group], |row| row.get(0))
            .unwrap();
        key.starts_with(&format!("segments/{id}/"))
    }
}

#[test]
fn a_sound_store_is_found_sound_and_left_as_it_is() {
    let shelf = Shelf::new();
    let before = shelf.files();

    for mending in [Mending::None, Mending::SetAside] {
        let found = shelf.check(mending);
        assert!(found.is_sound() && found.orphans.is_empty(), "{found:?}");
        assert_eq!((found.blocks, found.segments), (4, 6));
        assert_eq!(found.events, u64::try_from(8 * EVENTS).unwrap());
    }

    assert!(before == shelf.files());
}

#[test]
fn a_flipped_bit_anywhere_in_a_segment_costs_that_segment_alone() {
    for place in 0..16_usize {
        let shelf = Shelf::new();
        let keys = shelf.segments();
        let key = &keys[place % keys.len()];
        let mut bytes = fs::read(shelf.file(key)).unwrap();
        assert!(bytes.len() > 16 << 10, "it has several stretches: {}", bytes.len());
        // From the first byte to the last, and as if at random between.
        let at = match place {
            0 => 0,
            1 => bytes.len() - 1,
            place => place * 2_654_435_761 % bytes.len(),
        };
        bytes[at] ^= 1 << (place % 8);
        fs::write(shelf.file(key), &bytes).unwrap();

        shelf.loses(key, "are not what was written", true);
    }
}

#[test]
fn a_segment_that_is_cut_off_or_longer_or_gone_is_lost_alone() {
    let shelf = Shelf::new();
    let key = shelf.segments().remove(4);
    let bytes = fs::read(shelf.file(&key)).unwrap();
    fs::write(shelf.file(&key), &bytes[..bytes.len() - 1]).unwrap();
    shelf.loses(&key, &format!("it has {} bytes, not {}", bytes.len() - 1, bytes.len()), true);

    let shelf = Shelf::new();
    let key = shelf.segments().remove(0);
    let mut bytes = fs::read(shelf.file(&key)).unwrap();
    bytes.push(0);
    fs::write(shelf.file(&key), &bytes).unwrap();
    shelf.loses(&key, &format!("it has {} bytes, not", bytes.len()), true);

    let shelf = Shelf::new();
    let key = shelf.segments().remove(3);
    fs::remove_file(shelf.file(&key)).unwrap();
    shelf.loses(&key, "it is missing", false);
}

#[test]
fn a_catalog_that_tells_of_other_events_than_the_segment_is_found() {
    for column in ["events", "min_ts", "max_ts", "min_stream", "max_stream"] {
        let shelf = Shelf::new();
        let key = shelf.segments().remove(1);
        let statement = format!("UPDATE segment SET {column} = {column} + 1 WHERE key = ?1");
        shelf.catalog().execute(&statement, [&key]).unwrap();

        let found = shelf.check(Mending::None);

        assert_eq!(found.damage.len(), 1, "{column}: {found:?}");
        assert_eq!(found.damage[0].why, "its footer and the catalog tell of different events");
    }
    let shelf = Shelf::new();
    let key = shelf.segments().remove(1);
    let statement = "UPDATE segment SET checksums = substr(checksums, 5) WHERE key = ?1";
    shelf.catalog().execute(statement, [&key]).unwrap();
    shelf.loses(&key, "the catalog has not as many checksums as it needs", true);
}

#[test]
fn a_corrupt_block_is_kept_as_a_file_and_the_counters_are_right_without_it() {
    let shelf = Shelf::new();
    let catalog = shelf.catalog();
    let (id, mut body): (i64, Vec<u8>) = catalog
        .query_row("SELECT id, body FROM block ORDER BY id LIMIT 1 OFFSET 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let middle = body.len() / 2;
    body[middle] ^= 4;
    catalog
        .execute("UPDATE block SET body = ?2 WHERE id = ?1", rusqlite::params![id, body])
        .unwrap();
    drop(catalog);
    let before = shelf.files();

    let looked = shelf.check(Mending::None);

    assert_eq!(looked.damage.len(), 1, "{looked:?}");
    assert_eq!(looked.damage[0].part, Part::Block(id));
    assert_eq!(looked.damage[0].events, u64::try_from(EVENTS / 2).unwrap());
    assert!(before == shelf.files(), "looking changes nothing");

    let mended = shelf.check(Mending::SetAside);

    let place = format!("damaged/block-{id}");
    assert_eq!(mended.damage[0].set_aside, Some(place.clone()));
    assert_eq!(fs::read(shelf.file(&place)).unwrap(), body);
    let about: serde_json::Value =
        serde_json::from_slice(&fs::read(shelf.file(&format!("{place}.json"))).unwrap()).unwrap();
    assert_eq!((&about["group"], &about["events"]), (&"g".into(), &(EVENTS / 2).into()));
    let wrong: i64 = shelf
        .catalog()
        .query_row(
            "SELECT count(*) FROM log_group WHERE
                 bytes <> (SELECT ifnull(sum(length(body)), 0) FROM block WHERE group_id = log_group.id)
                 OR hot_bytes <> (SELECT ifnull(sum(raw_bytes), 0) FROM block WHERE group_id = log_group.id)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(wrong, 0);
    assert_eq!(shelf.read().len(), 8 * EVENTS - EVENTS / 2);
    assert!(shelf.check(Mending::SetAside).is_sound());
    // What is left can be drained.
    open(shelf.path(), small()).maintain(NOW + 6 * HOUR).unwrap();
    assert_eq!(shelf.read().len(), 8 * EVENTS - EVENTS / 2);
}

#[test]
fn a_block_whose_row_tells_of_other_events_is_found() {
    let shelf = Shelf::new();
    shelf
        .catalog()
        .execute("UPDATE block SET events = events + 1 WHERE id = (SELECT min(id) FROM block)", [])
        .unwrap();

    let found = shelf.check(Mending::None);

    assert_eq!(found.damage[0].why, "its events are not those that its row tells of");
}

#[test]
fn files_that_the_catalog_does_not_know_are_named_and_no_damage() {
    let shelf = Shelf::new();
    let key = shelf.segments().remove(0);
    let orphan = key.replace(".parquet", "0.parquet");
    fs::copy(shelf.file(&key), shelf.file(&orphan)).unwrap();
    fs::write(shelf.file(&format!("{orphan}#1")), b"half").unwrap();

    let found = shelf.check(Mending::SetAside);

    assert!(found.is_sound());
    let paths: Vec<&str> = found.orphans.iter().map(|orphan| orphan.path.as_str()).collect();
    assert_eq!(paths, [orphan.as_str(), &format!("{orphan}#1")]);
    assert_eq!(found.orphans[1].bytes, 4);
    assert!(shelf.file(&orphan).exists(), "removing them is the store's own business");
    assert_eq!(shelf.read().len(), 8 * EVENTS);
    assert!(shelf.check(Mending::None).orphans.is_empty());
}

#[test]
fn a_run_that_was_broken_off_is_finished_by_the_next() {
    let shelf = Shelf::new();
    let key = shelf.segments().remove(2);
    // It got as far as the catalog.
    shelf.catalog().execute("UPDATE segment SET state = 2 WHERE key = ?1", [&key]).unwrap();

    let found = shelf.check(Mending::SetAside);

    assert!(found.is_sound());
    assert_eq!(found.set_aside_before, 1);
    assert!(shelf.file(&format!("damaged/{key}")).exists() && !shelf.file(&key).exists());
    assert_eq!(shelf.read().len(), 7 * EVENTS);
}

#[test]
fn a_damaged_catalog_is_named_and_nothing_is_changed() {
    let shelf = Shelf::new();
    let path = shelf.path().join("meta.db");
    let mut bytes = fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    for page in [pages / 3, pages / 2] {
        bytes[page * 4096..page * 4096 + 64].fill(0xa5);
    }
    fs::remove_file(shelf.file(&shelf.segments().remove(0))).unwrap();
    fs::write(&path, &bytes).unwrap();
    let before = shelf.files();

    let found = shelf.check(Mending::SetAside);

    assert!(!found.catalog.is_empty() && !found.is_sound(), "{found:?}");
    assert!(before == shelf.files());
}

#[test]
fn a_store_that_is_open_is_left_alone() {
    let shelf = Shelf::new();
    let _store = open(shelf.path(), small());

    let refused = fsck(shelf.path(), Mending::SetAside).unwrap_err();

    assert!(matches!(refused, StoreError::InUse(directory) if directory == shelf.path()));
}

#[test]
fn segments_without_a_catalog_are_not_taken_for_unfinished_work() {
    let shelf = Shelf::new();
    let keys = shelf.segments();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(shelf.path().join(format!("meta.db{suffix}")));
    }

    let refused = LogStore::open(shelf.path()).unwrap_err().to_string();

    assert!(refused.contains("restore a backup"), "{refused}");
    assert!(keys.iter().all(|key| shelf.file(key).exists()));
    assert_eq!(shelf.check(Mending::SetAside).catalog, ["it is missing"]);
}

#[test]
fn what_was_set_aside_is_told_until_it_would_have_expired() {
    let shelf = Shelf::new();
    let key = shelf.segments().remove(0);
    fs::remove_file(shelf.file(&key)).unwrap();
    shelf.check(Mending::SetAside);
    let store = open(shelf.path(), small());
    assert_eq!(store.figures(NOW).unwrap().damaged.count, 1);
    store.set_retention(&owner(), GROUPS[0], Some(1)).unwrap();
    store.maintain(NOW + 5 * HOUR).unwrap();
    assert_eq!(store.figures(NOW).unwrap().damaged.count, 1);

    store.maintain(NOW + 48 * HOUR).unwrap();

    assert_eq!(store.figures(NOW).unwrap().damaged.count, 0);
}

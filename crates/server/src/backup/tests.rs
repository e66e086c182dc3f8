//! What happens to a store between two steps of a backup.

use std::sync::Arc;

use flowlogd_logstore::{
    Batch, GetQuery, InputEvent, LogStore, NewGroup, NoFormats, Owner, Settings,
};
use tempfile::TempDir;

use super::{BackupError, make, restore};
use crate::data_directory::logs;
use crate::state::State;

const NOW: i64 = 1_795_651_200_000;

struct Site {
    directory: TempDir,
    store: LogStore,
    owner: Owner,
}

impl Site {
    /// Two segments are merged into one, and removed with the next maintenance.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        State::open(&data).unwrap();
        let settings = Settings {
            drain_bytes: u64::MAX,
            drain_age: 0,
            compact_files: 2,
            sweep_every: 0,
            grace: 0,
            floor: 0,
            ballast: 0,
            ..Settings::default()
        };
        let store = LogStore::open_with(&logs(&data), settings, Arc::new(NoFormats)).unwrap();
        let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
        let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
        store.create_group(&owner, &group, NOW).unwrap();
        store.create_stream(&owner, "g", "s", NOW).unwrap();
        Self { directory, store, owner }
    }

    fn put_cold(&self, message: &str) {
        self.put_cold_at(message, NOW);
    }

    fn put_cold_at(&self, message: &str, now: i64) {
        let events = vec![InputEvent { timestamp: now, message: message.to_owned() }];
        let batch = Batch { owner: &self.owner, group: "g", stream: "s", events, producer: None };
        self.store.put(batch, now).unwrap();
        self.store.maintain(now).unwrap();
    }

    fn read(&self, store: &LogStore) -> Vec<String> {
        let query = GetQuery {
            owner: &self.owner,
            group: "g",
            stream: "s",
            start: None,
            end: None,
            from: flowlogd_logstore::From::Head,
            limit: 1000,
            max_bytes: 1 << 20,
        };
        store.get(&query, NOW).unwrap().into_iter().map(|event| event.message).collect()
    }
}

#[test]
fn segments_that_are_replaced_before_they_are_copied_are_looked_up_anew() {
    let site = Site::new();
    site.put_cold("one");
    let (data, to) = (site.directory.path().join("data"), site.directory.path().join("backup"));
    let mut looks = 0;

    let done = make(&data, &to, NOW, &mut || {
        looks += 1;
        if looks == 1 {
            site.put_cold("two");
            // What was merged is removed.
            site.store.maintain(NOW).unwrap();
        }
    })
    .unwrap();

    assert_eq!(looks, 2);
    assert!(done.is_sound(), "{done:?}");
    assert_eq!((done.segments, done.events), (1, 2));
    let restored = site.directory.path().join("restored");
    restore(&to, &restored).unwrap();
    let store = LogStore::open(&logs(&restored)).unwrap();
    assert_eq!(site.read(&store), ["one", "two"]);
}

#[test]
fn a_segment_that_is_replaced_after_it_was_copied_is_not_in_the_backup_twice() {
    let site = Site::new();
    site.put_cold("one");
    site.put_cold("two");
    site.put_cold("three");
    let (data, to) = (site.directory.path().join("data"), site.directory.path().join("backup"));
    let live = site.store.figures(NOW).unwrap().live.count;
    assert_eq!(live, 2, "of two levels");
    let mut looks = 0;

    let done = make(&data, &to, NOW, &mut || {
        looks += 1;
        if looks == 1 {
            site.put_cold("four");
            site.store.maintain(NOW).unwrap();
            site.store.maintain(NOW).unwrap();
        }
    })
    .unwrap();

    assert!(done.is_sound() && looks == 2, "{done:?}");
    let restored = site.directory.path().join("restored");
    restore(&to, &restored).unwrap();
    let store = LogStore::open(&logs(&restored)).unwrap();
    assert_eq!(site.read(&store), ["one", "two", "three", "four"]);
}

#[test]
fn a_backup_that_is_outrun_again_and_again_gives_up_and_says_so() {
    let site = Site::new();
    site.store.set_retention(&site.owner, "g", Some(1)).unwrap();
    site.put_cold("first");
    let (data, to) = (site.directory.path().join("data"), site.directory.path().join("backup"));
    let mut now = NOW;

    let outrun = make(&data, &to, NOW, &mut || {
        // Days pass: all that there was has expired, and is removed.
        now += 3 * 86_400_000;
        site.put_cold_at("next", now);
        site.store.maintain(now).unwrap();
        site.store.maintain(now).unwrap();
    })
    .unwrap_err();

    assert!(matches!(outrun, BackupError::Outrun), "{outrun}");
    assert!(!to.join("manifest.json").exists());
}

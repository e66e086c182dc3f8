//! What a backup has, also of a store that is being written, is what a restored store has; and what is no
//! whole backup is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use flowlogd_logstore::{
    Batch, FilterQuery, InputEvent, LogStore, NewGroup, NoFormats, Owner, Pattern, Settings,
    Streams,
};
use flowlogd_server::backup::{BackedUp, BackupError, Manifest, back_up, restore};
use flowlogd_server::data_directory::{Condition, logs};
use flowlogd_server::{RootCredentials, State, prepare};
use tempfile::TempDir;

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const NOW: i64 = 1_795_651_200_000;

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

/// A server's data directory, a place for backups, and one for a restored one.
struct Site {
    directory: TempDir,
    store: Option<LogStore>,
    _state: State,
}

impl Site {
    fn new(settings: Settings) -> Self {
        let directory = tempfile::tempdir().expect("it is made");
        let data = directory.path().join("data");
        let state = State::open(&data).expect("it opens");
        let accounts = vec![owner().account];
        prepare(&state, &accounts, &RootCredentials::default(), &data, NOW).expect("it is made");
        let store = LogStore::open_with(&logs(&data), settings, Arc::new(NoFormats));
        let store = store.expect("it opens");
        let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
        store.create_group(&owner(), &group, NOW).expect("it is made");
        store.create_stream(&owner(), "g", "s", NOW).expect("it is made");
        Self { directory, store: Some(store), _state: state }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn store(&self) -> &LogStore {
        self.store.as_ref().expect("it is open")
    }

    fn put(&self, numbers: std::ops::Range<u64>) {
        put(self.store(), numbers);
    }

    /// Puts events, and moves them into a segment.
    fn put_cold(&self, numbers: std::ops::Range<u64>) {
        self.put(numbers);
        self.store().maintain(NOW).expect("it works");
    }

    /// The files of segments, in the order in which they were made.
    fn segments(&self) -> Vec<PathBuf> {
        let mut segments = files(&self.path("data/logs/segments"));
        segments.sort_by_key(|path| fs::metadata(path).and_then(|file| file.modified()).ok());
        segments
    }

    fn back_up(&self) -> Result<BackedUp, BackupError> {
        back_up(&self.path("data"), &self.path("backup"), NOW)
    }

    fn restore(&self) -> Result<(Manifest, Condition), BackupError> {
        restore(&self.path("backup"), &self.path("restored"))
    }

    fn manifest(&self) -> Manifest {
        Manifest::read(&self.path("backup")).expect("it is read").expect("it is there")
    }

    /// Restores, and counts how often each number is there.
    fn restored(&self) -> BTreeMap<u64, usize> {
        let (_, condition) = self.restore().expect("it is restored");
        assert!(condition.is_sound(), "{condition:?}");
        let found = self.found();
        fs::remove_dir_all(self.path("restored")).expect("it is removed");
        found
    }

    fn found(&self) -> BTreeMap<u64, usize> {
        State::open(&self.path("restored")).expect("it opens");
        let store = LogStore::open(&logs(&self.path("restored"))).expect("it opens");
        let found = numbers(&store);
        assert_eq!(store.damage(), Vec::<String>::new());
        found
    }
}

fn put(store: &LogStore, numbers: std::ops::Range<u64>) {
    let events =
        numbers.map(|number| InputEvent { timestamp: NOW, message: number.to_string() }).collect();
    let owner = owner();
    let batch = Batch { owner: &owner, group: "g", stream: "s", events, producer: None };
    store.put(batch, NOW).expect("it is stored");
}

fn numbers(store: &LogStore) -> BTreeMap<u64, usize> {
    let mut found = BTreeMap::new();
    let mut beyond = None;
    loop {
        let query = FilterQuery {
            owner: &owner(),
            group: "g",
            streams: Streams::All,
            start: None,
            end: None,
            pattern: &Pattern::everything(),
            descending: false,
            beyond,
            limit: 10_000,
            max_bytes: 8 << 20,
        };
        let page = store.filter(&query, NOW).expect("it is read");
        for event in page.events {
            *found.entry(event.message.parse().expect("it is a number")).or_default() += 1;
        }
        beyond = page.next;
        if beyond.is_none() {
            return found;
        }
    }
}

fn once(numbers: std::ops::Range<u64>) -> BTreeMap<u64, usize> {
    numbers.map(|number| (number, 1)).collect()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).expect("it is there") {
            let path = entry.expect("it is read").path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Has the others stop, also where an assertion ends this one.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_was_acknowledged_before_a_backup_began_is_in_it_once() {
    let settings = Settings { compact_files: 2, grace: 300, ..small() };
    let site = Site::new(settings);
    let (acknowledged, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let until = |count: u64| {
        while acknowledged.load(Ordering::SeqCst) < count {
            thread::sleep(Duration::from_millis(1));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            for batch in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                site.put(batch * 20..(batch + 1) * 20);
                acknowledged.store((batch + 1) * 20, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            // As the clock would: what was replaced goes after its grace time.
            for tick in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                site.store().maintain(NOW + tick * 20).expect("it works");
            }
        });
        let _stop = Stop(&stop);
        let mut before = 0;
        for round in 0..4 {
            until(before + 400);
            before = acknowledged.load(Ordering::SeqCst);

            let done = site.back_up().expect("it is backed up");

            let after = acknowledged.load(Ordering::SeqCst) + 20;
            assert!(done.is_sound(), "{done:?}");
            let found = site.restored();
            assert!(found.values().all(|count| *count == 1), "round {round}: some are doubled");
            for number in 0..before {
                assert!(found.contains_key(&number), "round {round}: {number} of {before} is lost");
            }
            assert!(found.keys().all(|number| *number < after));
        }
    });
    assert!(site.store().figures(NOW).expect("it is read").live.count > 0, "it has drained");
}

#[test]
fn a_second_backup_copies_what_is_new_and_removes_what_is_gone() {
    let site = Site::new(small());
    for part in 0..3 {
        site.put_cold(part * 100..(part + 1) * 100);
    }
    let first = site.back_up().unwrap();
    assert_eq!((first.segments, first.copied, first.removed), (3, 5, 0));
    let segments = files(&site.path("backup/logs"));
    let written = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let times: Vec<_> = segments.iter().map(written).collect();

    site.put_cold(300..400);
    let second = site.back_up().unwrap();

    assert_eq!((second.segments, second.copied), (4, 3), "a segment and two databases");
    assert_eq!(segments.iter().map(written).collect::<Vec<_>>(), times);
    assert_eq!(site.restored(), once(0..400));

    let third = site.back_up().unwrap();
    assert_eq!((third.segments, third.copied), (4, 2), "the databases");

    site.store().set_retention(&owner(), "g", Some(1)).unwrap();
    site.store().maintain(NOW + 3 * 86_400_000).unwrap();
    let fourth = site.back_up().unwrap();
    assert_eq!(fourth.segments, 0);
    assert!(fourth.removed >= 4, "{fourth:?}");
    let named = site.manifest().files.len();
    assert_eq!(files(&site.path("backup")).len(), named + 2, "and the manifest and the lock");
}

#[test]
fn a_backup_that_was_broken_off_is_none_and_the_next_one_goes_on_with_it() {
    let site = Site::new(small());
    for part in 0..4 {
        site.put_cold(part * 100..(part + 1) * 100);
    }
    // Something is in the way of the last segment.
    let last = site.segments().pop().unwrap();
    let obstacle = site.path("backup").join(last.strip_prefix(site.path("data")).unwrap());
    let obstacle = PathBuf::from(format!("{}.new", obstacle.display()));
    fs::create_dir_all(&obstacle).unwrap();
    fs::write(site.path("backup").join("backup.lock"), "").unwrap();

    assert!(matches!(site.back_up().unwrap_err(), BackupError::File { .. }));

    let refused = site.restore().unwrap_err();
    assert!(matches!(refused, BackupError::NoManifest(_)), "{refused}");
    assert!(!site.path("restored").exists());

    fs::remove_dir(&obstacle).unwrap();
    // One that was left behind is not what was copied.
    let first = site.segments().remove(0);
    let left = site.path("backup").join(first.strip_prefix(site.path("data")).unwrap());
    let mut bytes = fs::read(&left).unwrap();
    bytes[20] ^= 1;
    fs::write(&left, &bytes).unwrap();
    let done = site.back_up().unwrap();
    assert!(done.segments == 4 && done.copied < 6, "what was copied is kept: {done:?}");
    assert_eq!(site.restored(), once(0..400));
}

#[test]
fn a_backup_stands_until_the_next_one_is_complete() {
    let site = Site::new(small());
    site.put_cold(0..100);
    site.back_up().unwrap();
    site.put_cold(100..200);
    let whole = site.path("whole");
    back_up(&site.path("data"), &whole, NOW).unwrap();
    for file in files(&whole.join("logs")) {
        let file = site.path("backup").join(file.strip_prefix(&whole).unwrap());
        if !file.exists() {
            fs::create_dir_all(format!("{}.new", file.display())).unwrap();
        }
    }

    assert!(site.back_up().is_err());

    assert_eq!(site.restored(), once(0..100));
}

#[test]
fn a_changed_file_is_refused_and_nothing_is_left() {
    let site = Site::new(small());
    site.put_cold(0..100);
    site.put(100..150);
    site.back_up().unwrap();
    let names: Vec<String> = site.manifest().files.into_iter().map(|file| file.stored).collect();
    assert_eq!(names.len(), 3);
    for name in names {
        let path = site.path("backup").join(name);
        let sound = fs::read(&path).unwrap();
        let mut flipped = sound.clone();
        flipped[sound.len() / 3] ^= 0x10;
        let cut = sound[..sound.len() - 1].to_vec();
        for changed in [Some(flipped), Some(cut), None] {
            match &changed {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }

            let refused = site.restore().unwrap_err();

            assert!(
                matches!(&refused, BackupError::Changed { path: of, .. } if *of == path),
                "{refused}"
            );
            assert!(!site.path("restored").exists(), "nothing is left");
        }
        fs::write(&path, &sound).unwrap();
    }
    assert_eq!(site.restored(), once(0..150));
}

#[test]
fn a_manifest_that_leads_elsewhere_or_is_of_another_format_is_refused() {
    let site = Site::new(small());
    site.back_up().unwrap();
    let path = site.path("backup/manifest.json");
    let sound = fs::read_to_string(&path).unwrap();
    for (from, to, why) in [
        ("\"path\": \"state.db\"", "\"path\": \"../state.db\"", "is no file of a backup"),
        ("\"path\": \"state.db\"", "\"path\": \"credentials\"", "is no file of a backup"),
        ("\"path\": \"state.db\"", "\"path\": \"logs/meta.db\"", "is no file of a backup"),
        ("\"stored\": \"databases", "\"stored\": \"/etc", "is no file of a backup"),
        ("\"format\": 1", "\"format\": 2", "use the one that made it"),
        ("{", "", "expected"),
    ] {
        assert!(sound.contains(from), "{from}");
        fs::write(&path, sound.replacen(from, to, 1)).unwrap();

        let refused = site.restore().unwrap_err();

        assert!(matches!(refused, BackupError::Manifest { .. }), "{refused}");
        assert!(to.is_empty() || refused.to_string().contains(why), "{refused}");
    }
    assert!(!site.path("restored").exists());
}

#[test]
fn directories_that_are_somebody_elses_are_left_alone() {
    let site = Site::new(small());
    site.put_cold(0..10);
    site.back_up().unwrap();
    fs::create_dir_all(site.path("restored")).unwrap();
    fs::write(site.path("restored/photograph"), "mine").unwrap();

    assert!(matches!(site.restore().unwrap_err(), BackupError::NotEmpty(_)));
    let into = back_up(&site.path("data"), &site.path("restored"), NOW).unwrap_err();
    assert!(matches!(into, BackupError::Foreign(_)), "{into}");
    let of = back_up(&site.path("restored"), &site.path("other"), NOW).unwrap_err();
    assert!(matches!(of, BackupError::NoData(_)), "{of}");

    assert_eq!(files(&site.path("restored")), [site.path("restored/photograph")]);
    fs::remove_file(site.path("restored/photograph")).unwrap();
    assert_eq!(site.restored(), once(0..10), "an empty directory will do");
}

#[test]
fn a_torn_segment_is_named_and_the_rest_is_backed_up_and_restored() {
    let site = Site::new(small());
    for part in 0..3 {
        site.put_cold(part * 100..(part + 1) * 100);
    }
    site.put(300..350);
    let segments = site.segments();
    let mut bytes = fs::read(&segments[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segments[1], bytes).unwrap();
    fs::remove_file(&segments[2]).unwrap();

    let done = site.back_up().unwrap();

    assert!(!done.is_sound());
    assert_eq!((done.segments, done.damage.len()), (1, 2), "{done:?}");
    assert!(done.damage[0].why.contains("are not what was written"), "{done:?}");
    assert!(done.damage[1].why.contains("is missing"), "{done:?}");
    assert_eq!((done.damage[0].events, done.damage[0].group.as_str()), (100, "g"));
    assert_eq!(site.manifest().damaged.len(), 2);
    let (_, condition) = site.restore().unwrap();
    assert_eq!(condition.logs.damage.len(), 2, "it is told again");
    let expected: BTreeMap<u64, usize> = once(0..100).into_iter().chain(once(300..350)).collect();
    assert_eq!(site.found(), expected);
}

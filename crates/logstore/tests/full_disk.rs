//! A disk that is full: nothing new is stored and nothing that was is lost, reading goes on, and deleting
//! makes room. The disk is a small one in memory, which takes root to mount.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowlogd_logstore::{
    Batch, From, GetQuery, InputEvent, LogStore, NewGroup, NoFormats, Owner, Settings, StoreError,
};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// 2026-11-26T00:00:00Z in Unix milliseconds.
const BEGIN: i64 = 1_795_651_200_000;
const DAY: i64 = 86_400_000;

/// A disk of 64 MiB.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            let is_required =
                std::env::var("FLOWLOGD_REQUIRE_ROOT_TESTS").is_ok_and(|value| value == "1");
            assert!(!is_required, "this test takes root");
            #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
            {
                eprintln!("SKIPPED: a full disk cannot be made without root");
            }
            return None;
        }
        let directory = tempfile::tempdir().expect("it is made");
        let options = Some("size=64m");
        mount(Some("none"), directory.path(), Some("tmpfs"), MsFlags::empty(), options)
            .expect("root may mount");
        Some(Self(directory))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills what is left, as another program would.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).expect("it is made");
        let mut size = 1 << 16;
        while size > 0 {
            if file.write_all(&vec![7; size]).is_err() {
                size /= 2;
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = umount2(self.path(), MntFlags::MNT_DETACH);
    }
}

fn owner() -> Owner {
    Owner { account: "1".to_owned(), region: "r".to_owned() }
}

fn open(disk: &SmallDisk) -> Result<LogStore, StoreError> {
    let settings = Settings {
        drain_bytes: 2 << 20,
        sweep_every: 0,
        grace: 0,
        floor: 6 << 20,
        ballast: 8 << 20,
        ..Settings::default()
    };
    LogStore::open_with(&disk.path().join("logs"), settings, Arc::new(NoFormats))
}

/// Text that does not get smaller.
fn noise(seed: u64) -> String {
    let mut state = seed;
    let mut digit = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from(state >> 33 & 63).unwrap_or(0))
    };
    (0..500).map(|_| digit()).collect()
}

fn put(store: &LogStore, number: u64, now: i64) -> Result<(), StoreError> {
    let event = |place: u64| InputEvent {
        timestamp: now + i64::try_from(place).unwrap_or(0),
        message: format!("{number} {place} {}", noise(number << 16 | place)),
    };
    let batch = Batch {
        owner: &owner(),
        group: "g",
        stream: "s",
        events: (0..400).map(event).collect(),
        producer: None,
    };
    store.put(batch, now).map(drop)
}

/// How many events there are, each once.
fn count(store: &LogStore, now: i64) -> usize {
    let (mut from, mut all) = (From::Head, Vec::new());
    loop {
        let query = GetQuery {
            owner: &owner(),
            group: "g",
            stream: "s",
            start: None,
            end: None,
            from,
            limit: 10_000,
            max_bytes: 1 << 20,
        };
        let page = store.get(&query, now).expect("reading goes on");
        let Some(last) = page.last() else { break };
        from = From::After(last.key);
        all.extend(page.into_iter().map(|event| event.message));
    }
    all.sort_unstable();
    let read = all.len();
    all.dedup();
    assert_eq!(all.len(), read, "no event is there twice");
    read
}

#[test]
fn a_full_disk_refuses_what_is_new_and_keeps_what_it_has() {
    let Some(disk) = SmallDisk::new() else { return };
    let store = open(&disk).expect("it opens");
    let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
    store.create_group(&owner(), &group, BEGIN).expect("it is made");
    store.create_stream(&owner(), "g", "s", BEGIN).expect("it is made");

    let mut batches = 0;
    let refusal = loop {
        let now = BEGIN + i64::try_from(batches).unwrap_or(0) * 1000;
        match put(&store, batches, now) {
            Ok(()) => batches += 1,
            Err(error) => break error,
        }
        if batches.is_multiple_of(7) {
            store.maintain(now).expect("it works");
        }
        assert!(batches < 1000, "the disk is smaller than that");
    };
    assert!(matches!(refusal, StoreError::Full(_)), "{refusal}");
    let stored = usize::try_from(batches).unwrap_or(0) * 400;
    assert!(stored > 20_000, "only {stored}");
    let now = BEGIN + DAY / 4;
    assert_eq!(count(&store, now), stored);

    // Not a byte is left, from now on.
    let filler = disk.fill();
    assert!(matches!(put(&store, 9999, now), Err(StoreError::Full(_))));
    assert_eq!(count(&store, now), stored);
    drop(store);
    let store = open(&disk).expect("what is on a full disk is read");
    assert_eq!(count(&store, now), stored);
    assert!(matches!(put(&store, 9999, now), Err(StoreError::Full(_))));

    // What expires makes room, of the ballast first.
    let later = BEGIN + 2 * DAY;
    let _ = disk.fill();
    store.maintain(now).expect("draining may need the ballast");
    if let Err(error) = store.set_retention(&owner(), "g", Some(1)) {
        assert!(matches!(error, StoreError::Full(_)), "{error}");
        std::fs::remove_file(&filler).expect("it is there");
        store.set_retention(&owner(), "g", Some(1)).expect("there is room");
    }
    let done = store.maintain(later).expect("deleting works");
    assert!(done.swept > 0, "{done:?}");
    assert_eq!(count(&store, later), 0);
    let _ = std::fs::remove_file(&filler);
    store.maintain(later).expect("it works");
    for number in 0..10 {
        put(&store, number, later).expect("there is room again");
    }
    assert_eq!(count(&store, later), 4000);
    let ballast = std::fs::metadata(disk.path().join("logs/ballast")).expect("it is laid again");
    assert_eq!(ballast.len(), 8 << 20);
}

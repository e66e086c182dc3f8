//! The process that is killed: two threads that put, one that maintains, and everything told to the parent
//! before and after it is done.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use flowlogd_logstore::{
    Batch, ColumnKind, InputEvent, LineCodec, LineColumn, LineFormat, LogStore, NewGroup, Owner,
    Producer, Settings, StoreError, Tokens,
};

/// 2026-11-26T00:00:00Z in Unix milliseconds.
pub(crate) const BEGIN: i64 = 1_795_651_200_000;
/// By which the clock goes on with each batch: a day is some hundred batches.
const STEP: i64 = 120_000;
/// Threads that put.
pub(crate) const WRITERS: u64 = 2;
/// Groups, and after how many days their events go.
pub(crate) const GROUPS: [(&str, Option<u32>); 2] = [("kept", None), ("short", Some(1))];
/// Streams of each writer in each group.
const STREAMS: u64 = 3;

#[derive(Debug)]
struct Lines;

impl LineCodec for Lines {
    fn formats(&self, _: &Owner, _: &str) -> Vec<LineFormat> {
        let column = |name: &str, kind, tokens| LineColumn { name: name.to_owned(), kind, tokens };
        vec![LineFormat {
            columns: vec![
                column("writer", ColumnKind::Int32, Tokens::Any),
                column("batch", ColumnKind::Int64, Tokens::Any),
                column("place", ColumnKind::Int32, Tokens::Any),
                column("action", ColumnKind::Text, Tokens::OneOf(&["ACCEPT", "REJECT"])),
            ],
        }]
    }
}

pub(crate) fn owner() -> Owner {
    Owner { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

/// Everything happens early and often.
pub(crate) fn open(directory: &Path) -> Result<LogStore, StoreError> {
    let settings = Settings {
        drain_bytes: 20_000,
        drain_age: 40 * STEP,
        compact_files: 3,
        slice_events: 150,
        sweep_every: 0,
        grace: 20 * STEP,
        floor: 0,
        ballast: 1 << 20,
    };
    LogStore::open_with(directory, settings, Arc::new(Lines))
}

/// Numbers that look random and are not.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Where a batch goes, and its events: nothing but its writer, number and time decide.
pub(crate) struct Planned {
    pub(crate) group: &'static str,
    pub(crate) stream: String,
    pub(crate) events: Vec<InputEvent>,
}

pub(crate) fn planned(writer: u64, number: u64, now: i64) -> Planned {
    let random = mix(writer << 48 ^ number);
    let (group, _) = GROUPS[usize::try_from(random % 2).unwrap()];
    let stream = format!("w{writer}-{}", (random >> 8) % STREAMS);
    let count = 1 + (random >> 16) % 50;
    let late = if (random >> 32).is_multiple_of(8) { 5 * 3_600_000 } else { 0 };
    let event = |place: u64| {
        let random = mix(random ^ place);
        let message = match random % 8 {
            0 => format!("a text of batch {number} at {place}: {random:x}"),
            // Not as the columns would give it back.
            1 => format!("{writer} {number} 00{place} REJECT"),
            2 => format!("{writer} {number} {place} -"),
            3 => format!("{writer} {number} {place} REJECT"),
            _ => format!("{writer} {number} {place} ACCEPT"),
        };
        InputEvent { timestamp: now - late + i64::try_from(place).unwrap() * 7, message }
    };
    Planned { group, stream, events: (0..count).map(event).collect() }
}

/// A stream that is deleted and made anew instead of a batch.
pub(crate) fn is_deletion(writer: u64, number: u64) -> bool {
    mix(writer << 48 ^ number ^ 0xde1).is_multiple_of(193)
}

/// Makes the groups and streams.
pub(crate) fn prepare(store: &LogStore) {
    for (name, retention_days) in GROUPS {
        let group = NewGroup { name: name.to_owned(), retention_days, ..NewGroup::default() };
        store.create_group(&owner(), &group, BEGIN).expect("it is made");
        for writer in 0..WRITERS {
            for stream in 0..STREAMS {
                let stream = format!("w{writer}-{stream}");
                store.create_stream(&owner(), name, &stream, BEGIN).expect("it is made");
            }
        }
    }
}

/// Puts and maintains until it is killed.
pub(crate) fn run(directory: &Path, first: [u64; 2], clock: i64) {
    let store = open(directory).expect("it opens");
    tell("ready");
    let clock = AtomicI64::new(clock);
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for (writer, first) in (0..WRITERS).zip(first) {
            let (store, clock, done) = (store.clone(), &clock, &done);
            scope.spawn(move || {
                for number in first.. {
                    put(&store, writer, number, clock);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            loop {
                match store.maintain(clock.load(Ordering::Relaxed)) {
                    Ok(done) if done.drained + done.swept as u64 > 0 => {
                        tell(&format!(
                            "maintained {} {} {} {}",
                            done.drained, done.merged, done.swept, done.reclaimed
                        ));
                    }
                    Ok(_) => {}
                    Err(error) => tell(&format!("failed {error}")),
                }
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
        });
    });
}

fn put(store: &LogStore, writer: u64, number: u64, clock: &AtomicI64) {
    let now = clock.fetch_add(STEP, Ordering::Relaxed);
    let Planned { group, stream, events } = planned(writer, number, now);
    if is_deletion(writer, number) {
        tell(&format!("deleting {writer} {number} {group} {stream}"));
        // Until it is done: what is told next is that it was.
        while store.delete_stream(&owner(), group, &stream).is_err() {}
        while store.create_stream(&owner(), group, &stream, now).is_err() {}
        tell(&format!("deleted {writer} {number} {group} {stream}"));
        return;
    }
    tell(&format!("putting {writer} {number} {now}"));
    loop {
        let producer = Some(Producer { id: format!("w{writer}"), number });
        let batch =
            Batch { owner: &owner(), group, stream: &stream, events: events.clone(), producer };
        match store.put(batch, now) {
            Ok(_) => break,
            // As an agent does: the same number again, until it is acknowledged.
            Err(error) => tell(&format!("refused {writer} {number} {error}")),
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    tell(&format!("stored {writer} {number}"));
}

/// One line, in one write: what was told is told.
fn tell(line: &str) {
    use std::io::Write as _;
    std::io::stdout().write_all(format!("@{line}\n").as_bytes()).expect("the parent listens");
}

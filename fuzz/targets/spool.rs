//! The spool's directory: its journal and a segment.

use flowlogd_agent::spool::{Damage, ReadError, Settlement, Spool};

use super::directory::{Directory, checksum, two_files};

const MAX_BYTES: u64 = 1 << 30;
const SEGMENT: &str = "0000000000000007.segment";
const SET_ASIDE: &str = "0000000000000007.bad";
/// Magic, length and checksum before a segment's header.
const PREFIX: usize = 16;

/// As it is, and with checksums that hold.
pub(super) fn run(data: &[u8]) {
    let (journal, segment) = two_files(data);
    check(journal, segment);
    check(&sealed_lines(journal), &sealed_header(segment));
}

fn check(journal: &[u8], segment: &[u8]) {
    let directory = Directory::with(&[("journal", journal), (SEGMENT, segment)]);
    let spool = Spool::open(directory.path(), MAX_BYTES).expect("damage keeps no spool shut");
    let damage = spool.damage();
    assert!(damage.bad_journal_bytes <= journal.len() as u64, "{damage:?}");
    assert_eq!(damage.unfinished_commits, 0);
    // What cannot be read is set aside as it was.
    let journal_aside = (damage.bad_journal_bytes > 0).then_some(journal);
    assert_eq!(directory.read("journal.bad").as_deref(), journal_aside, "{damage:?}");
    let segment_aside = (damage.bad_segments == 1).then_some(segment);
    assert_eq!(directory.read(SET_ASIDE).as_deref(), segment_aside, "{damage:?}");
    assert!(segment.starts_with(b"FLSPOOL1") || damage.bad_segments == 1, "{damage:?}");

    let mut unreadable = false;
    for queue in spool.queues() {
        let mut waiting = spool.queue_state(&queue).batches;
        assert!(waiting <= segment.len() as u64 / 64, "more batches than a segment holds");
        while let Some(taken) = spool.take(&queue) {
            let settlement = match spool.read(&taken) {
                Ok(_) => Settlement::Delivered,
                Err(ReadError::Damaged) => {
                    unreadable = true;
                    Settlement::Unreadable
                }
                Err(error) => panic!("{error}"),
            };
            spool.settle(&taken, settlement).expect("a batch is settled");
            let left = spool.queue_state(&queue).batches;
            assert!(left < waiting, "a batch comes again");
            waiting = left;
        }
        assert_eq!(waiting, 0, "batches that are never given out");
    }
    spool.sync().expect("the journal is written");
    drop(spool);
    let spool = Spool::open(directory.path(), MAX_BYTES).expect("what a spool left opens again");
    assert_eq!(spool.damage(), Damage::default(), "damage is found twice");
    let waiting: u64 = spool.queues().iter().map(|queue| spool.queue_state(queue).batches).sum();
    assert_eq!(waiting, 0, "settled batches come again (unreadable ones: {unreadable})");
}

/// Puts the right checksum before every line.
fn sealed_lines(journal: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::new();
    for line in journal.split_inclusive(|byte| *byte == b'\n') {
        let json = line.get(9..).and_then(|json| json.strip_suffix(b"\n"));
        match json {
            Some(json) => {
                sealed.extend(format!("{:08x} ", checksum(json)).into_bytes());
                sealed.extend(json);
                sealed.push(b'\n');
            }
            None => sealed.extend(line),
        }
    }
    sealed
}

/// Puts the right checksum before a header that is there whole.
fn sealed_header(segment: &[u8]) -> Vec<u8> {
    let mut sealed = segment.to_vec();
    let length = segment.get(8..12).and_then(|bytes| bytes.first_chunk());
    let Some(length) = length.map(|bytes| u32::from_le_bytes(*bytes) as usize) else {
        return sealed;
    };
    if let Some(header) = segment.get(PREFIX..PREFIX.saturating_add(length)) {
        let sum = checksum(header).to_le_bytes();
        if let Some(place) = sealed.get_mut(12..PREFIX) {
            place.copy_from_slice(&sum);
        }
    }
    sealed
}

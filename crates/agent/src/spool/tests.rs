//! What the spool promises, kills and broken disks included.

mod model;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

use super::*;

const LARGE: u64 = 1 << 30;

fn batch(queue: &str, stream: &str, text: &str) -> Batch {
    Batch {
        queue: queue.into(),
        number: None,
        log_group: "group".to_owned(),
        log_stream: stream.to_owned(),
        interface: "eni-1".to_owned(),
        events: vec![
            Event { timestamp: 1_000, message: format!("{text} a"), packets: 3 },
            Event { timestamp: 2_000, message: format!("{text} b"), packets: 4 },
        ],
        created: now(),
    }
}

/// One moment for a whole test run.
fn now() -> i64 {
    static NOW: LazyLock<i64> = LazyLock::new(unix_milliseconds);
    *NOW
}

fn numbered(queue: &str, stream: &str, number: u64) -> Batch {
    Batch { number: Some(number), ..batch(queue, stream, &format!("batch {number}")) }
}

fn open(directory: &TempDir) -> Spool {
    Spool::open(directory.path(), LARGE).unwrap()
}

fn append(spool: &Spool, batches: Vec<Batch>) -> Appended {
    spool.append_all(batches, None).unwrap()
}

/// Takes, reads and settles all that a queue has; returns (stream, number, first message).
fn deliver_all(spool: &Spool, queue: &str) -> Vec<(String, u64, String)> {
    let mut delivered = Vec::new();
    while let Some(taken) = spool.take(&queue.into()) {
        let events = spool.read(&taken).unwrap();
        spool.settle(&taken, Settlement::Delivered).unwrap();
        let message = events[0].message.clone();
        delivered.push((taken.log_stream.to_string(), taken.number, message));
    }
    delivered
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn what_was_appended_is_there_after_a_restart_with_the_same_numbers_and_producer() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("fl-1", "s", "x"), batch("fl-2", "s", "y")]);
    let before = spool.take(&"fl-1".into()).unwrap();
    drop(spool);

    let spool = open(&directory);
    let after = spool.take(&"fl-1".into()).unwrap();

    assert_eq!(after, before);
    assert_eq!(after.sequence_token(), format!("{}:1", before.producer));
    assert_eq!(before.producer.len(), 32);
    assert_ne!(spool.take(&"fl-2".into()).unwrap().producer, before.producer);
    assert_eq!(spool.read(&after).unwrap(), batch("fl-1", "s", "x").events);
}

#[test]
fn what_was_acknowledged_is_not_sent_again_and_its_file_is_gone() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("fl-1", "s", "x"), batch("fl-1", "t", "y")]);
    let taken = spool.take(&"fl-1".into()).unwrap();
    spool.settle(&taken, Settlement::Delivered).unwrap();
    drop(spool);

    let spool = open(&directory);
    assert_eq!(deliver_all(&spool, "fl-1"), [("t".to_owned(), 2, "y a".to_owned())]);

    assert!(files(directory.path(), "segment").is_empty());
    assert_eq!(spool.bytes(), 0);
    drop(spool);
    let spool = open(&directory);
    assert!(spool.take(&"fl-1".into()).is_none());
    append(&spool, vec![batch("fl-1", "s", "z")]);
    assert_eq!(spool.take(&"fl-1".into()).unwrap().number, 3);
}

#[test]
fn a_stream_has_one_batch_under_way_and_keeps_its_order() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "1"), batch("q", "s", "2"), batch("q", "t", "3")]);

    let first = spool.take(&"q".into()).unwrap();
    let other = spool.take(&"q".into()).unwrap();

    assert_eq!((first.number, other.number), (1, 3));
    assert!(spool.take(&"q".into()).is_none());
    spool.release(&first);
    assert_eq!(spool.take(&"q".into()).unwrap().number, 1);
    spool.settle(&first, Settlement::Delivered).unwrap();
    assert_eq!(spool.take(&"q".into()).unwrap().number, 2);
}

#[test]
fn a_replay_made_again_adds_only_what_is_new() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![numbered("q", "s", 1), numbered("q", "s", 2)]);
    let taken = spool.take(&"q".into()).unwrap();
    spool.settle(&taken, Settlement::Delivered).unwrap();
    drop(spool);

    let spool = open(&directory);
    let again = append(&spool, (1..=4).map(|number| numbered("q", "s", number)).collect());

    assert_eq!((again.batches, again.skipped), (2, 2));
    let numbers: Vec<_> =
        deliver_all(&spool, "q").into_iter().map(|(_, number, _)| number).collect();
    assert_eq!(numbers, [2, 3, 4]);
    assert_eq!(append(&spool, vec![numbered("q", "s", 4)]).skipped, 1);
    drop(spool);
    assert_eq!(append(&open(&directory), vec![numbered("q", "s", 4)]).skipped, 1);
}

#[test]
fn the_mark_of_the_last_commit_is_found_again_even_when_its_batches_are_delivered() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    assert_eq!(spool.mark(), None);
    spool.append_all(vec![batch("q", "s", "x")], Some("position 7")).unwrap();
    deliver_all(&spool, "q");
    assert!(files(directory.path(), "segment").is_empty());
    drop(spool);

    let spool = open(&directory);
    assert_eq!(spool.mark().as_deref(), Some("position 7"));
    spool.append_all(Vec::new(), Some("position 8")).unwrap();
    append(&spool, vec![batch("q", "s", "y")]);
    drop(spool);

    assert_eq!(open(&directory).mark().as_deref(), Some("position 8"));
}

#[test]
fn when_full_the_oldest_give_way_and_are_told_by_interface_and_time() {
    let directory = TempDir::new().unwrap();
    // A block and an entry in the index each.
    let spool = Spool::open(directory.path(), 3 * (4096 + 1024)).unwrap();
    let appended: Vec<_> =
        (0..5).map(|number| append(&spool, vec![batch("q", "s", &number.to_string())])).collect();

    let dropped: Vec<_> = appended.into_iter().flat_map(|appended| appended.dropped).collect();
    assert_eq!(dropped.iter().map(|dropped| dropped.number).collect::<Vec<_>>(), [1, 2]);
    let Dropped { records, packets, first, last, loss, interface, .. } = &dropped[0];
    assert_eq!((*records, *packets, *first, *last), (2, 7, 1_000, 2_000));
    assert_eq!((*loss, &**interface), (Loss::Full, "eni-1"));
    let state = spool.queue_state(&"q".into());
    assert_eq!((state.batches, state.dropped_batches, state.dropped_records), (3, 2, 4));
    assert!(spool.bytes() <= 3 * (4096 + 1024));
    drop(spool);
    let spool = open(&directory);
    assert_eq!(spool.dropped_batches(), 2);
    assert_eq!(deliver_all(&spool, "q").len(), 3);
}

#[test]
fn a_batch_under_way_whose_segment_gives_way_may_still_arrive_and_is_lost_only_if_it_does_not() {
    for arrives in [true, false] {
        let directory = TempDir::new().unwrap();
        let spool = Spool::open(directory.path(), 4096 + 2 * 1024).unwrap();
        append(&spool, vec![batch("q", "s", "1"), batch("q", "s", "2")]);
        let taken = spool.take(&"q".into()).unwrap();

        let dropped = append(&spool, vec![batch("q", "s", "3")]).dropped;
        assert_eq!(dropped.iter().map(|dropped| dropped.number).collect::<Vec<_>>(), [2]);
        assert!(matches!(spool.read(&taken), Err(ReadError::Gone)));
        if arrives {
            spool.settle(&taken, Settlement::Delivered).unwrap();
        } else {
            spool.release(&taken);
        }

        let dropped = append(&spool, Vec::new()).dropped;
        let numbers: Vec<_> = dropped.iter().map(|dropped| dropped.number).collect();
        assert_eq!(numbers, if arrives { vec![] } else { vec![1] });
        assert_eq!(spool.take(&"q".into()).unwrap().number, 3);
    }
}

#[test]
fn a_commit_that_can_never_fit_is_refused_and_costs_nobody_their_place() {
    let directory = TempDir::new().unwrap();
    let spool = Spool::open(directory.path(), 4096 + 1024).unwrap();
    append(&spool, vec![batch("q", "s", "1")]);

    let refused = spool.append_all(vec![batch("q", "s", "2"), batch("q", "s", "3")], None);

    assert!(matches!(refused, Err(SpoolError::TooLarge { .. })));
    assert_eq!(deliver_all(&spool, "q").len(), 1);
}

#[test]
fn a_removed_queue_is_told_and_stays_removed_and_a_new_one_has_another_producer() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "1"), batch("other", "s", "2")]);
    let before = spool.take(&"q".into()).unwrap();

    let dropped = spool.remove_queue(&"q".into()).unwrap();

    assert_eq!((dropped.len(), dropped[0].loss), (1, Loss::Removed));
    drop(spool);
    let spool = open(&directory);
    assert_eq!(spool.queues(), ["other".into()]);
    append(&spool, vec![batch("q", "s", "3")]);
    drop(spool);
    let spool = open(&directory);
    let after = spool.take(&"q".into()).unwrap();
    assert_ne!(after.producer, before.producer);
    assert_eq!(spool.read(&after).unwrap()[0].message, "3 a");
    assert_eq!(deliver_all(&spool, "other").len(), 1);
}

#[test]
fn an_empty_queue_is_forgotten_when_no_store_would_take_what_it_could_repeat() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    let aged =
        |queue: &str, days: i64| Batch { created: now() - days * DAY, ..batch(queue, "s", "x") };
    append(&spool, vec![aged("old", 16), aged("young", 13), aged("waiting", 16)]);
    deliver_all(&spool, "old");
    deliver_all(&spool, "young");
    assert_eq!(spool.queues().len(), 3);
    drop(spool);
    // Its segment still speaks of it, for the sake of the one that waits.
    let spool = open(&directory);
    assert_eq!(spool.queues().len(), 3);
    deliver_all(&spool, "waiting");
    drop(spool);

    assert_eq!(open(&directory).queues(), ["young".into()]);
}

#[test]
fn one_spool_has_one_process() {
    let directory = TempDir::new().unwrap();
    let _spool = open(&directory);

    assert!(matches!(Spool::open(directory.path(), LARGE), Err(SpoolError::InUse(_))));
}

#[test]
fn a_batch_that_rots_on_disk_is_told_set_aside_and_holds_up_no_other() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "1"), batch("q", "s", "2")]);
    let segment = files(directory.path(), "segment").remove(0);
    let mut contents = fs::read(&segment).unwrap();
    let first = spool.take(&"q".into()).unwrap();
    contents[usize::try_from(first.place.offset).unwrap() + 12] ^= 1;
    fs::write(&segment, contents).unwrap();

    assert!(matches!(spool.read(&first), Err(ReadError::Damaged)));
    spool.settle(&first, Settlement::Unreadable).unwrap();

    assert_eq!(deliver_all(&spool, "q"), [("s".to_owned(), 2, "2 a".to_owned())]);
    let dropped = append(&spool, Vec::new()).dropped;
    assert_eq!((dropped.len(), dropped[0].loss), (1, Loss::Unreadable));
    assert_eq!(files(directory.path(), "bad").len(), 1);
    drop(spool);
    assert_eq!(open(&directory).dropped_batches(), 1);
}

/// Copies a spool's files, one of them cut off.
fn copy_cut(from: &Path, cut: &Path, length: usize) -> TempDir {
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let mut contents = fs::read(&path).unwrap();
        if path == cut {
            contents.truncate(length);
        }
        fs::write(copy.path().join(path.file_name().unwrap()), contents).unwrap();
    }
    copy
}

#[test]
fn a_segment_cut_off_anywhere_is_set_aside_whole_and_the_others_are_read() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![numbered("q", "s", 1)]);
    append(&spool, vec![numbered("q", "s", 2), numbered("q", "t", 3)]);
    append(&spool, vec![numbered("q", "s", 4)]);
    drop(spool);
    let segment = files(directory.path(), "segment").remove(1);
    let whole = fs::read(&segment).unwrap().len();

    for length in 0..whole {
        let copy = copy_cut(directory.path(), &segment, length);
        let spool = open(&copy);

        assert_eq!(spool.damage().bad_segments, 1, "cut at {length}");
        assert_eq!(files(copy.path(), "bad").len(), 1);
        let numbers: Vec<_> = deliver_all(&spool, "q").into_iter().map(|batch| batch.1).collect();
        assert_eq!(numbers, [1, 4], "cut at {length}");
        drop(spool);
        assert_eq!(open(&copy).damage(), Damage::default(), "it is counted once");
    }
}

#[test]
fn numbers_of_a_lost_segment_are_not_given_out_again_but_a_replay_may_repeat_them() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "1")]);
    append(&spool, vec![batch("q", "s", "2")]);
    drop(spool);
    let segment = files(directory.path(), "segment").remove(1);
    fs::write(&segment, b"FLSPOOL1").unwrap();

    let spool = open(&directory);
    assert_eq!(append(&spool, vec![numbered("q", "s", 2)]).batches, 1);
    drop(spool);
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "3")]);

    let numbers: Vec<_> = deliver_all(&spool, "q").into_iter().map(|batch| batch.1).collect();
    assert_eq!(numbers[..2], [1, 2]);
    assert!(numbers[2] > 1 + 65_536, "{numbers:?}");
}

#[test]
fn a_journal_cut_off_anywhere_costs_at_most_a_batch_sent_twice() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, (1..=4).map(|number| numbered("q", "s", number)).collect());
    let first = spool.take(&"q".into()).unwrap();
    spool.release(&first);
    for _ in 0..2 {
        let taken = spool.take(&"q".into()).unwrap();
        spool.settle(&taken, Settlement::Delivered).unwrap();
    }
    drop(spool);
    let journal = directory.path().join("journal");
    let whole = fs::read(&journal).unwrap().len();

    for length in 0..=whole {
        let copy = copy_cut(directory.path(), &journal, length);
        let spool = open(&copy);

        let taken = spool.take(&"q".into()).unwrap();
        assert_eq!(taken.producer, first.producer, "cut at {length}");
        spool.release(&taken);
        assert_eq!(append(&spool, vec![numbered("q", "s", 4)]).skipped, 1);
        let numbers: Vec<_> = deliver_all(&spool, "q").into_iter().map(|batch| batch.1).collect();
        assert!(numbers.ends_with(&[3, 4]) && numbers.is_sorted(), "cut at {length}: {numbers:?}");
    }
}

#[test]
fn a_commit_that_a_crash_interrupted_is_gone_and_counted() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, vec![batch("q", "s", "1")]);
    drop(spool);
    fs::write(directory.path().join("0000000000000002.new"), b"FLSPOOL1half").unwrap();

    let spool = open(&directory);

    assert_eq!(spool.damage(), Damage { unfinished_commits: 1, ..Damage::default() });
    assert_eq!(deliver_all(&spool, "q").len(), 1);
    assert!(files(directory.path(), "new").is_empty());
}

#[test]
fn a_long_journal_is_summed_up_and_says_the_same() {
    let directory = TempDir::new().unwrap();
    let spool = open(&directory);
    append(&spool, (0..20_000).map(|_| batch("q", "s", "x")).collect());
    for _ in 0..19_999 {
        let taken = spool.take(&"q".into()).unwrap();
        spool.settle(&taken, Settlement::Delivered).unwrap();
    }
    drop(spool);

    let spool = open(&directory);
    assert_eq!(deliver_all(&spool, "q"), [("s".to_owned(), 20_000, "x a".to_owned())]);
    drop(spool);
    assert!(fs::metadata(directory.path().join("journal")).unwrap().len() < 2048 + (1 << 21));
    let spool = open(&directory);
    assert!(fs::metadata(directory.path().join("journal")).unwrap().len() < 1024);
    append(&spool, vec![batch("q", "s", "y")]);
    assert_eq!(spool.take(&"q".into()).unwrap().number, 20_001);
}

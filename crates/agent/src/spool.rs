//! What waits for delivery, on disk.
//!
//! A commit is one segment file with many batches; it is there as a whole or not at all once
//! [`Spool::append_all`] returns. What became of the batches is written to a journal beside the
//! segments, and a segment is deleted when nothing of it waits any longer. Bodies stay on disk; memory
//! holds an index only.
//!
//! Nothing here is asynchronous: every call but [`Spool::take`] and the counters may wait for the disk.

mod batch;
mod disk;
mod error;
mod index;
mod journal;
mod open;
mod segment;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use batch::{Batch, Dropped, Event, Loss, QueueId, Taken};
pub use error::{ReadError, SpoolError};
pub use index::QueueState;

use disk::Disk;
use index::{Index, SettledNumbers};
use segment::{Bodies, Header, Stored};

use crate::client::unix_milliseconds;

/// Batches that wait, in a directory of their own.
#[derive(Debug)]
pub struct Spool {
    directory: PathBuf,
    max_bytes: u64,
    damage: Damage,
    // Lock order: `disk` before `index`. Only `disk` is held while the disk works.
    disk: Mutex<Disk>,
    index: Mutex<Index>,
}

/// What was found broken when the spool was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Commits that a crash interrupted; nobody was told that they were kept.
    pub unfinished_commits: u64,
    /// Segments that could not be read, set aside as `.bad`. Their batches are lost.
    pub bad_segments: u64,
    /// Bytes of the journal that could not be read, set aside as `.bad`. The batches concerned are
    /// sent again.
    pub bad_journal_bytes: u64,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Batches that are kept.
    pub batches: u64,
    /// Batches whose number the queue already had.
    pub skipped: u64,
    /// Batches that are lost since the last commit: to make room, or because they cannot be read.
    pub dropped: Vec<Dropped>,
}

/// What became of a batch that was [taken](Spool::take).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The destination has it.
    Delivered,
    /// The destination will never have it.
    Refused,
    /// Its body cannot be read.
    Unreadable,
}

impl Spool {
    /// Returns whether a process has the spool in a directory open.
    pub fn is_in_use(directory: &Path) -> std::io::Result<bool> {
        open::is_in_use(directory)
    }

    /// Opens the spool in `directory`, which is made if need be and belongs to one process at a time.
    /// `max_bytes` bounds what it takes on disk, with 1 KiB for every batch's place in the index.
    ///
    /// Queues that are empty and had their last batch more than 15 days ago are forgotten: what they
    /// could send again, no store takes (`semantics.md` 27).
    pub fn open(directory: impl Into<PathBuf>, max_bytes: u64) -> Result<Self, SpoolError> {
        let directory = directory.into();
        let (disk, index, damage) = open::open(&directory, unix_milliseconds())?;
        let (disk, index) = (Mutex::new(disk), Mutex::new(index));
        Ok(Self { directory, max_bytes, damage, disk, index })
    }

    /// Keeps all of the batches, or none: when it returns they are on disk for good.
    ///
    /// A batch without a number gets its queue's next one. One with a number that is not greater than
    /// all that its queue had before is skipped, so that a replay can be made again from its beginning
    /// (`semantics.md` 21). `mark` is kept in the same commit and found again by [`Spool::mark`]; with
    /// it a caller remembers up to where its input is in the spool (`semantics.md` 20).
    ///
    /// Where the bound is reached, the oldest segments give way.
    pub fn append_all(
        &self,
        batches: Vec<Batch>,
        mark: Option<&str>,
    ) -> Result<Appended, SpoolError> {
        let given = batches.len() as u64;
        let fresh = self.index().fresh(batches);
        if let Some(batch) = fresh.iter().find(|batch| batch.events.is_empty()) {
            return Err(SpoolError::EmptyBatch(batch.queue.clone()));
        }
        if fresh.len() > segment::MAX_BATCHES {
            return Err(SpoolError::TooManyBatches(fresh.len()));
        }
        // Compressed before the disk is locked, so that acknowledgements do not wait for it.
        let bodies = Bodies::encode(&fresh)?;

        let mut disk = self.disk();
        let (header, new_queues) = {
            let mut index = self.index();
            let new_queues = index.add_queues(&fresh)?;
            (index.header(&fresh, &bodies, mark), new_queues)
        };
        for (queue, producer) in new_queues {
            disk.journal.write(&journal::Entry::Queue { queue, producer })?;
        }
        let kept = header.batches.len() as u64;
        if kept > 0 {
            self.commit(&mut disk, header, &bodies)?;
        } else if let Some(mark) = header.mark {
            let segment = disk.next_segment;
            disk.next_segment += 1;
            self.index().set_mark(segment, &mark);
            disk.journal.write(&journal::Entry::Mark { segment, mark })?;
            disk.journal.sync()?;
        }
        let dropped = self.index().take_dropped();
        Ok(Appended { batches: kept, skipped: given - kept, dropped })
    }

    /// Returns the mark of the last commit that had one.
    pub fn mark(&self) -> Option<String> {
        self.index().mark().map(str::to_owned)
    }

    /// Takes the oldest batch of a queue whose stream has none under way. It stays under way until it
    /// is [settled](Spool::settle) or [released](Spool::release).
    pub fn take(&self, queue: &QueueId) -> Option<Taken> {
        self.index().take(queue)
    }

    /// Reads the events of a batch.
    pub fn read(&self, taken: &Taken) -> Result<Vec<Event>, ReadError> {
        segment::read_body(&disk::segment_path(&self.directory, taken.place.segment), &taken.place)
    }

    /// Records the end of a batch. A crash may forget it for a moment longer than [`Spool::sync`] is
    /// away; the batch is then sent again, and the store knows its number.
    pub fn settle(&self, taken: &Taken, settlement: Settlement) -> Result<(), SpoolError> {
        let mut disk = self.disk();
        let retired = self.index().settle(taken, settlement);
        disk.journal.write(&journal::Entry::Settled {
            queue: taken.queue.clone(),
            number: taken.number,
            created: taken.created,
        })?;
        if settlement == Settlement::Unreadable {
            let batches = self.index().dropped_batches();
            disk.journal.write(&journal::Entry::Dropped { batches })?;
        }
        self.retire(&mut disk, retired)?;
        if disk.journal.has_outgrown() {
            self.compact(&mut disk)?;
        }
        Ok(())
    }

    /// Gives a batch back that could not be sent; it is the first of its stream again.
    pub fn release(&self, taken: &Taken) {
        self.index().release(taken);
    }

    /// Drops all that waits in a queue, and the queue. Batches under way are not waited for.
    pub fn remove_queue(&self, queue: &QueueId) -> Result<Vec<Dropped>, SpoolError> {
        let mut disk = self.disk();
        let mut index = self.index();
        let Some((through, dropped, retired)) = index.remove_queue(queue) else {
            return Ok(Vec::new());
        };
        let lost = index.dropped_batches();
        drop(index);
        disk.journal.write(&journal::Entry::Removed { queue: queue.clone(), through })?;
        disk.journal.write(&journal::Entry::Dropped { batches: lost })?;
        disk.journal.sync()?;
        self.retire(&mut disk, retired)?;
        Ok(dropped)
    }

    /// Makes everything durable that was recorded.
    pub fn sync(&self) -> Result<(), SpoolError> {
        self.disk().journal.sync()
    }

    /// Returns the queues that the spool knows.
    pub fn queues(&self) -> Vec<QueueId> {
        self.index().queues()
    }

    /// Returns what waits in a queue; nothing of a queue that never was.
    pub fn queue_state(&self, queue: &QueueId) -> QueueState {
        self.index().queue_state(queue)
    }

    /// Returns what the spool takes on disk, in bytes, with its index.
    pub fn bytes(&self) -> u64 {
        self.index().footprint()
    }

    /// Returns how many batches were lost since the spool was made, [`Loss::Removed`] ones included.
    pub fn dropped_batches(&self) -> u64 {
        self.index().dropped_batches()
    }

    /// Returns what was broken when the spool was opened.
    pub const fn damage(&self) -> Damage {
        self.damage
    }

    /// Returns where the spool is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn commit(&self, disk: &mut Disk, header: Header, bodies: &Bodies) -> Result<(), SpoolError> {
        let head = segment::encode_header(&header)?;
        let bodies = bodies.of(&header);
        let length = head.len() + bodies.iter().map(|body| body.len()).sum::<usize>();
        let stored = Stored { head: head.len() as u64, length, header };
        self.make_room(disk, segment::footprint(length, stored.header.batches.len()))?;
        let segment = disk.next_segment;
        disk.next_segment += 1;
        disk.write_segment(segment, &head, &bodies)?;
        self.index().insert_segment(segment, stored, &SettledNumbers::new());
        Ok(())
    }

    /// Lets the oldest segments give way until `needed` more bytes fit.
    fn make_room(&self, disk: &mut Disk, needed: u64) -> Result<(), SpoolError> {
        if needed > self.max_bytes {
            return Err(SpoolError::TooLarge { needed, max_bytes: self.max_bytes });
        }
        let mut index = self.index();
        if index.footprint() + needed <= self.max_bytes {
            return Ok(());
        }
        let (mut settled, mut retired) = (Vec::new(), Vec::new());
        while index.footprint() + needed > self.max_bytes {
            let Some(given_up) = index.give_up_oldest(&mut settled) else { break };
            retired.push(given_up);
        }
        let dropped = index.dropped_batches();
        drop(index);
        for entry in settled {
            disk.journal.write(&entry)?;
        }
        disk.journal.write(&journal::Entry::Dropped { batches: dropped })?;
        self.retire(disk, retired)
    }

    /// Deletes segments of which nothing waits. The journal is durable before, or they would rise again.
    fn retire(&self, disk: &mut Disk, retired: Vec<index::Retired>) -> Result<(), SpoolError> {
        if retired.is_empty() {
            return Ok(());
        }
        if let Some((segment, mark)) = self.index().mark_in(&retired) {
            disk.journal.write(&journal::Entry::Mark { segment, mark })?;
        }
        disk.journal.sync()?;
        for segment in retired {
            disk.delete_segment(&segment)?;
            crate::crash::point("deleted");
        }
        Ok(())
    }

    fn compact(&self, disk: &mut Disk) -> Result<(), SpoolError> {
        let entries = self.index().snapshot(disk.next_segment);
        disk.compact(&entries)
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

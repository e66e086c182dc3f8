//! Finding what an earlier process left.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{BAD, Disk, JOURNAL, SEGMENT, UNFINISHED, segment_path, write_journal};
use super::index::{Index, SettledNumbers};
use super::journal::{self, Entry};
use super::segment::{self, MAX_BATCHES, MAX_NUMBER};
use super::{Damage, SpoolError};
use crate::crash;

/// Opens a directory at `now`, in Unix milliseconds: reads the journal, then every segment's header.
pub(super) fn open(directory: &Path, now: i64) -> Result<(Disk, Index, Damage), SpoolError> {
    fs::create_dir_all(directory).map_err(SpoolError::at(directory))?;
    let lock = lock(directory)?;
    let mut damage = Damage::default();
    let journal_path = directory.join(JOURNAL);
    let entries = read_journal(&journal_path, &mut damage)?;
    if !entries.is_empty() {
        crash::point("journal-read");
    }

    let (mut index, mut settled, mut next_segment) = (Index::default(), SettledNumbers::new(), 1);
    for entry in entries {
        if let Entry::Mark { segment, .. } | Entry::LastSegment { segment } = &entry {
            next_segment = next_segment.max(segment + 1);
        }
        index.recall(entry, &mut settled);
    }
    let names = names(directory)?;
    for name in &names {
        // Numbers of files that were set aside are not used again, or their names would clash.
        next_segment = next_segment.max(number_of(name).map_or(1, |number| number + 1));
        if name.extension().is_some_and(|extension| extension == UNFINISHED) {
            fs::remove_file(name).map_err(SpoolError::at(name))?;
            damage.unfinished_commits += u64::from(number_of(name).is_some());
        }
    }
    let mut segments: Vec<u64> = names
        .iter()
        .filter(|name| name.extension().is_some_and(|extension| extension == SEGMENT))
        .filter_map(|name| number_of(name))
        .collect();
    segments.sort_unstable();
    for segment in segments {
        let path = segment_path(directory, segment);
        if let Some(stored) = segment::read_header(&path).map_err(SpoolError::at(&path))? {
            index.insert_segment(segment, stored, &settled);
        } else {
            fs::rename(&path, path.with_extension(BAD)).map_err(SpoolError::at(&path))?;
            damage.bad_segments += 1;
        }
    }
    // What a lost segment's numbers were is not known. Given out again, the store would take new batches
    // for those that it has.
    index.skip_numbers(damage.bad_segments * MAX_BATCHES as u64);
    index.forget_removed_queues();
    index.forget_idle_queues(now);

    let journal = write_journal(directory, &journal_path, &index.snapshot(next_segment))?;
    let disk = Disk { directory: directory.to_owned(), journal, next_segment, _lock: lock };
    for retired in index.retire_settled() {
        disk.delete_segment(&retired)?;
    }
    Ok((disk, index, damage))
}

/// Returns whether a process has a spool open.
pub(super) fn is_in_use(directory: &Path) -> io::Result<bool> {
    let file = match File::open(directory.join("lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock(directory: &Path) -> Result<File, SpoolError> {
    let path = directory.join("lock");
    let file = File::create(&path).map_err(SpoolError::at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(SpoolError::at(&path)(error)),
    }
}

fn read_journal(path: &Path, damage: &mut Damage) -> Result<Vec<Entry>, SpoolError> {
    let contents = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(SpoolError::at(path))?,
    };
    let (entries, read) = journal::read(&contents);
    if read < contents.len() {
        damage.bad_journal_bytes = (contents.len() - read) as u64;
        let bad = path.with_extension(BAD);
        fs::write(&bad, &contents).map_err(SpoolError::at(&bad))?;
    }
    Ok(entries)
}

fn names(directory: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
    };
    read().map_err(SpoolError::at(directory))
}

/// Returns the number of a segment's file, whatever became of it.
fn number_of(name: &Path) -> Option<u64> {
    name.file_stem()?.to_str()?.parse().ok().filter(|number| *number <= MAX_NUMBER)
}

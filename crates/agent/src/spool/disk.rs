//! The files of a spool: its segments, its journal, its lock.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::SpoolError;
use super::index::Retired;
use super::journal::{Entry, Journal, line};

pub(super) const JOURNAL: &str = "journal";
pub(super) const SEGMENT: &str = "segment";
pub(super) const UNFINISHED: &str = "new";
pub(super) const BAD: &str = "bad";

/// The directory, open.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) directory: PathBuf,
    pub(super) journal: Journal,
    pub(super) next_segment: u64,
    /// Held as long as the spool is open.
    pub(super) _lock: File,
}

pub(super) fn segment_path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{segment:016}.{SEGMENT}"))
}

impl Disk {
    /// Writes a segment so that it is there, whole and for good, or not at all.
    pub(super) fn write_segment(
        &self,
        segment: u64,
        head: &[u8],
        bodies: &[&[u8]],
    ) -> Result<(), SpoolError> {
        let path = segment_path(&self.directory, segment);
        let parts = std::iter::once(head).chain(bodies.iter().copied());
        let written = write_whole(&self.directory, &path, parts);
        if written.is_err() {
            // Numbers that the segment took are not given out again, so one that comes back is harmless.
            let _ = fs::remove_file(&path);
        }
        written.map(drop)
    }

    /// Deletes a segment; one with an unreadable batch is set aside.
    pub(super) fn delete_segment(&self, retired: &Retired) -> Result<(), SpoolError> {
        let path = segment_path(&self.directory, retired.segment);
        let done = if retired.damaged {
            fs::rename(&path, path.with_extension(BAD))
        } else {
            fs::remove_file(&path)
        };
        match done {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(SpoolError::at(&path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Puts a summary in the place of the journal.
    pub(super) fn compact(&mut self, entries: &[Entry]) -> Result<(), SpoolError> {
        // Deleted segments must not come back when what the journal says of them is gone.
        sync_directory(&self.directory)?;
        self.journal = write_journal(&self.directory, self.journal.path(), entries)?;
        Ok(())
    }
}

/// Writes a journal of `entries` and opens it.
pub(super) fn write_journal(
    directory: &Path,
    path: &Path,
    entries: &[Entry],
) -> Result<Journal, SpoolError> {
    let mut contents = String::new();
    for entry in entries {
        contents.push_str(&line(entry)?);
    }
    let file = write_whole(directory, path, std::iter::once(contents.as_bytes()))?;
    Ok(Journal::new(path.to_owned(), file, contents.len() as u64))
}

/// Writes a file under another name, makes it durable, and gives it its name.
fn write_whole<'a>(
    directory: &Path,
    path: &Path,
    parts: impl Iterator<Item = &'a [u8]>,
) -> Result<File, SpoolError> {
    let unfinished = path.with_extension(UNFINISHED);
    let write = || {
        let mut file = File::create(&unfinished)?;
        parts.into_iter().try_for_each(|part| file.write_all(part))?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        Ok(file)
    };
    let file = write().map_err(|error| {
        // What is left of it would only take room; at the next start it is removed in any case.
        let _ = fs::remove_file(&unfinished);
        SpoolError::at(path)(error)
    })?;
    sync_directory(directory)?;
    Ok(file)
}

fn sync_directory(directory: &Path) -> Result<(), SpoolError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(SpoolError::at(directory))
}

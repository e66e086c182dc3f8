//! What became of batches: a file of lines, each with its checksum.
//!
//! Lines are appended without waiting for the disk. A crash may tear the last ones off; their batches
//! are sent again, and the store drops them by their numbers.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::segment::{MAX_NUMBER, checksum};
use super::{QueueId, SpoolError};

/// A journal that is larger than this, and than four times its last summary, is summed up.
const MAX_BYTES: u64 = 1 << 20;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// A queue was made.
    Queue { queue: QueueId, producer: String },
    /// The greatest number that a queue ever had, the least one that it may give out, and when its
    /// newest batch was made.
    Numbers { queue: QueueId, highest: u64, next: u64, touched: i64 },
    /// A batch that was made at `created` came to its end.
    Settled { queue: QueueId, number: u64, created: i64 },
    /// A queue was removed, with all its numbers up to this one.
    Removed { queue: QueueId, through: u64 },
    /// So many batches were lost since the spool was made.
    Dropped { batches: u64 },
    /// The last mark, of a segment that is gone.
    Mark { segment: u64, mark: String },
    /// The greatest number that a segment had.
    LastSegment { segment: u64 },
}

/// The journal, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
    summary: u64,
    dirty: bool,
}

impl Journal {
    /// Takes over a file that was just written and is durable.
    pub(super) const fn new(path: PathBuf, file: File, length: u64) -> Self {
        Self { path, file, length, summary: length, dirty: false }
    }

    pub(super) fn write(&mut self, entry: &Entry) -> Result<(), SpoolError> {
        let line = line(entry)?;
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            // Half a line would hide all that follow it.
            let _ = self.file.set_len(self.length);
            let _ = self.file.seek(SeekFrom::Start(self.length));
            return Err(SpoolError::at(&self.path)(error));
        }
        self.length += line.len() as u64;
        self.dirty = true;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), SpoolError> {
        if self.dirty {
            self.file.sync_data().map_err(SpoolError::at(&self.path))?;
            self.dirty = false;
        }
        Ok(())
    }

    pub(super) const fn has_outgrown(&self) -> bool {
        self.length > MAX_BYTES && self.length > 4 * self.summary
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Returns a line with its checksum in front and its end behind.
pub(super) fn line(entry: &Entry) -> Result<String, SpoolError> {
    let json = serde_json::to_string(entry)?;
    Ok(format!("{:08x} {json}\n", checksum(json.as_bytes())))
}

/// Reads lines up to the first that is not whole; returns them, and the bytes that they take.
pub(super) fn read(contents: &[u8]) -> (Vec<Entry>, usize) {
    let (mut entries, mut read) = (Vec::new(), 0);
    for line in contents.split_inclusive(|byte| *byte == b'\n') {
        let Some(entry) = read_line(line) else { break };
        entries.push(entry);
        read += line.len();
    }
    (entries, read)
}

fn read_line(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, json) = line.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    let entry = (sum == checksum(json.as_bytes())).then(|| serde_json::from_str(json).ok())?;
    entry.filter(is_possible)
}

/// Whether it has no number that no spool gives out.
fn is_possible(entry: &Entry) -> bool {
    match entry {
        Entry::Queue { .. } => true,
        Entry::Numbers { highest, next, .. } => *highest.max(next) <= MAX_NUMBER,
        Entry::Settled { number, .. } => *number <= MAX_NUMBER,
        Entry::Removed { through, .. } => *through <= MAX_NUMBER,
        Entry::Dropped { batches } => *batches <= MAX_NUMBER,
        Entry::Mark { segment, .. } | Entry::LastSegment { segment } => *segment <= MAX_NUMBER,
    }
}

//! One moment of a store, for a backup: a copy of its catalog, and the segments that it names.

use std::io::{Read, Write};
use std::path::Path;

use rusqlite::Connection;

use super::entry::{self, SegmentEntry, State};
use super::{schema, segments};
use crate::cold::{Objects, Segment};
use crate::{StoreError, database};

/// A copy of a store's catalog that is open, beside whoever writes the store.
#[derive(Debug)]
pub struct Snapshot {
    catalog: Connection,
    objects: Objects,
}

impl Snapshot {
    /// Copies the catalog of the store in a directory into a file, which is on disk when this returns. The
    /// store may be open elsewhere. Its segments stay where they are: those that are replaced from now on,
    /// for the grace time of the store's settings.
    pub fn take(directory: &Path, to: &Path) -> Result<Self, StoreError> {
        database::snapshot(&directory.join(super::CATALOG), to)?;
        Ok(Self { catalog: database::reading(to)?, objects: Objects::open(directory)? })
    }

    /// Returns the live segments. A catalog that is older than segments has none; one that is newer than
    /// this program is refused.
    pub fn segments(&self) -> Result<Vec<SegmentEntry>, StoreError> {
        if schema::version(&self.catalog)? < schema::WITH_SEGMENTS {
            return Ok(Vec::new());
        }
        entry::of_state(&self.catalog, State::Live)
    }

    /// Whether a segment's object is there.
    pub fn has(&self, segment: &SegmentEntry) -> Result<bool, StoreError> {
        Ok(self.objects.size(&segment.key)?.is_some())
    }

    /// Copies a segment's object, and checks each byte against the catalog before it is handed on. What is
    /// torn or missing is [`StoreError::Damaged`].
    pub fn copy(&self, segment: &SegmentEntry, into: &mut impl Write) -> Result<(), StoreError> {
        // In words: what the disk of the copy says is not what this one does.
        let told = |error: std::io::Error| std::io::Error::new(error.kind(), error.to_string());
        self.segment(segment)?
            .read_whole(&self.objects, |piece| Ok(into.write_all(piece).map_err(told)?))
    }

    /// Checks a copy that was made before.
    pub fn check(&self, segment: &SegmentEntry, copy: &mut impl Read) -> Result<(), StoreError> {
        self.segment(segment)?.check_copy(copy)
    }

    fn segment(&self, entry: &SegmentEntry) -> Result<Segment, StoreError> {
        segments::by_id(&self.catalog, entry.id)
    }
}

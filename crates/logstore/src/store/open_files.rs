//! Footers of segments that were read lately.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::{Inner, lock, segments};
use crate::StoreError;
use crate::cold::SegmentFile;

/// Bytes of footers that are kept, about.
const KEPT: usize = 24 << 20;

/// Open segments by their ids, and when each was used last.
#[derive(Debug, Default)]
pub(super) struct OpenFiles {
    files: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    files: BTreeMap<i64, (u64, Arc<SegmentFile>)>,
    uses: u64,
    bytes: usize,
}

/// Opens a segment, or finds it open.
pub(super) fn open(
    inner: &Inner,
    connection: &Connection,
    id: i64,
) -> Result<Arc<SegmentFile>, StoreError> {
    if let Some(file) = inner.open_files.used(id) {
        return Ok(file);
    }
    let segment = segments::by_id(connection, id)?;
    let file = Arc::new(SegmentFile::open(&inner.objects, Arc::new(segment))?);
    inner.open_files.keep(id, &file);
    Ok(file)
}

impl OpenFiles {
    fn used(&self, id: i64) -> Option<Arc<SegmentFile>> {
        let mut kept = lock(&self.files);
        kept.uses += 1;
        let now = kept.uses;
        let (used, file) = kept.files.get_mut(&id)?;
        *used = now;
        Some(Arc::clone(file))
    }

    fn keep(&self, id: i64, file: &Arc<SegmentFile>) {
        let mut kept = lock(&self.files);
        kept.uses += 1;
        let now = kept.uses;
        if kept.files.insert(id, (now, Arc::clone(file))).is_none() {
            kept.bytes += file.memory();
        }
        while kept.bytes > KEPT && kept.files.len() > 1 {
            let oldest = kept.files.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            if let Some((_, file)) = oldest.and_then(|id| kept.files.remove(&id)) {
                kept.bytes -= file.memory();
            }
        }
    }
}

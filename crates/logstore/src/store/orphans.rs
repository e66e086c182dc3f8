//! Files that no catalog knows: a crash left them between writing and committing, or half written.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::{CATALOG, LogStore, files};
use crate::StoreError;

impl LogStore {
    /// Removes files that belong to nothing. Only right while nobody writes.
    pub(super) fn remove_orphans(&self) -> Result<usize, StoreError> {
        let known: BTreeSet<String> = self.read(|connection| {
            let mut statement = connection.prepare("SELECT key FROM segment")?;
            let keys = statement.query_map([], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })?;
        let mut orphans: Vec<String> =
            self.inner.objects.list()?.into_iter().map(|(key, _)| key).collect();
        orphans.retain(|key| key.starts_with(SEGMENTS) && !known.contains(key));
        self.discard(&orphans);
        let half = remove_half_written(&self.inner.directory.join(SEGMENTS))?;
        let removed = orphans.len() + half;
        if removed > 0 {
            tracing::info!(files = removed, "files of unfinished work were removed");
        }
        Ok(removed)
    }
}

/// Refuses a directory with segments and no catalog: a new one would know none of them, and they would be
/// removed as files of unfinished work.
pub(super) fn refuse_without_catalog(directory: &Path) -> Result<(), StoreError> {
    if directory.join(CATALOG).exists() || files::below(&directory.join(SEGMENTS))?.is_empty() {
        return Ok(());
    }
    Err(StoreError::Damaged(format!(
        "{} has segments, and the {CATALOG} that names them is gone: restore a backup, or move {SEGMENTS} \
         away to begin anew",
        directory.display()
    )))
}

/// Where the keys of segments begin.
pub(super) const SEGMENTS: &str = "segments";

/// Removes what was being written: `….parquet#1`, which is no object yet.
fn remove_half_written(directory: &Path) -> Result<usize, StoreError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let mut removed = 0;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            removed += remove_half_written(&path)?;
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|name| name.contains('#')) {
            std::fs::remove_file(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

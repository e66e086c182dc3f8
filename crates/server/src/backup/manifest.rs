//! What a backup consists of.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path};

use flowlogd_aws::Seconds;
use flowlogd_logstore::Damage;
use serde::{Deserialize, Serialize};

use super::new_file::{self, NewFile};
use super::{BackupError, CATALOG, DATABASES, MANIFEST};
use crate::data_directory::{LOGS, STATE};

/// The form of manifests that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Of the manifest itself: 1.
    pub format: u32,
    /// Which flowlogd made it.
    pub flowlogd: String,
    /// When it was begun, `2026-11-28T01:02:03Z`.
    pub time: String,
    /// Everything that is in it, by path.
    pub files: Vec<Entry>,
    /// What was damaged when it was made, and is not in it.
    pub damaged: Vec<Loss>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it lies in the data directory: `logs/meta.db`.
    pub path: String,
    /// Where it lies in the backup.
    pub stored: String,
    /// Its size.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// A segment that was damaged when the backup was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// Which.
    pub part: String,
    /// Name of its log group.
    pub group: String,
    /// How many events it had.
    pub events: u64,
    /// Timestamp of its earliest event, Unix milliseconds.
    pub first: i64,
    /// Timestamp of its latest event, Unix milliseconds.
    pub last: i64,
    /// What was wrong with it.
    pub why: String,
}

impl From<&Damage> for Loss {
    fn from(damage: &Damage) -> Self {
        let Damage { part, group, events, first, last, why, set_aside: _ } = damage;
        Self {
            part: part.to_string(),
            group: group.clone(),
            events: *events,
            first: *first,
            last: *last,
            why: why.clone(),
        }
    }
}

impl Manifest {
    pub(super) fn new(now: i64, files: Vec<Entry>, damaged: Vec<Loss>) -> Self {
        Self {
            format: FORMAT,
            flowlogd: env!("CARGO_PKG_VERSION").to_owned(),
            time: Seconds(now.div_euclid(1000)).to_string(),
            files,
            damaged,
        }
    }

    /// Reads the manifest of a backup; none if there is none.
    pub fn read(backup: &Path) -> Result<Option<Self>, BackupError> {
        let path = backup.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(BackupError::File { path, source }),
        };
        let wrong = |why| BackupError::Manifest { path: path.clone(), why };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(wrong(format!(
                "its format is {}, and this flowlogd knows {FORMAT}: use the one that made it, {}",
                manifest.format, manifest.flowlogd
            )));
        }
        let mut places = BTreeSet::new();
        for Entry { path: place, stored, .. } in &manifest.files {
            if !is_of_data(place) || !is_below(stored) || !places.insert(place) {
                return Err(wrong(format!("'{place}' from '{stored}' is no file of a backup")));
            }
        }
        if let Some(missing) = [STATE, CATALOG]
            .iter()
            .find(|path| !places.iter().any(|place| place.as_str() == **path))
        {
            return Err(wrong(format!("it does not name {missing}")));
        }
        Ok(Some(manifest))
    }

    /// Writes it: from now on the backup is this one.
    pub(super) fn write(&self, backup: &Path) -> Result<(), BackupError> {
        let path = backup.join(MANIFEST);
        let text = serde_json::to_string_pretty(self).map_err(|error| BackupError::Manifest {
            path: path.clone(),
            why: error.to_string(),
        })?;
        let mut file = NewFile::create(&path)?;
        let failed = |source| BackupError::File { path: path.clone(), source };
        file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(failed)?;
        file.finish()?;
        new_file::open(backup)?.sync_all().map_err(failed)
    }

    /// Removes what lies where a backup's files do, and is of none. Returns how many files.
    pub(super) fn remove_all_else(&self, backup: &Path) -> Result<u64, BackupError> {
        let named: BTreeSet<&Path> =
            self.files.iter().map(|file| Path::new(&file.stored)).collect();
        let mut removed = 0;
        for directory in [DATABASES, LOGS] {
            removed += remove_unnamed(backup, &backup.join(directory), &named)?;
        }
        Ok(removed)
    }
}

/// Whether a path is one of a data directory that a backup holds.
fn is_of_data(path: &str) -> bool {
    let is_segment = Path::new(path).starts_with(Path::new(LOGS).join("segments"));
    is_below(path) && (path == STATE || path == CATALOG || is_segment)
}

/// Whether a path leads nowhere but down.
fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn remove_unnamed(
    backup: &Path,
    directory: &Path,
    named: &BTreeSet<&Path>,
) -> Result<u64, BackupError> {
    let failed = |source| BackupError::File { path: directory.to_owned(), source };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    let mut removed = 0;
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            removed += remove_unnamed(backup, &path, named)?;
            // One that is not empty stays.
            let _ = fs::remove_dir(&path);
        } else if path.strip_prefix(backup).is_ok_and(|path| !named.contains(path)) {
            fs::remove_file(&path).map_err(failed)?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_files_of_a_data_directory_only() {
        for path in ["state.db", "logs/meta.db", "logs/segments/1/2026-11-28/a.parquet"] {
            assert!(is_of_data(path), "{path}");
        }
        for path in [
            "",
            "/state.db",
            "../state.db",
            "logs/../state.db",
            "credentials",
            "agent/x",
            "logs/segments/../../x",
            "logs/segmentsx/a",
            "logs/lock",
        ] {
            assert!(!is_of_data(path), "{path}");
        }
        assert!(is_below("databases/state-0.db") && !is_below("../x") && !is_below("/x"));
    }
}

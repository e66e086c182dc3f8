//! Making a data directory of a backup.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flowlogd_logstore::Mending;

use super::BackupError;
use super::manifest::{Entry, Manifest};
use super::new_file::{self, NewFile};
use crate::data_directory::{self, Condition};

/// Copies a backup into a data directory, which is made, or is empty, and looks it over. Every file is read
/// to its end and held to the manifest. If that fails, nothing is left in the data directory.
///
/// What was damaged when the backup was made is not in it; it is set aside in the new data directory, and in
/// the condition that is returned.
pub fn restore(backup: &Path, data: &Path) -> Result<(Manifest, Condition), BackupError> {
    let manifest =
        Manifest::read(backup)?.ok_or_else(|| BackupError::NoManifest(backup.to_owned()))?;
    let was_there = data.exists();
    if was_there && !is_empty(data)? {
        return Err(BackupError::NotEmpty(data.to_owned()));
    }
    new_file::make_directory(data)?;
    if let Err(error) = copy_all(&manifest, backup, data) {
        discard(data, was_there);
        return Err(error);
    }
    let condition = data_directory::check(data, Mending::SetAside)?;
    new_file::sync_below(data)?;
    Ok((manifest, condition))
}

fn is_empty(directory: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(source) => Err(BackupError::File { path: directory.to_owned(), source }),
    }
}

/// The databases come last: without them no server starts on what is half there.
fn copy_all(manifest: &Manifest, backup: &Path, data: &Path) -> Result<(), BackupError> {
    let (databases, segments): (Vec<&Entry>, Vec<&Entry>) =
        manifest.files.iter().partition(|file| file.path != file.stored);
    for file in segments {
        copy(file, backup, data)?;
    }
    new_file::sync_below(data)?;
    for file in databases {
        copy(file, backup, data)?;
    }
    new_file::sync_below(data)
}

fn copy(file: &Entry, backup: &Path, data: &Path) -> Result<(), BackupError> {
    let from = backup.join(&file.stored);
    let changed = |why: String| BackupError::Changed { path: from.clone(), why };
    match fs::metadata(&from) {
        Ok(found) if found.len() != file.bytes => {
            return Err(changed(format!("it has {} bytes, not {}", found.len(), file.bytes)));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(changed("it is missing".to_owned()));
        }
        Err(source) => return Err(BackupError::File { path: from, source }),
    }
    let to: PathBuf = data.join(&file.path);
    let mut copy = NewFile::create(&to)?;
    let (bytes, sha256) = new_file::read_through(&from, |piece| {
        copy.write_all(piece).map_err(|source| BackupError::File { path: to.clone(), source })
    })?;
    if bytes != file.bytes || sha256 != file.sha256 {
        return Err(changed("it is not what was backed up: its SHA-256 is another".to_owned()));
    }
    copy.finish()?;
    Ok(())
}

/// Removes what was copied.
fn discard(data: &Path, was_there: bool) {
    let _ = fs::remove_dir_all(data.join(data_directory::LOGS));
    for name in [data_directory::STATE.to_owned(), format!("{}.new", data_directory::STATE)] {
        let _ = fs::remove_file(data.join(name));
    }
    if !was_there {
        let _ = fs::remove_dir(data);
    }
}

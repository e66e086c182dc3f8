//! Files on their way into a backup or out of one: on disk before they have their names.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::BackupError;
use crate::ids::hex;

/// Bytes that are in memory at a time.
const PIECE: usize = 1 << 20;

/// A file that is being written beside its name, readable by its owner alone.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
    beside: PathBuf,
    bytes: u64,
    digest: Sha256,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

impl NewFile {
    /// Begins a file; the directory that it is in is made.
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        if let Some(directory) = path.parent() {
            make_directory(directory)?;
        }
        let mut beside = path.to_owned().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let mut options = File::options();
        let file = options
            .create(true)
            .write(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .map_err(failed(&beside))?;
        Ok(Self { file, path: path.to_owned(), beside, bytes: 0, digest: Sha256::new() })
    }

    /// Brings the file to disk and gives it its name; returns its bytes and their SHA-256 in hexadecimal.
    pub(super) fn finish(self) -> Result<(u64, String), BackupError> {
        self.file.sync_all().map_err(failed(&self.beside))?;
        rename(&self.beside, &self.path)?;
        Ok((self.bytes, hex(&self.digest.finalize())))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

pub(super) fn open(path: &Path) -> Result<File, BackupError> {
    File::open(path).map_err(failed(path))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::set_permissions(from, Permissions::from_mode(0o600)).map_err(failed(from))?;
    fs::rename(from, to).map_err(failed(to))
}

/// Makes a directory, readable by its owner alone, and those above it.
pub(super) fn make_directory(directory: &Path) -> Result<(), BackupError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(failed(directory))
}

/// Hands a file on piece by piece; returns its bytes and their SHA-256 in hexadecimal.
pub(super) fn read_through(
    path: &Path,
    mut piece: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<(u64, String), BackupError> {
    let mut file = open(path)?;
    let mut buffer = vec![0; PIECE];
    let (mut bytes, mut digest) = (0, Sha256::new());
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hex(&digest.finalize()))),
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(path)(error)),
        };
        digest.update(read);
        bytes += u64::try_from(read.len()).unwrap_or(0);
        piece(read)?;
    }
}

/// Returns a file's bytes and their SHA-256 in hexadecimal.
pub(super) fn sum_of(path: &Path) -> Result<(u64, String), BackupError> {
    read_through(path, |_| Ok(()))
}

/// Brings the names in a directory, and in all below it, to disk.
pub(super) fn sync_below(directory: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        if path.is_dir() {
            sync_below(&path)?;
        }
    }
    open(directory)?.sync_all().map_err(failed(directory))
}

//! Backups of a data directory, which a server may have open, and data directories made of them.
//!
//! A backup is a directory. Its `manifest.json` is written last and names every file with its size and
//! SHA-256; what it does not name does not count. Segments never change, so a backup into the same directory
//! copies those that it does not have; the databases are copied whole, under names of their own. So the
//! backup that is there stays one until the next one is complete.

mod manifest;
mod new_file;
mod restore;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use flowlogd_logstore::database::{self, DatabaseError};
use flowlogd_logstore::{Damage, Part, SegmentEntry, Snapshot, StoreError};

pub use manifest::{Entry, Loss, Manifest};
pub use restore::restore;

use crate::data_directory::{self, CheckError, LOGS, STATE};
use new_file::NewFile;

/// The file that says what a backup consists of.
const MANIFEST: &str = "manifest.json";
/// The file that is locked while a backup is made; and by which its directory is known as one.
const LOCK: &str = "backup.lock";
/// Where the databases lie, below the backup's directory.
const DATABASES: &str = "databases";
/// The catalog of the log store, below the data directory.
const CATALOG: &str = "logs/meta.db";
/// How often the catalog is read anew because segments were replaced and removed before they were copied.
const ATTEMPTS: usize = 16;

/// Why there is no backup, or no data directory of one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no server's data in it.
    #[error("{} is no data directory of a server: there is no {STATE} in it", .0.display())]
    NoData(PathBuf),
    /// Somebody else's directory.
    #[error("{} is not empty, and no backup: name another directory", .0.display())]
    Foreign(PathBuf),
    /// Another backup is being made.
    #[error("a backup into {} is being made: one at a time", .0.display())]
    Busy(PathBuf),
    /// There would be two data directories in one.
    #[error("{} is not empty: a backup is restored into a directory of its own", .0.display())]
    NotEmpty(PathBuf),
    /// It was never completed, or is none.
    #[error("{} has no {MANIFEST}: it is no backup, or one that was broken off", .0.display())]
    NoManifest(PathBuf),
    /// Its manifest cannot be understood.
    #[error("{}: {why}", .path.display())]
    Manifest {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file of the backup is missing or is not what was backed up.
    #[error("the backup is damaged: {}: {why}", .path.display())]
    Changed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Segments go faster than they are copied.
    #[error(
        "the log store replaced its segments faster than they could be copied, {ATTEMPTS} times"
    )]
    Outrun,
    /// A file failed.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// How.
        source: io::Error,
    },
    /// A database could not be copied.
    #[error("{}: {source}", .path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// How.
        source: DatabaseError,
    },
    /// The log store could not be read.
    #[error(transparent)]
    Logs(#[from] StoreError),
    /// What was restored could not be looked over.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// What a backup did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Segments in the backup.
    pub segments: u64,
    /// Events in those segments.
    pub events: u64,
    /// Files that were copied, databases included.
    pub copied: u64,
    /// Bytes of those.
    pub copied_bytes: u64,
    /// Bytes of the whole backup.
    pub bytes: u64,
    /// Files of earlier backups that were removed.
    pub removed: u64,
    /// Faults of the databases, each with the file's name. They are in the backup as they are.
    pub faults: Vec<String>,
    /// Segments that are damaged, and not in the backup.
    pub damage: Vec<Damage>,
}

impl BackedUp {
    /// Whether all there is was sound, and is in the backup.
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.damage.is_empty()
    }
}

/// Backs up a data directory into a directory for backups, which is made where it is missing. A server may
/// have the data open, and go on writing: what was acknowledged before this began is in the backup. The
/// directory of the agent that runs in the server is not part of it. `now` is in Unix milliseconds.
pub fn back_up(data: &Path, to: &Path, now: i64) -> Result<BackedUp, BackupError> {
    make(data, to, now, &mut || {})
}

/// The same; what happens between reading the catalog and copying what it names can be a test's.
fn make(
    data: &Path,
    to: &Path,
    now: i64,
    meanwhile: &mut dyn FnMut(),
) -> Result<BackedUp, BackupError> {
    if !data_directory::state_file(data).exists() {
        return Err(BackupError::NoData(data.to_owned()));
    }
    let _lock = take(to)?;
    let previous = Manifest::read(to)?.unwrap_or_default();
    let mut work = Work {
        logs: data_directory::logs(data),
        to: to.to_owned(),
        previous: previous.files.into_iter().map(|file| (file.path.clone(), file)).collect(),
        files: BTreeMap::new(),
        done: BackedUp::default(),
    };
    work.database(STATE, &data_directory::state_file(data))?;
    work.log_store(meanwhile)?;
    let files: Vec<Entry> = work.files.into_values().collect();
    let mut done = work.done;
    done.bytes = files.iter().map(|file| file.bytes).sum();
    let losses = done.damage.iter().map(Loss::from).collect();
    let manifest = Manifest::new(now, files, losses);
    new_file::sync_below(to)?;
    manifest.write(to)?;
    done.removed = manifest.remove_all_else(to)?;
    Ok(done)
}

/// Makes the directory, or sees that it is one for backups, and takes it for oneself.
fn take(directory: &Path) -> Result<File, BackupError> {
    new_file::make_directory(directory)?;
    let failed = |source| BackupError::File { path: directory.to_owned(), source };
    let is_empty = fs::read_dir(directory).map_err(failed)?.next().is_none();
    let path = directory.join(LOCK);
    if !is_empty && !path.exists() {
        return Err(BackupError::Foreign(directory.to_owned()));
    }
    let file =
        File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// A backup that is being made.
struct Work {
    logs: PathBuf,
    to: PathBuf,
    /// Files of the backup that is there.
    previous: BTreeMap<String, Entry>,
    /// Files of this one, by where they lie in the data directory.
    files: BTreeMap<String, Entry>,
    done: BackedUp,
}

impl Work {
    /// Copies one moment of a database.
    fn database(&mut self, path: &str, from: &Path) -> Result<(), BackupError> {
        let copy = self.new_database()?;
        let failed = |source| BackupError::Database { path: from.to_owned(), source };
        database::snapshot(from, &copy).map_err(failed)?;
        self.enter_database(path, &copy)
    }

    /// Where a database is copied to until it has its name.
    fn new_database(&self) -> Result<PathBuf, BackupError> {
        let directory = self.to.join(DATABASES);
        new_file::make_directory(&directory)?;
        Ok(directory.join("new"))
    }

    /// Gives a copy of a database its name, and says what is wrong with it.
    fn enter_database(&mut self, path: &str, copy: &Path) -> Result<(), BackupError> {
        let failed = |source| BackupError::Database { path: copy.to_owned(), source };
        let faults = database::faults(copy).map_err(failed)?;
        self.done.faults.extend(faults.into_iter().map(|fault| format!("{path}: {fault}")));
        let (bytes, sha256) = new_file::sum_of(copy)?;
        let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let stored = format!("{DATABASES}/{stem}-{}.db", sha256.get(..16).unwrap_or_default());
        new_file::rename(copy, &self.to.join(&stored))?;
        self.done.copied += 1;
        self.done.copied_bytes += bytes;
        let entry = Entry { path: path.to_owned(), stored, bytes, sha256 };
        self.files.insert(path.to_owned(), entry);
        Ok(())
    }

    /// Copies the log store: its catalog, and the segments that this names.
    fn log_store(&mut self, meanwhile: &mut dyn FnMut()) -> Result<(), BackupError> {
        let mut missing: Vec<String> = Vec::new();
        let mut segments: BTreeMap<String, Entry> = BTreeMap::new();
        for _ in 0..ATTEMPTS {
            let copy = self.new_database()?;
            let snapshot = Snapshot::take(&self.logs, &copy)?;
            let live = snapshot.segments()?;
            meanwhile();
            let missing_before = std::mem::take(&mut missing);
            let mut damage = Vec::new();
            for segment in &live {
                let name = format!("{LOGS}/{}", segment.key);
                if segments.contains_key(&name) {
                    continue;
                }
                match self.segment(&snapshot, segment, &name) {
                    Ok(entry) => {
                        segments.insert(name, entry);
                    }
                    Err(BackupError::Logs(error)) if error.is_damage() => {
                        let is_there = snapshot.has(segment)?;
                        // It is replaced before it is removed: a newer catalog does not name it.
                        if is_there || missing_before.contains(&segment.key) {
                            damage.push(loss(segment, error.reason()));
                        } else {
                            missing.push(segment.key.clone());
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            drop(snapshot);
            if missing.is_empty() {
                self.done.segments = 0;
                for segment in &live {
                    let name = format!("{LOGS}/{}", segment.key);
                    if let Some(entry) = segments.remove(&name) {
                        self.done.segments += 1;
                        self.done.events += segment.events;
                        self.files.insert(name, entry);
                    }
                }
                self.done.damage = damage;
                return self.enter_database(CATALOG, &copy);
            }
        }
        Err(BackupError::Outrun)
    }

    /// Copies a segment, unless it is there already.
    fn segment(
        &mut self,
        snapshot: &Snapshot,
        segment: &SegmentEntry,
        name: &str,
    ) -> Result<Entry, BackupError> {
        let to = self.to.join(name);
        let present = fs::metadata(&to).ok().filter(|found| found.len() == segment.bytes);
        if present.is_some() {
            if let Some(entry) = self.previous.get(name) {
                return Ok(entry.clone());
            }
            // Left by a backup that was broken off.
            let mut file = new_file::open(&to)?;
            if snapshot.check(segment, &mut file).is_ok() {
                let (bytes, sha256) = new_file::sum_of(&to)?;
                return Ok(Entry { path: name.to_owned(), stored: name.to_owned(), bytes, sha256 });
            }
        }
        let mut file = NewFile::create(&to)?;
        snapshot.copy(segment, &mut file)?;
        let (bytes, sha256) = file.finish()?;
        self.done.copied += 1;
        self.done.copied_bytes += bytes;
        Ok(Entry { path: name.to_owned(), stored: name.to_owned(), bytes, sha256 })
    }
}

fn loss(segment: &SegmentEntry, why: String) -> Damage {
    Damage {
        part: Part::Segment(segment.key.clone()),
        group: segment.group.clone(),
        events: segment.events,
        first: segment.first,
        last: segment.last,
        why,
        set_aside: None,
    }
}

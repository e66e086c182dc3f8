//! The store: handles, and what is behind them.

pub(crate) mod block;
mod catalog;
mod compact;
mod drain;
mod emit;
mod entry;
mod figures;
mod files;
mod filters;
mod fsck;
mod maintain;
mod metrics;
mod open_files;
mod orphans;
mod page;
mod pointer;
mod put;
mod read;
mod schema;
mod segments;
mod settings;
mod snapshot;
mod sources;
mod space;
mod streams;
mod sweep;
mod writer;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::cold::Objects;
use crate::line::{LineCodec, NoFormats};
use crate::{InputEvent, Owner, StoreError};
pub use entry::SegmentEntry;
pub use figures::{BlockFigures, Figures, SegmentFigures};
use filters::Known;
pub use fsck::{Damage, Findings, Mending, Orphan, Part, fsck};
pub use maintain::Maintained;
use open_files::OpenFiles;
pub use pointer::Pointer;
pub use settings::Settings;
pub use snapshot::Snapshot;
use space::Space;
use writer::Writer;

/// Who numbers its batches, so that each is stored once (`semantics.md` 25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    /// Random, with what it is bound to.
    pub id: String,
    /// Grows from batch to batch of a stream; gaps are allowed.
    pub number: u64,
}

/// Events for a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// Name of the group.
    pub group: &'a str,
    /// Name of the stream.
    pub stream: &'a str,
    /// In the order of their timestamps.
    pub events: Vec<InputEvent>,
    /// By whom.
    pub producer: Option<Producer>,
}

/// Events of a batch that were not stored for their time (`cloudwatch-logs.md` §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// From this one on they are more than two hours ahead.
    pub too_new_start: Option<usize>,
    /// Up to this one, exclusive, they are older than 14 days.
    pub too_old_end: Option<usize>,
    /// Up to this one, exclusive, they are older than the group's retention.
    pub expired_end: Option<usize>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is on disk, but for what was rejected.
    Stored {
        /// So many events.
        events: usize,
        /// What was not.
        rejected: Rejected,
    },
    /// It had been stored before.
    Known,
}

/// The file of the catalog and of the blocks.
const CATALOG: &str = "meta.db";
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Statements that a connection keeps prepared: more than we have.
const STATEMENTS: usize = 128;
/// Connections for reading that are kept open: opening one costs more than most of what is read.
const READERS: usize = 32;
/// Longer than any transaction of ours takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The log store of a data directory. Clones are handles to the same store.
#[derive(Clone, Debug)]
pub struct LogStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    path: PathBuf,
    settings: Settings,
    codec: Arc<dyn LineCodec>,
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    known: Known,
    objects: Objects,
    open_files: OpenFiles,
    space: Space,
    /// Held by whoever moves, merges or deletes; when it was last looked for what has expired.
    maintenance: Mutex<Option<i64>>,
    /// What was said of damage.
    damage: Mutex<BTreeSet<String>>,
    /// Locked as long as the store is open.
    _lock: File,
}

impl LogStore {
    /// Opens the store in a directory, which is made where it is missing. Its lines are text.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, Settings::default(), Arc::new(NoFormats))
    }

    /// Opens the store in a directory, which is made where it is missing.
    pub fn open_with(
        directory: &Path,
        settings: Settings,
        codec: Arc<dyn LineCodec>,
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let lock = locked(directory)?;
        orphans::refuse_without_catalog(directory)?;
        let space = Space::new(directory, settings.floor, settings.ballast);
        match Self::open_locked(directory, settings, Arc::clone(&codec), lock.try_clone()?) {
            // Whoever has filled the disk shall not keep us from reading, or from deleting.
            Err(error) if error.is_full() && space.release() => {
                Self::open_locked(directory, settings, codec, lock)
            }
            opened => opened,
        }
    }

    fn open_locked(
        directory: &Path,
        settings: Settings,
        codec: Arc<dyn LineCodec>,
        lock: File,
    ) -> Result<Self, StoreError> {
        let path = directory.join(CATALOG);
        let mut connection = Connection::open(&path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::prepare(&mut connection)?;
        let writer = Writer::start(connection)?;
        let space = Space::new(directory, settings.floor, settings.ballast);
        let store = Self {
            inner: Arc::new(Inner {
                directory: directory.to_owned(),
                path,
                settings,
                codec,
                readers: Mutex::new(Vec::new()),
                writer,
                known: Known::default(),
                objects: Objects::open(directory)?,
                open_files: OpenFiles::default(),
                space,
                maintenance: Mutex::new(None),
                damage: Mutex::new(BTreeSet::new()),
                _lock: lock,
            }),
        };
        store.remove_orphans()?;
        Ok(store)
    }

    /// Notes that something cannot be read; says so once.
    fn damaged(&self, error: &StoreError) {
        let what = error.to_string();
        if lock(&self.inner.damage).insert(what.clone()) {
            tracing::error!("{what}; all else is read, and `flowlogd fsck` sets it aside");
        }
    }

    /// What was found damaged since the store was opened.
    pub fn damage(&self) -> Vec<String> {
        lock(&self.inner.damage).iter().cloned().collect()
    }

    /// Runs something on one moment of the store.
    fn read<T>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let pooled = lock(&self.inner.readers).pop();
        let reader = if let Some(reader) = pooled {
            reader
        } else {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let reader = Connection::open_with_flags(&self.inner.path, flags)?;
            reader.busy_timeout(PATIENCE)?;
            reader.set_prepared_statement_cache_capacity(STATEMENTS);
            reader
        };
        execute(&reader, "BEGIN")?;
        let result = run(&reader);
        // Fails as little as any end of a transaction that has only read; if it does, the connection is closed.
        execute(&reader, "COMMIT")?;
        let mut readers = lock(&self.inner.readers);
        if readers.len() < READERS {
            readers.push(reader);
        }
        result
    }

    /// Runs a change on the writer's thread, together with what else waits; it is on disk when this
    /// returns.
    fn write<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(run)
    }

    /// Bytes of the database on disk.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        let mut sum = 0;
        for suffix in ["", "-wal"] {
            let mut path = self.inner.path.clone().into_os_string();
            path.push(suffix);
            match std::fs::metadata(path) {
                Ok(metadata) => sum += metadata.len(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sum)
    }
}

/// Takes a store for oneself: two that write would lose what the other stores.
fn locked(directory: &Path) -> Result<File, StoreError> {
    let file =
        File::options().create(true).truncate(false).write(true).open(directory.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(directory.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Executes a statement that stays prepared.
fn execute(connection: &Connection, statement: &str) -> Result<(), StoreError> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The store: handles, and what is behind them.

mod block;
mod catalog;
mod emit;
mod filters;
mod metrics;
mod pointer;
mod put;
mod read;
mod schema;
mod streams;
mod sweep;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::{InputEvent, Owner, StoreError};
use filters::Compiled;
pub use pointer::Pointer;
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

/// Connections for reading that are kept open.
const READERS: usize = 8;
/// Longer than any transaction of ours takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The log store of a data directory. Clones are handles to the same store.
#[derive(Clone, Debug)]
pub struct LogStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    writer: Writer,
    compiled: Compiled,
}

impl LogStore {
    /// Opens the store in a directory, which is made where it is missing.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let path = directory.join("meta.db");
        let mut connection = Connection::open(&path)?;
        connection.busy_timeout(PATIENCE)?;
        schema::prepare(&mut connection)?;
        let writer = Writer::start(connection)?;
        let readers = Mutex::new(Vec::new());
        let inner = Inner { path, readers, writer, compiled: Compiled::default() };
        Ok(Self { inner: Arc::new(inner) })
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
            reader
        };
        let result = {
            let transaction = reader.unchecked_transaction()?;
            run(&transaction)
        };
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Durable state: documents in one `SQLite` file, changed in transactions.

mod document;
mod error;
mod schema;
mod txn;

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowlogd_logstore::database;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::sync::watch;

pub(crate) use document::{Document, Place};
pub use error::StateError;
pub(crate) use txn::Txn;

/// Connections for reading that are kept open: opening one costs more than most of what is read.
const READERS: usize = 32;
/// Statements that a connection keeps prepared: more than we have.
const STATEMENTS: usize = 64;
/// Longer than any transaction of ours takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The state of a data directory: `state.db`, held by one process.
#[derive(Debug)]
pub struct State {
    path: std::path::PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    changes: watch::Sender<u64>,
    // Held as long as the process lives.
    _lock: Option<File>,
}

impl State {
    /// Opens the state, makes it where there is none, and brings an older schema up to date. A directory
    /// that another process holds is refused.
    pub fn open(directory: &Path) -> Result<Self, StateError> {
        let lock = schema::lock(directory)?;
        Self::with_lock(directory, Some(lock))
    }

    /// Takes a data directory for oneself, as a process that serves it does, without opening anything. It is
    /// held until the file is dropped.
    pub fn hold(directory: &Path) -> Result<File, StateError> {
        schema::lock(directory)
    }

    /// Opens the state beside a process that serves it, for one change: its tables are safe for that, and
    /// a server reads them anew at every call.
    pub fn open_beside(directory: &Path) -> Result<Self, StateError> {
        Self::with_lock(directory, None)
    }

    fn with_lock(directory: &Path, lock: Option<File>) -> Result<Self, StateError> {
        let path = directory.join("state.db");
        let mut writer = Connection::open(&path)?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::prepare(&mut writer)?;
        database::keep_durable(&mut writer)?;
        Ok(Self {
            path,
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            changes: watch::channel(0).0,
            _lock: lock,
        })
    }

    /// Runs something that only reads: one moment of the state.
    pub fn read<T, E: From<StateError>>(
        &self,
        run: impl FnOnce(&Txn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let pooled = lock(&self.readers).pop();
        let reader = match pooled {
            Some(reader) => reader,
            None => self.open_reader()?,
        };
        execute(&reader, "BEGIN")?;
        let result = run(&Txn::reading(&reader));
        // Fails as little as any end of a transaction that has only read; if it does, the connection is closed.
        execute(&reader, "COMMIT")?;
        let mut readers = lock(&self.readers);
        if readers.len() < READERS {
            readers.push(reader);
        }
        result
    }

    /// Runs something that changes the state. What it returns `Ok` for is on disk; what it returns `Err`
    /// for has not happened.
    pub fn write<T, E: From<StateError>>(
        &self,
        run: impl FnOnce(&Txn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = lock(&self.writer);
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StateError::from)?;
        let (result, changed) = {
            let txn = Txn::writing(&transaction);
            let result = run(&txn)?;
            (result, txn.has_changed())
        };
        transaction.commit().map_err(|error| {
            database::end_if_unsynced(&error);
            StateError::from(error)
        })?;
        if changed {
            self.changes.send_modify(|number| *number += 1);
        }
        Ok(result)
    }

    /// Returns a watch whose number grows with every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn open_reader(&self) -> Result<Connection, StateError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)?;
        reader.busy_timeout(PATIENCE)?;
        reader.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(reader)
    }
}

/// Executes a statement that stays prepared.
fn execute(connection: &Connection, statement: &str) -> Result<(), StateError> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

/// A transaction that panicked was rolled back: nothing is half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

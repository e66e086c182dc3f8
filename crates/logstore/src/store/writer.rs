//! The one thread that writes: what waits is committed together.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::execute;
use crate::{StoreError, crash, database};

/// How long a commit waits for company.
const COMPANY: Duration = Duration::from_millis(1);
/// Changes that one commit takes at most.
const MOST: usize = 256;

/// A change that waits: run inside the transaction, then told how the commit went.
trait Job: Send {
    fn run(&mut self, connection: &Connection);
    fn settle(self: Box<Self>, committed: Result<(), String>);
}

/// The writing thread.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Box<dyn Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Result<Self, StoreError> {
        database::keep_durable(&mut connection)?;
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("log-store".to_owned())
            .spawn(move || write(connection, &waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Mutex::new(Some(thread)) })
    }

    /// Runs a change; what it returns is on disk.
    pub(super) fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Damaged("its writer has ended".to_owned());
        let (answer, answered) = channel();
        let job = Change { change: Some(change), result: None, answer };
        self.jobs.as_ref().ok_or_else(gone)?.send(Box::new(job)).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

struct Change<T, F> {
    change: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Change<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, connection: &Connection) {
        let Some(change) = self.change.take() else { return };
        // One that fails takes nothing of the others with it.
        let result = execute(connection, "SAVEPOINT change")
            .and_then(|()| change(connection))
            .or_else(|error| {
                execute(connection, "ROLLBACK TO change")?;
                Err(error)
            });
        let ended = execute(connection, "RELEASE change");
        self.result = Some(result.and_then(|value| ended.map(|()| value)));
    }

    fn settle(self: Box<Self>, committed: Result<(), String>) {
        let Some(result) = self.result else { return };
        let answer = match committed {
            Ok(()) => result.map_err(fullness),
            Err(error) => Err(StoreError::Full(error)),
        };
        // Who asked may be gone.
        let _ = self.answer.send(answer);
    }
}

/// A full disk has an error of its own.
fn fullness(error: StoreError) -> StoreError {
    if let StoreError::Database(rusqlite::Error::SqliteFailure(code, _)) = &error
        && code.code == ErrorCode::DiskFull
    {
        return StoreError::Full(error.to_string());
    }
    error
}

fn write(mut connection: Connection, waiting: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = waiting.recv() {
        let mut jobs = vec![first];
        while jobs.len() < MOST {
            match waiting.recv_timeout(if jobs.len() == 1 { Duration::ZERO } else { COMPANY }) {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        let committed = commit(&mut connection, &mut jobs).map_err(|error| {
            database::end_if_unsynced(&error);
            error.to_string()
        });
        crash::at("stored");
        for job in jobs {
            job.settle(committed.clone());
        }
    }
}

fn commit(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        job.run(&transaction);
    }
    transaction.commit()
}

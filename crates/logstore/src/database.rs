//! `SQLite` files as files: whether one is sound, a copy of one moment of it, and what makes one durable.

use std::ffi::c_int;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, OpenFlags};

/// Why a database could not be looked at, or copied.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// `SQLite` failed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A file failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Longer than any transaction of ours takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts to begin a copy.
const PAUSE: Duration = Duration::from_millis(20);
/// Faults of one file that are named.
const MOST_FAULTS: u32 = 20;

/// Says what is wrong with the pages, tables and indexes of a database, the first 20 faults; nothing if it
/// is sound. A file that is missing, or is no database, is a fault too. Nothing is changed.
pub fn faults(path: &Path) -> Result<Vec<String>, DatabaseError> {
    if !path.exists() {
        return Ok(vec!["it is missing".to_owned()]);
    }
    match examine(path) {
        Ok(found) => Ok(found),
        Err(rusqlite::Error::SqliteFailure(code, text))
            if matches!(code.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) =>
        {
            Ok(vec![text.unwrap_or_else(|| code.to_string())])
        }
        Err(error) => Err(error.into()),
    }
}

fn examine(path: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = reading(path)?;
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MOST_FAULTS})"))?;
    let lines = statement.query_map([], |row| row.get(0))?;
    let mut lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    lines.retain(|line| line != "ok");
    Ok(lines)
}

/// Opens a database for reading only, also beside a process that writes it.
pub(crate) fn reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// Copies one moment of a database, also while another process writes it: page by page, and so with
/// whatever is damaged in it. The copy is one file, without a `-wal` beside it, and is on disk when this
/// returns; what was at its place before is gone.
pub fn snapshot(from: &Path, to: &Path) -> Result<(), DatabaseError> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut path = to.to_owned().into_os_string();
        path.push(suffix);
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let source = reading(from)?;
    let mut copy = Connection::open(to)?;
    // It is synced once, when it is whole.
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(&source, &mut copy)?;
    // All pages in one step: one moment, and a reader like any other, which holds no writer up.
    while backup.step(-1)? != StepResult::Done {
        std::thread::sleep(PAUSE);
    }
    drop(backup);
    drop(copy);
    // A copy of a database that keeps a write-ahead log would want one too.
    let copy = Connection::open(to)?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| error)?;
    std::fs::File::open(to)?.sync_all()?;
    Ok(())
}

/// Pages of the log of changes after which it is taken into the database: 4 MiB.
const LONG: c_int = 1000;

/// Has a connection that writes take its log of changes into the database by itself, and end the process where
/// that cannot be brought to disk. `SQLite` would do so too, and keep silent about an fsync that fails.
pub fn keep_durable(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.wal_hook(Some(checkpoint))
}

#[expect(clippy::unnecessary_wraps, reason = "a hook's signature")]
fn checkpoint(wal: &mut Wal, pages: c_int) -> rusqlite::Result<()> {
    if pages >= LONG
        && let Err(error) = wal.checkpoint()
    {
        end_if_unsynced(&error);
        // Whatever else it is, the log has everything, and the next one tries again.
        tracing::debug!(%error, "a database's log of changes stays for now");
    }
    Ok(())
}

/// Ends the process after a failed fsync: the system may have dropped what it could not write, and call the next
/// one a success. What is told from here on could not be trusted.
pub fn end_if_unsynced(error: &rusqlite::Error) {
    // SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC.
    if matches!(error, rusqlite::Error::SqliteFailure(code, _) if matches!(code.extended_code, 1034 | 1290))
    {
        tracing::error!(%error, "a database could not be brought to disk; the process ends");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_one_moment_of_a_database_that_is_being_written() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from.db"), directory.path().join("to.db"));
        let writer = Connection::open(&from).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.execute_batch("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1);").unwrap();
        writer.execute_batch("BEGIN; INSERT INTO t VALUES (2);").unwrap();

        snapshot(&from, &to).unwrap();

        writer.execute_batch("COMMIT").unwrap();
        let sum = |path: &Path| -> i64 {
            let connection = reading(path).unwrap();
            connection.query_row("SELECT sum(n) FROM t", [], |row| row.get(0)).unwrap()
        };
        assert_eq!((sum(&from), sum(&to)), (3, 1));
        assert!(faults(&to).unwrap().is_empty());
        let beside = std::fs::read_dir(directory.path()).unwrap().filter(|entry| {
            entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("to.db-")
        });
        assert_eq!(beside.count(), 0, "the copy is one file");
    }

    #[test]
    fn a_page_that_was_overwritten_is_a_fault() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, x TEXT)").unwrap();
        for _ in 0..400 {
            writer.execute("INSERT INTO t (x) VALUES (?1)", ["x".repeat(100)]).unwrap();
        }
        writer.close().unwrap();
        assert!(faults(&path).unwrap().is_empty());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096 * 3..4096 * 4].fill(0x5a);
        std::fs::write(&path, &bytes).unwrap();

        assert!(!faults(&path).unwrap().is_empty());

        std::fs::write(&path, "no database at all, but long enough to be looked at as one")
            .unwrap();
        assert!(!faults(&path).unwrap().is_empty());
        assert_eq!(faults(&directory.path().join("none.db")).unwrap(), ["it is missing"]);
    }
}

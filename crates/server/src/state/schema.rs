//! Tables, their versions, and the lock of the data directory.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rusqlite::Connection;

use super::{PATIENCE, StateError};

/// One entry a version; each is applied once, in order.
const VERSIONS: &[&str] = &[
    "
    CREATE TABLE document (
        account TEXT NOT NULL,
        region  TEXT NOT NULL,
        kind    TEXT NOT NULL,
        id      TEXT NOT NULL,
        number  INTEGER NOT NULL,            -- order of making
        body    TEXT NOT NULL,
        PRIMARY KEY (account, region, kind, id)
    ) WITHOUT ROWID;
    CREATE INDEX document_by_kind ON document (kind, id);
    CREATE TABLE numbers (next INTEGER NOT NULL);
    INSERT INTO numbers VALUES (1);
    -- Of all that enters a rule revision; rows are only ever added.
    CREATE TABLE history (
        number  INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL,            -- Unix milliseconds
        account TEXT NOT NULL,
        region  TEXT NOT NULL,
        kind    TEXT NOT NULL,
        id      TEXT NOT NULL,
        body    TEXT                         -- absent: deleted
    );
    CREATE TABLE revision (
        revision TEXT PRIMARY KEY,
        text     TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE idempotency (
        account TEXT NOT NULL,
        region  TEXT NOT NULL,
        action  TEXT NOT NULL,
        token   TEXT NOT NULL,
        request TEXT NOT NULL,               -- digest
        answer  TEXT NOT NULL,
        PRIMARY KEY (account, region, action, token)
    ) WITHOUT ROWID;
",
    "
    -- What is looked for whenever an interface is made.
    CREATE INDEX interface_by_subnet
        ON document (account, region, json_extract(body, '$.subnet_id'))
        WHERE kind = 'network-interface';
    CREATE INDEX interface_by_mac
        ON document (account, region, json_extract(body, '$.mac_address'))
        WHERE kind = 'network-interface';
",
];

/// Makes the directory, readable by its owner alone, and takes its lock.
pub(super) fn lock(directory: &Path) -> Result<File, StateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StateError::Path { path, source }
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(failed(directory))?;
    let path = directory.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(&path)(source)),
    }
}

/// Sets the database up: durable commits, readers beside the writer, the newest schema.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StateError> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StateError::Newer { found, known });
    }
    for (version, statements) in (1_i64..).zip(VERSIONS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

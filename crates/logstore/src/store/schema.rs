//! Tables and their versions.

use rusqlite::Connection;

use crate::StoreError;

/// One entry a version; each is applied once, in order. Ids are never used twice: a group or stream that
/// is made anew is another one.
const VERSIONS: &[&str] = &["
    CREATE TABLE log_group (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        account       TEXT NOT NULL,
        region        TEXT NOT NULL,
        name          TEXT NOT NULL,
        class         TEXT NOT NULL,
        tags          TEXT NOT NULL,             -- JSON
        protected     INTEGER NOT NULL,
        retention     INTEGER,                   -- days
        created       INTEGER NOT NULL,          -- Unix milliseconds, as all times here
        bytes         INTEGER NOT NULL DEFAULT 0,
        deleted       INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX log_group_by_name ON log_group (account, region, name) WHERE deleted = 0;
    CREATE TABLE log_stream (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id      INTEGER NOT NULL,
        name          TEXT NOT NULL,
        created       INTEGER NOT NULL,
        first_event   INTEGER,
        last_event    INTEGER,
        last_ingestion INTEGER,
        deleted       INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX log_stream_by_name ON log_stream (group_id, name) WHERE deleted = 0;
    CREATE INDEX log_stream_by_event ON log_stream (group_id, ifnull(last_event, 0), name) WHERE deleted = 0;
    CREATE TABLE block (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id      INTEGER NOT NULL,
        stream_id     INTEGER NOT NULL,
        min_ts        INTEGER NOT NULL,
        max_ts        INTEGER NOT NULL,
        ingestion     INTEGER NOT NULL,
        seq0          INTEGER NOT NULL,
        events        INTEGER NOT NULL,
        raw_bytes     INTEGER NOT NULL,
        body          BLOB NOT NULL              -- zstd
    );
    CREATE INDEX block_of_stream ON block (stream_id, min_ts, max_ts);
    CREATE INDEX block_of_group ON block (group_id, min_ts, max_ts);
    CREATE TABLE producer (
        stream_id     INTEGER NOT NULL,
        id            TEXT NOT NULL,
        number        INTEGER NOT NULL,
        PRIMARY KEY (stream_id, id)
    ) WITHOUT ROWID;
    CREATE TABLE sequence (next INTEGER NOT NULL);
    INSERT INTO sequence VALUES (1);
", "
    -- Of the blocks of a group: bytes of their events, and when the oldest came.
    ALTER TABLE log_group ADD COLUMN hot_bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE log_group ADD COLUMN hot_since INTEGER;
    UPDATE log_group SET
        hot_bytes = (SELECT ifnull(sum(raw_bytes), 0) FROM block WHERE group_id = log_group.id),
        hot_since = (SELECT min(ingestion) FROM block WHERE group_id = log_group.id);
    CREATE TABLE line_format (
        id            INTEGER PRIMARY KEY,
        columns       TEXT NOT NULL UNIQUE       -- JSON
    );
    CREATE TABLE segment (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id      INTEGER NOT NULL,
        key           TEXT NOT NULL UNIQUE,      -- of the object
        day           INTEGER NOT NULL,          -- since 1970, UTC
        format_id     INTEGER,                   -- none: text
        level         INTEGER NOT NULL,          -- how often it was merged
        min_ts        INTEGER NOT NULL,
        max_ts        INTEGER NOT NULL,
        min_stream    INTEGER NOT NULL,
        max_stream    INTEGER NOT NULL,
        events        INTEGER NOT NULL,
        message_bytes INTEGER NOT NULL,
        bytes         INTEGER NOT NULL,          -- of the object
        footer_bytes  INTEGER NOT NULL,
        checksums     BLOB NOT NULL,
        state         INTEGER NOT NULL DEFAULT 0,-- 0 live, 1 dead, 2 damaged and set aside
        dead_since    INTEGER
    );
    CREATE INDEX segment_of_group ON segment (group_id, state, min_ts, max_ts);
    CREATE INDEX segment_to_merge ON segment (group_id, day, level, format_id) WHERE state = 0;
    CREATE INDEX segment_by_death ON segment (dead_since) WHERE state = 1;
", "
    -- Grows with every change of the group's metric filters; 0 as long as it has had none.
    ALTER TABLE log_group ADD COLUMN filters INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE metric_filter (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        group_id      INTEGER NOT NULL,
        name          TEXT NOT NULL,
        pattern       TEXT NOT NULL,
        namespace     TEXT NOT NULL,
        metric        TEXT NOT NULL,
        value         TEXT NOT NULL,
        default_value REAL,
        dimensions    TEXT NOT NULL,             -- JSON
        unit          TEXT,
        created       INTEGER NOT NULL,
        overflow      INTEGER NOT NULL DEFAULT 0 -- samples beyond the number of its series
    );
    CREATE UNIQUE INDEX metric_filter_by_name ON metric_filter (group_id, name);
    CREATE TABLE metric_series (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        account       TEXT NOT NULL,
        region        TEXT NOT NULL,
        namespace     TEXT NOT NULL,
        metric        TEXT NOT NULL,
        dimensions    TEXT NOT NULL,             -- JSON, in the order of their names
        unit          TEXT NOT NULL,
        samples       INTEGER NOT NULL DEFAULT 0,
        sum           REAL NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX metric_series_by_name
        ON metric_series (account, region, namespace, metric, dimensions, unit);
    CREATE TABLE metric_point (
        series_id     INTEGER NOT NULL,
        filter_id     INTEGER NOT NULL,
        minute        INTEGER NOT NULL,
        is_default    INTEGER NOT NULL,
        samples       INTEGER NOT NULL,
        sum           REAL NOT NULL,
        minimum       REAL NOT NULL,
        maximum       REAL NOT NULL,
        PRIMARY KEY (series_id, filter_id, minute)
    ) WITHOUT ROWID;
    CREATE INDEX metric_point_by_minute ON metric_point (minute);
    CREATE TABLE metric_hour (
        filter_id     INTEGER NOT NULL,
        hour          INTEGER NOT NULL,
        series        INTEGER NOT NULL,          -- that the filter has added to in this hour
        PRIMARY KEY (filter_id, hour)
    ) WITHOUT ROWID;
"];

/// The first version that has segments.
pub(super) const WITH_SEGMENTS: i64 = 2;

/// Returns the version of a database; one that is newer than ours is refused.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Damaged(format!(
            "its schema is {found}, and this flowlogd knows up to {known}: use the newer one"
        )));
    }
    Ok(found)
}

/// Sets the database up: durable commits, readers beside the writer, the newest schema.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    let found = version(connection)?;
    if found == 0 {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 4 << 20)?;
    for (version, statements) in (1_i64..).zip(VERSIONS).filter(|(version, _)| *version > found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

//! The catalog's side of segments.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::StoreError;
use crate::cold::{Checksums, Segment, Written};
use crate::line::LineFormat;

/// Columns of a [`Segment`], of the tables `segment` and `line_format`.
const SEGMENT: &str = "key, min_ts, max_ts, bytes, footer_bytes, checksums, columns,
    message_bytes / max(events, 1)";
const TABLES: &str = "segment LEFT JOIN line_format ON line_format.id = segment.format_id";

fn segment_of(row: &Row<'_>) -> rusqlite::Result<Segment> {
    let unsigned = |at: usize| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
    };
    let checksums: Vec<u8> = row.get(5)?;
    let format: Option<String> = row.get(6)?;
    let format = format.map(|text| serde_json::from_str::<LineFormat>(&text)).transpose().map_err(
        |error| {
            rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, error.into())
        },
    )?;
    Ok(Segment {
        key: row.get(0)?,
        first: row.get(1)?,
        last: row.get(2)?,
        bytes: unsigned(3)?,
        footer_bytes: unsigned(4)?,
        checksums: Checksums::from_bytes(&checksums),
        bytes_of_event: usize::try_from(row.get::<_, i64>(7)?).unwrap_or(0),
        format: format.map(Arc::new),
    })
}

/// A segment before it is opened: there may be thousands, of which a page opens few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) id: i64,
    /// Timestamps of its earliest and latest event.
    pub(super) bounds: (i64, i64),
    /// Of the messages, on the average.
    pub(super) bytes_of_event: usize,
}

/// Returns the live segments of a group that overlap a time, both bounds included.
pub(super) fn overlapping(
    connection: &Connection,
    group: i64,
    start: i64,
    end: i64,
) -> Result<Vec<Listed>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, min_ts, max_ts, message_bytes / max(events, 1) FROM segment
         WHERE group_id = ?1 AND state = 0 AND max_ts >= ?2 AND min_ts <= ?3",
    )?;
    let found = statement.query_map(params![group, start, end], |row| {
        Ok(Listed {
            id: row.get(0)?,
            bounds: (row.get(1)?, row.get(2)?),
            bytes_of_event: usize::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns a segment.
pub(super) fn by_id(connection: &Connection, id: i64) -> Result<Segment, StoreError> {
    let statement = format!("SELECT {SEGMENT} FROM {TABLES} WHERE segment.id = ?1");
    Ok(connection.prepare_cached(&statement)?.query_row([id], segment_of)?)
}

/// Where a new segment belongs.
#[derive(Clone, Debug)]
pub(super) struct Belonging {
    pub(super) group: i64,
    pub(super) day: i64,
    pub(super) format: Option<LineFormat>,
    pub(super) level: i64,
}

/// Enters a segment that is on disk.
pub(super) fn insert(
    connection: &Connection,
    key: &str,
    belonging: &Belonging,
    written: &Written,
) -> Result<(), StoreError> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let format =
        belonging.format.as_ref().map(|format| format_id(connection, format)).transpose()?;
    connection
        .prepare_cached(
            "INSERT INTO segment
                (group_id, key, day, format_id, level, min_ts, max_ts, min_stream, max_stream,
                 events, message_bytes, bytes, footer_bytes, checksums)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            belonging.group,
            key,
            belonging.day,
            format,
            belonging.level,
            written.first,
            written.last,
            written.streams.0,
            written.streams.1,
            signed(written.events),
            signed(written.message_bytes),
            signed(written.bytes),
            signed(written.footer_bytes),
            written.checksums.to_bytes()
        ])?;
    Ok(())
}

fn format_id(connection: &Connection, format: &LineFormat) -> Result<i64, StoreError> {
    let columns = serde_json::to_string(format)
        .map_err(|error| StoreError::Damaged(format!("a format cannot be written: {error}")))?;
    let found = connection
        .prepare_cached("SELECT id FROM line_format WHERE columns = ?1")?
        .query_row([&columns], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection.execute("INSERT INTO line_format (columns) VALUES (?1)", [&columns])?;
    Ok(connection.last_insert_rowid())
}

/// Takes live segments out of every reading that begins after this. Fails if one is not live any more.
pub(super) fn bury(connection: &Connection, ids: &[i64], now: i64) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE segment SET state = 1, dead_since = ?2 WHERE id = ?1 AND state = 0",
    )?;
    for id in ids {
        if statement.execute(params![id, now])? != 1 {
            return Err(StoreError::Conflict);
        }
    }
    Ok(())
}

//! What the catalog says of a segment as a whole, for who checks or copies it and tells people of it.

use rusqlite::{Connection, Row};

use crate::StoreError;

/// A segment by name, with what is lost if it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEntry {
    pub(crate) id: i64,
    /// Key of its object: `segments/7/2026-11-28/0f…3c.parquet`.
    pub key: String,
    /// Bytes of its object.
    pub bytes: u64,
    /// Name of its group; empty where the catalog has it no more.
    pub group: String,
    /// How many events it has.
    pub events: u64,
    /// Timestamp of its earliest event, Unix milliseconds.
    pub first: i64,
    /// Timestamp of its latest event, Unix milliseconds.
    pub last: i64,
    /// Lowest and highest stream.
    pub(crate) streams: (i64, i64),
}

/// What becomes of a segment; the numbers are the catalog's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Live = 0,
    Damaged = 2,
}

const ENTRY: &str =
    "SELECT segment.id, key, segment.bytes, name, events, min_ts, max_ts, min_stream, max_stream
    FROM segment LEFT JOIN log_group ON log_group.id = segment.group_id";

fn entry_of(row: &Row<'_>) -> rusqlite::Result<SegmentEntry> {
    let unsigned = |at: usize| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
    };
    Ok(SegmentEntry {
        id: row.get(0)?,
        key: row.get(1)?,
        bytes: unsigned(2)?,
        group: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        events: unsigned(4)?,
        first: row.get(5)?,
        last: row.get(6)?,
        streams: (row.get(7)?, row.get(8)?),
    })
}

/// Returns all segments of a state, in the order in which they were made.
pub(super) fn of_state(
    connection: &Connection,
    state: State,
) -> Result<Vec<SegmentEntry>, StoreError> {
    let mut statement =
        connection.prepare(&format!("{ENTRY} WHERE state = ?1 ORDER BY segment.id"))?;
    let found = statement.query_map([state as i64], entry_of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

//! Moving blocks into segments. The segments are on disk before the one transaction that enters them and
//! deletes the blocks: an event is in one of the two at any moment, and never in both.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::catalog::{retained, streams_beginning};
use super::segments::{self, Belonging};
use super::{DAY, LogStore, block};
use crate::cold::{RowKey, Rows, SegmentWriter, Written};
use crate::line::LineFormat;
use crate::{EventKey, Owner, StoreError, crash};

/// Bytes of events that one transaction moves, about: what a drain has in memory.
const AT_ONCE: usize = 64 << 20;

/// Blocks of a group that are about to be moved.
struct Taken {
    owner: Owner,
    name: String,
    /// Streams that are not deleted.
    streams: BTreeMap<i64, Arc<str>>,
    blocks: Vec<i64>,
    raw_bytes: i64,
    stored_bytes: i64,
    rows: Rows,
}

/// A segment that is on disk and in no catalog yet.
pub(super) struct Fresh {
    pub(super) key: String,
    pub(super) belonging: Belonging,
    pub(super) written: Written,
}

impl LogStore {
    /// Moves the blocks of groups that have many, or have had them for long. Returns how many events were
    /// moved.
    pub(super) fn drain(&self, now: i64) -> Result<u64, StoreError> {
        let settings = &self.inner.settings;
        let bytes = i64::try_from(settings.drain_bytes).unwrap_or(i64::MAX);
        let age = settings.drain_age;
        let due: Vec<i64> = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id FROM log_group
                 WHERE deleted = 0 AND (hot_bytes >= ?1 OR hot_since <= ?2)",
            )?;
            let groups = statement.query_map(params![bytes, now - age], |row| row.get(0))?;
            Ok(groups.collect::<Result<_, _>>()?)
        })?;
        let mut moved = 0;
        for group in due {
            moved += self.drain_group(group, now)?;
        }
        Ok(moved)
    }

    fn drain_group(&self, group: i64, now: i64) -> Result<u64, StoreError> {
        let taken = self.read(|connection| take(connection, group, now))?;
        if taken.blocks.is_empty() {
            return Ok(0);
        }
        crash::at("drain-read");
        let formats = self.inner.codec.formats(&taken.owner, &taken.name);
        let fresh = self.write_segments(group, &taken.rows, &taken.streams, &formats)?;
        crash::at("drain-written");
        let events = u64::try_from(taken.rows.len()).unwrap_or(u64::MAX);
        let keys: Vec<String> = fresh.iter().map(|fresh| fresh.key.clone()).collect();
        let moved = self.write(move |connection| {
            for fresh in &fresh {
                segments::insert(connection, &fresh.key, &fresh.belonging, &fresh.written)?;
            }
            let mut delete = connection.prepare_cached("DELETE FROM block WHERE id = ?1")?;
            for block in &taken.blocks {
                if delete.execute([block])? != 1 {
                    return Err(StoreError::Conflict);
                }
            }
            connection
                .prepare_cached(
                    "UPDATE log_group SET
                        hot_bytes = hot_bytes - ?2,
                        bytes = bytes - ?3,
                        hot_since = CASE WHEN EXISTS (SELECT 1 FROM block WHERE group_id = ?1)
                                    THEN ?4 END
                     WHERE id = ?1",
                )?
                .execute(params![group, taken.raw_bytes, taken.stored_bytes, now])?;
            crash::at("drain-uncommitted");
            Ok(())
        });
        if let Err(error) = moved {
            self.discard(&keys);
            return Err(error);
        }
        crash::at("drain-committed");
        Ok(events)
    }

    /// Writes rows as segments, one for each day and format.
    fn write_segments(
        &self,
        group: i64,
        rows: &Rows,
        streams: &BTreeMap<i64, Arc<str>>,
        formats: &[LineFormat],
    ) -> Result<Vec<Fresh>, StoreError> {
        let mut apart: BTreeMap<(i64, Option<usize>), Vec<usize>> = BTreeMap::new();
        let mut cells = Vec::new();
        for row in rows.by_time() {
            let Some(key) = rows.keys().get(row) else { continue };
            let message = rows.message(row);
            let format =
                formats.iter().position(|format| format.read(message, &mut cells).is_some());
            apart.entry((key.event.timestamp.div_euclid(DAY), format)).or_default().push(row);
        }
        let mut all = Vec::new();
        for ((day, format), order) in apart {
            let format = format.and_then(|format| formats.get(format)).cloned();
            let belonging = Belonging { group, day, format, level: 0 };
            let mut fresh = NewSegment::begin(self, belonging)?;
            for slice in order.chunks(self.inner.settings.slice_events) {
                fresh.write(rows, slice, streams)?;
            }
            all.push(fresh.finish()?);
        }
        Ok(all)
    }

    /// Removes segments that are in no catalog.
    pub(super) fn discard(&self, keys: &[String]) {
        for key in keys {
            if let Err(error) = self.inner.objects.remove(key) {
                tracing::warn!(%key, %error, "a segment that is not needed could not be removed");
            }
        }
    }
}

/// A segment that is being written.
pub(super) struct NewSegment<'a> {
    key: String,
    belonging: Belonging,
    writer: SegmentWriter<'a>,
}

impl<'a> NewSegment<'a> {
    pub(super) fn begin(store: &'a LogStore, belonging: Belonging) -> Result<Self, StoreError> {
        let key = new_key(belonging.group, belonging.day)?;
        let format = belonging.format.clone();
        let writer = SegmentWriter::begin(&store.inner.objects, &key, format)?;
        Ok(Self { key, belonging, writer })
    }

    /// Writes rows that are later than all before.
    pub(super) fn write(
        &mut self,
        rows: &Rows,
        slice: &[usize],
        streams: &BTreeMap<i64, Arc<str>>,
    ) -> Result<(), StoreError> {
        self.writer.write(rows, &rows.by_stream(slice), streams)
    }

    pub(super) fn finish(self) -> Result<Fresh, StoreError> {
        let written = self.writer.finish()?;
        Ok(Fresh { key: self.key, belonging: self.belonging, written })
    }
}

/// `segments/7/2026-11-28/0f…3c.parquet`: group, day, and a name that no other segment has, here or on
/// another machine.
fn new_key(group: i64, day: i64) -> Result<String, StoreError> {
    let mut name = [0; 16];
    getrandom::fill(&mut name).map_err(|error| StoreError::Io(std::io::Error::other(error)))?;
    let name = u128::from_be_bytes(name);
    Ok(format!("segments/{group}/{}/{name:032x}.parquet", date(day)))
}

/// The date of a day since 1970.
fn date(day: i64) -> String {
    /// Of the first of January 1970.
    const EPOCH: i64 = 2_440_588;
    let julian = day.checked_add(EPOCH).and_then(|day| i32::try_from(day).ok());
    let date = julian.and_then(|day| time::Date::from_julian_day(day).ok());
    // Beyond year 9999, which no timestamp reaches that is stored.
    date.map_or_else(|| day.to_string(), |date| date.to_string())
}

/// Reads blocks of a group, the oldest first. What nobody can read any more is left out of the rows.
fn take(connection: &Connection, group: i64, now: i64) -> Result<Taken, StoreError> {
    let (account, region, name) = connection
        .prepare_cached("SELECT account, region, name FROM log_group WHERE id = ?1")?
        .query_row([group], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut taken = Taken {
        owner: Owner { account, region },
        name,
        streams: streams_beginning(connection, group, "")?,
        blocks: Vec::new(),
        raw_bytes: 0,
        stored_bytes: 0,
        rows: Rows::default(),
    };
    let kept_from = retained(connection, group, now)?;
    let mut ids: Vec<i64> = connection
        .prepare_cached("SELECT id FROM block WHERE group_id = ?1")?
        .query_map([group], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    ids.sort_unstable();
    let mut read = connection.prepare_cached(
        "SELECT stream_id, ingestion, seq0, raw_bytes, body FROM block WHERE id = ?1",
    )?;
    for id in ids {
        if taken.rows.bytes() >= AT_ONCE {
            break;
        }
        let (stream, ingestion_time, sequence, raw_bytes, body) = read.query_row([id], |row| {
            let body: Vec<u8> = row.get(4)?;
            let numbers: (i64, i64, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((numbers.0, numbers.1, numbers.2, numbers.3, body))
        })?;
        let events = match block::decode(&body, usize::try_from(raw_bytes).unwrap_or(0)) {
            Ok(events) => events,
            Err(error) => {
                // It stays where it is, for `fsck`.
                tracing::error!(block = id, %error, "a block stays out of the segments");
                continue;
            }
        };
        taken.blocks.push(id);
        taken.raw_bytes += raw_bytes;
        taken.stored_bytes += i64::try_from(body.len()).unwrap_or(0);
        if !taken.streams.contains_key(&stream) {
            continue;
        }
        for (sequence, event) in (u64::try_from(sequence).unwrap_or(0)..).zip(events) {
            let timestamp = event.timestamp;
            if timestamp >= kept_from {
                let event_key = EventKey { timestamp, ingestion_time, sequence };
                taken.rows.push(RowKey { stream, event: event_key }, &event.message);
            }
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_dates() {
        for (day, expected) in [
            (0, "1970-01-01"),
            (20_785, "2026-11-28"),
            (-1, "1969-12-31"),
            (i64::MAX, "9223372036854775807"),
        ] {
            assert_eq!(date(day), expected);
        }
    }
}

//! Storing a batch (`cloudwatch-logs.md` §4.3, `semantics.md` 25).

use rusqlite::{Connection, OptionalExtension as _, params};

use super::catalog::stream_id;
use super::emit::Added;
use super::{Batch, DAY, LogStore, Producer, PutOutcome, Rejected, block};
use crate::{InputEvent, StoreError};

const MAX_EVENTS: usize = 10_000;
const MAX_BYTES: usize = 1_048_576;
/// Counted for each event besides its message.
pub(super) const EVENT_OVERHEAD: usize = 26;
const HOUR: i64 = 3_600_000;
/// Events may be so old, …
const MAX_AGE: i64 = 14 * DAY;
/// … and so far ahead.
const MAX_LEAD: i64 = 2 * HOUR;

/// Times what makes a group be drained, from which on it is drained before more is put.
const TOO_HOT: u64 = 8;

/// A block that is ready to be written.
struct Block {
    events: usize,
    first: i64,
    last: i64,
    raw_bytes: usize,
    body: Vec<u8>,
}

impl LogStore {
    /// Stores a batch. It is on disk when this returns.
    pub fn put(&self, batch: Batch<'_>, now: i64) -> Result<PutOutcome, StoreError> {
        let Batch { owner, group, stream, events, producer } = batch;
        check(&events)?;
        self.inner.space.check()?;
        let mut filters = self.known_filters(owner, group)?;
        let (outcome, hot_bytes) = loop {
            let of_group = filters.group;
            let (rejected, kept) = sift(&events, filters.retention, now);
            let kept = events.get(kept).unwrap_or_default();
            let is_too_long = kept
                .first()
                .zip(kept.last())
                .is_some_and(|(first, last)| last.timestamp - first.timestamp > DAY);
            // Compressed on the caller's thread: the writer's is the one that all wait for.
            let block = if is_too_long { None } else { encode(kept)? };
            let added = Added::of(owner, filters, kept);
            let (stream, producer) = (stream.to_owned(), producer.clone());
            let stored = self.write(move |connection| {
                if !added.is_current(connection)? {
                    return Ok(None);
                }
                if is_too_long {
                    return Err(StoreError::SpanTooLong);
                }
                let stream = stream_id(connection, of_group, &stream)?;
                if let Some(producer) = &producer
                    && is_known(connection, stream, producer)?
                {
                    return Ok(Some((PutOutcome::Known, 0)));
                }
                let (mut stored, mut hot_bytes) = (0, 0);
                if let Some(block) = &block {
                    hot_bytes = insert(connection, of_group, stream, block, now)?;
                    added.store(connection)?;
                    stored = block.events;
                }
                Ok(Some((PutOutcome::Stored { events: stored, rejected }, hot_bytes)))
            })?;
            if let Some(stored) = stored {
                break stored;
            }
            // Somebody has changed the group's metric filters or its retention: once more, with what there is.
            filters = self.filters(owner, group)?;
        };
        // Whoever puts faster than the store moves waits for it: what a search may have to open is bounded.
        if hot_bytes > TOO_HOT.saturating_mul(self.inner.settings.drain_bytes)
            && let Err(error) = self.maintain(now)
        {
            tracing::warn!(%error, "the log store could not be maintained");
        }
        Ok(outcome)
    }
}

fn check(events: &[InputEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Err(StoreError::Empty);
    }
    if events.len() > MAX_EVENTS {
        return Err(StoreError::TooManyEvents(events.len()));
    }
    let bytes = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum();
    if bytes > MAX_BYTES {
        return Err(StoreError::BatchTooLarge(bytes));
    }
    if !events.is_sorted_by_key(|event| event.timestamp) {
        return Err(StoreError::Unordered);
    }
    Ok(())
}

/// Tells which events are rejected for their time, and which are kept.
fn sift(
    events: &[InputEvent],
    retention: Option<u32>,
    now: i64,
) -> (Rejected, std::ops::Range<usize>) {
    let before = |limit: i64| events.partition_point(|event| event.timestamp < limit);
    let too_old = before(now - MAX_AGE);
    let expired = retention.map_or(0, |days| before(now - i64::from(days) * DAY));
    let end = events.partition_point(|event| event.timestamp <= now + MAX_LEAD);
    let rejected = Rejected {
        too_new_start: (end < events.len()).then_some(end),
        too_old_end: (too_old > 0).then_some(too_old),
        expired_end: (expired > too_old).then_some(expired),
    };
    (rejected, too_old.max(expired).min(end)..end)
}

fn encode(events: &[InputEvent]) -> Result<Option<Block>, StoreError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
    let (body, raw_bytes) = block::encode(events)?;
    Ok(Some(Block {
        events: events.len(),
        first: first.timestamp,
        last: last.timestamp,
        raw_bytes,
        body,
    }))
}

/// Whether the producer's number was stored before; if not, it is now.
fn is_known(connection: &Connection, stream: i64, producer: &Producer) -> Result<bool, StoreError> {
    let highest: Option<i64> = connection
        .prepare_cached("SELECT number FROM producer WHERE stream_id = ?1 AND id = ?2")?
        .query_row(params![stream, producer.id], |row| row.get(0))
        .optional()?;
    let number = i64::try_from(producer.number).unwrap_or(i64::MAX);
    if highest.is_some_and(|highest| highest >= number) {
        return Ok(true);
    }
    connection
        .prepare_cached(
            "INSERT INTO producer (stream_id, id, number) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET number = excluded.number",
        )?
        .execute(params![stream, producer.id, number])?;
    Ok(false)
}

/// Returns how many bytes of events the group has in blocks.
fn insert(
    connection: &Connection,
    group: i64,
    stream: i64,
    block: &Block,
    now: i64,
) -> Result<u64, StoreError> {
    let events = i64::try_from(block.events).unwrap_or(i64::MAX);
    let sequence: i64 = connection
        .prepare_cached("UPDATE sequence SET next = next + ?1 RETURNING next - ?1")?
        .query_row([events], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO block
                (group_id, stream_id, min_ts, max_ts, ingestion, seq0, events, raw_bytes, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            group,
            stream,
            block.first,
            block.last,
            now,
            sequence,
            events,
            i64::try_from(block.raw_bytes).unwrap_or(i64::MAX),
            block.body
        ])?;
    connection
        .prepare_cached(
            "UPDATE log_stream SET
                first_event = min(ifnull(first_event, ?2), ?2),
                last_event = max(ifnull(last_event, ?3), ?3),
                last_ingestion = ?4
             WHERE id = ?1",
        )?
        .execute(params![stream, block.first, block.last, now])?;
    let hot_bytes: i64 = connection
        .prepare_cached(
            "UPDATE log_group SET
                bytes = bytes + ?2,
                hot_bytes = hot_bytes + ?3,
                hot_since = ifnull(hot_since, ?4)
             WHERE id = ?1 RETURNING hot_bytes",
        )?
        .query_row(
            params![
                group,
                i64::try_from(block.body.len()).unwrap_or(i64::MAX),
                i64::try_from(block.raw_bytes).unwrap_or(i64::MAX),
                now
            ],
            |row| row.get(0),
        )?;
    Ok(u64::try_from(hot_bytes).unwrap_or(0))
}

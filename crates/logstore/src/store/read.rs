//! Reading pages: blocks that overlap in time are merged, and no more are read than a page needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::catalog::{group_id, stream_id};
use super::put::EVENT_OVERHEAD;
use super::{LogStore, block};
use crate::{Event, EventKey, FilterPage, FilterQuery, From, GetQuery, StoreError, Streams};

/// Bytes of messages that one call of `filter` looks at; then its page is short, and goes on by a token.
const MAX_SCAN: usize = 64 << 20;
const DAY: i64 = 86_400_000;

/// A block without its body.
#[derive(Clone, Copy, Debug)]
struct Header {
    id: i64,
    stream: i64,
    first: i64,
    last: i64,
    ingestion: i64,
    sequence: u64,
    raw_bytes: usize,
}

/// Which events count: a time range and a bound by key, in one direction.
#[derive(Clone, Copy, Debug)]
struct Range {
    /// Not earlier.
    start: i64,
    /// Not later.
    end: i64,
    descending: bool,
    /// Only beyond this, in the direction of reading.
    beyond: Option<EventKey>,
}

impl Range {
    fn holds(&self, key: EventKey) -> bool {
        key.timestamp >= self.start
            && key.timestamp <= self.end
            && self.beyond.is_none_or(
                |beyond| {
                    if self.descending { key < beyond } else { key > beyond }
                },
            )
    }
}

impl LogStore {
    /// Reads a page of one stream.
    pub fn get(&self, query: &GetQuery<'_>, now: i64) -> Result<Vec<Event>, StoreError> {
        let (descending, beyond) = match query.from {
            From::Head => (false, None),
            From::Tail => (true, None),
            From::After(key) => (false, Some(key)),
            From::Before(key) => (true, Some(key)),
        };
        let mut page = Page::new(query.limit, query.max_bytes, usize::MAX);
        let (headers, names, range) = self.read(|connection| {
            let group = group_id(connection, query.owner, query.group)?;
            let stream = stream_id(connection, group, query.stream)?;
            let range = Range {
                start: query.start.unwrap_or(i64::MIN).max(retained(connection, group, now)?),
                end: query.end.map_or(i64::MAX, |end| end.saturating_sub(1)),
                descending,
                beyond,
            };
            let headers = headers(connection, "stream_id", stream, &range)?;
            Ok((headers, BTreeMap::from([(stream, Arc::from(query.stream))]), range))
        })?;
        self.fill(&headers, &names, &range, &mut page, |_| true)?;
        let mut events = page.events;
        if descending {
            events.reverse();
        }
        Ok(events)
    }

    /// Reads a page of a group's events that match.
    pub fn filter(&self, query: &FilterQuery<'_>, now: i64) -> Result<FilterPage, StoreError> {
        let (headers, names, range) = self.read(|connection| {
            let group = group_id(connection, query.owner, query.group)?;
            let names = streams(connection, group, &query.streams)?;
            let range = Range {
                start: query.start.unwrap_or(i64::MIN).max(retained(connection, group, now)?),
                end: query.end.unwrap_or(i64::MAX),
                descending: query.descending,
                beyond: query.beyond,
            };
            let mut headers = headers(connection, "group_id", group, &range)?;
            headers.retain(|header| names.contains_key(&header.stream));
            Ok((headers, names, range))
        })?;
        let mut page = Page::new(query.limit, query.max_bytes, MAX_SCAN);
        self.fill(&headers, &names, &range, &mut page, |message| query.pattern.matches(message))?;
        let next = if page.is_full { page.last } else { None };
        Ok(FilterPage { events: page.events, next })
    }

    /// Visits events in the direction of reading until the page is full. Blocks are opened when the order
    /// comes to them; of those that are open, all events up to the next unopened block are in order.
    fn fill(
        &self,
        headers: &[Header],
        names: &BTreeMap<i64, Arc<str>>,
        range: &Range,
        page: &mut Page,
        matches: impl Fn(&str) -> bool,
    ) -> Result<(), StoreError> {
        let mut open: BTreeMap<EventKey, Event> = BTreeMap::new();
        for (place, header) in headers.iter().enumerate() {
            for event in self.open_block(header, names)? {
                if range.holds(event.key) {
                    open.insert(event.key, event);
                }
            }
            // What no block to come can precede.
            let bound = headers
                .get(place + 1)
                .map(|next| if range.descending { next.last } else { next.first });
            while let Some(entry) =
                if range.descending { open.last_entry() } else { open.first_entry() }
            {
                let timestamp = entry.key().timestamp;
                let is_safe = bound.is_none_or(|bound| {
                    if range.descending { timestamp > bound } else { timestamp < bound }
                });
                if !is_safe {
                    break;
                }
                let event = entry.remove();
                let is_match = matches(&event.message);
                if !page.take(event, is_match) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn open_block(
        &self,
        header: &Header,
        names: &BTreeMap<i64, Arc<str>>,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(stream) = names.get(&header.stream) else { return Ok(Vec::new()) };
        let body: Option<Vec<u8>> = self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT body FROM block WHERE id = ?1")?;
            let mut rows = statement.query([header.id])?;
            Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
        })?;
        // Swept meanwhile.
        let Some(body) = body else { return Ok(Vec::new()) };
        let events = block::decode(&body, header.raw_bytes)?;
        Ok((header.sequence..)
            .zip(events)
            .map(|(sequence, event)| Event {
                key: EventKey {
                    timestamp: event.timestamp,
                    ingestion_time: header.ingestion,
                    sequence,
                },
                stream: Arc::clone(stream),
                message: event.message,
            })
            .collect())
    }
}

/// A page that is being filled.
struct Page {
    events: Vec<Event>,
    limit: usize,
    bytes: usize,
    scan: usize,
    /// The last event looked at.
    last: Option<EventKey>,
    is_full: bool,
}

impl Page {
    const fn new(limit: usize, bytes: usize, scan: usize) -> Self {
        Self { events: Vec::new(), limit, bytes, scan, last: None, is_full: false }
    }

    /// Takes an event if there is room; says whether there is room for more.
    fn take(&mut self, event: Event, is_match: bool) -> bool {
        let size = event.message.len() + EVENT_OVERHEAD;
        if is_match {
            let has_room =
                self.events.len() < self.limit && (size <= self.bytes || self.events.is_empty());
            if !has_room {
                self.is_full = true;
                return false;
            }
            self.bytes = self.bytes.saturating_sub(size);
        }
        self.last = Some(event.key);
        if is_match {
            self.events.push(event);
        }
        if let Some(rest) = self.scan.checked_sub(size) {
            self.scan = rest;
        } else {
            self.is_full = true;
            return false;
        }
        true
    }
}

/// Returns the time from which on events of a group are kept.
fn retained(connection: &Connection, group: i64, now: i64) -> Result<i64, StoreError> {
    let days: Option<i64> = connection
        .prepare_cached("SELECT retention FROM log_group WHERE id = ?1")?
        .query_row([group], |row| row.get(0))?;
    Ok(days.map_or(i64::MIN, |days| now - days * DAY))
}

/// Returns the streams that a query is about, by id.
fn streams(
    connection: &Connection,
    group: i64,
    wanted: &Streams,
) -> Result<BTreeMap<i64, Arc<str>>, StoreError> {
    if let Streams::Named(names) = wanted {
        return names
            .iter()
            .map(|name| Ok((stream_id(connection, group, name)?, Arc::from(name.as_str()))))
            .collect();
    }
    let prefix = match wanted {
        Streams::Prefix(prefix) => prefix.as_str(),
        Streams::All | Streams::Named(_) => "",
    };
    let mut statement = connection.prepare_cached(
        "SELECT id, name FROM log_stream
         WHERE group_id = ?1 AND deleted = 0 AND name >= ?2 AND name <= ?3",
    )?;
    let found = statement
        .query_map(params![group, prefix, format!("{prefix}\u{10ffff}")], |row| {
            Ok((row.get(0)?, Arc::from(row.get::<_, String>(1)?)))
        })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns the blocks that overlap a range, in the order in which they have to be opened.
fn headers(
    connection: &Connection,
    column: &'static str,
    id: i64,
    range: &Range,
) -> Result<Vec<Header>, StoreError> {
    let (mut start, mut end) = (range.start, range.end);
    if let Some(beyond) = range.beyond {
        if range.descending {
            end = end.min(beyond.timestamp);
        } else {
            start = start.max(beyond.timestamp);
        }
    }
    let order = if range.descending { "max_ts DESC" } else { "min_ts" };
    let statement = format!(
        "SELECT id, stream_id, min_ts, max_ts, ingestion, seq0, raw_bytes FROM block
         WHERE {column} = ?1 AND max_ts >= ?2 AND min_ts <= ?3 ORDER BY {order}, id"
    );
    let mut statement = connection.prepare_cached(&statement)?;
    let headers = statement.query_map(params![id, start, end], |row| {
        let (sequence, raw_bytes): (i64, i64) = (row.get(5)?, row.get(6)?);
        Ok(Header {
            id: row.get(0)?,
            stream: row.get(1)?,
            first: row.get(2)?,
            last: row.get(3)?,
            ingestion: row.get(4)?,
            sequence: u64::try_from(sequence).unwrap_or(0),
            raw_bytes: usize::try_from(raw_bytes).unwrap_or(usize::MAX),
        })
    })?;
    Ok(headers.collect::<Result<_, _>>()?)
}

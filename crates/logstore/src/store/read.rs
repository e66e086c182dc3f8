//! Reading pages: of blocks and slices that overlap in time, no more are opened than a page needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, params};

use super::catalog::{group_id, retained, stream_id, streams_beginning};
use super::page::{Page, Search};
use super::sources::{Header, Source};
use super::{LogStore, segments};
use crate::{
    Event, EventKey, FilterPage, FilterQuery, From, GetQuery, Pattern, StoreError, Streams,
};

/// Bytes that one call of `filter` looks at; then its page is short, and goes on by a token.
const MAX_SCAN: usize = 64 << 20;

/// Which events count: a time range and a bound by key, in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    /// Not earlier.
    pub(super) start: i64,
    /// Not later.
    pub(super) end: i64,
    pub(super) descending: bool,
    /// Only beyond this, in the direction of reading.
    pub(super) beyond: Option<EventKey>,
}

impl Range {
    pub(super) fn holds(&self, key: EventKey) -> bool {
        key.timestamp >= self.start
            && key.timestamp <= self.end
            && self.beyond.is_none_or(
                |beyond| {
                    if self.descending { key < beyond } else { key > beyond }
                },
            )
    }

    /// Whether every event between two times counts.
    pub(super) fn holds_all(&self, first: i64, last: i64) -> bool {
        let (start, end) = self.bounds();
        let is_beyond = self.beyond.is_none_or(|beyond| {
            if self.descending { last < beyond.timestamp } else { first > beyond.timestamp }
        });
        is_beyond && first >= start && last <= end
    }

    /// The times between which events can count.
    pub(super) fn bounds(&self) -> (i64, i64) {
        match self.beyond {
            Some(beyond) if self.descending => (self.start, self.end.min(beyond.timestamp)),
            Some(beyond) => (self.start.max(beyond.timestamp), self.end),
            None => (self.start, self.end),
        }
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
        let page = self.read(|connection| {
            let group = group_id(connection, query.owner, query.group)?;
            let stream = stream_id(connection, group, query.stream)?;
            let range = Range {
                start: query.start.unwrap_or(i64::MIN).max(retained(connection, group, now)?),
                end: query.end.map_or(i64::MAX, |end| end.saturating_sub(1)),
                descending,
                beyond,
            };
            let search = Search {
                store: self,
                connection,
                streams: &BTreeMap::from([(stream, Arc::from(query.stream))]),
                one: Some(stream),
                range,
                pattern: &Pattern::everything(),
            };
            let sources = sources(connection, "stream_id", stream, group, &range)?;
            search.page(sources, query.limit, query.max_bytes, usize::MAX)
        })?;
        let mut events = page.events;
        if descending {
            events.reverse();
        }
        Ok(events)
    }

    /// Reads a page of a group's events that match.
    pub fn filter(&self, query: &FilterQuery<'_>, now: i64) -> Result<FilterPage, StoreError> {
        self.read(|connection| {
            let group = group_id(connection, query.owner, query.group)?;
            let streams = streams(connection, group, &query.streams)?;
            let range = Range {
                start: query.start.unwrap_or(i64::MIN).max(retained(connection, group, now)?),
                end: query.end.unwrap_or(i64::MAX),
                descending: query.descending,
                beyond: query.beyond,
            };
            let mut one = streams.keys();
            let search = Search {
                store: self,
                connection,
                streams: &streams,
                one: one.next().copied().filter(|_| one.next().is_none()),
                range,
                pattern: query.pattern,
            };
            let mut sources = sources(connection, "group_id", group, group, &range)?;
            sources.retain(|source| match source {
                Source::Block(header) => streams.contains_key(&header.stream),
                Source::Segment(_) | Source::Slice(..) => true,
            });
            let Page { events, next } =
                search.page(sources, query.limit, query.max_bytes, MAX_SCAN)?;
            Ok(FilterPage { events, next })
        })
    }
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
    streams_beginning(connection, group, prefix)
}

/// Returns the blocks and segments that overlap a range.
fn sources(
    connection: &Connection,
    column: &'static str,
    id: i64,
    group: i64,
    range: &Range,
) -> Result<Vec<Source>, StoreError> {
    let (start, end) = range.bounds();
    let statement = format!(
        "SELECT id, stream_id, min_ts, max_ts, ingestion, seq0, raw_bytes FROM block
         WHERE {column} = ?1 AND max_ts >= ?2 AND min_ts <= ?3"
    );
    let mut statement = connection.prepare_cached(&statement)?;
    let blocks = statement.query_map(params![id, start, end], |row| {
        let (sequence, raw_bytes): (i64, i64) = (row.get(5)?, row.get(6)?);
        Ok(Source::Block(Header {
            id: row.get(0)?,
            stream: row.get(1)?,
            first: row.get(2)?,
            last: row.get(3)?,
            ingestion: row.get(4)?,
            sequence: u64::try_from(sequence).unwrap_or(0),
            raw_bytes: usize::try_from(raw_bytes).unwrap_or(usize::MAX),
        }))
    })?;
    let mut sources: Vec<Source> = blocks.collect::<Result<_, _>>()?;
    let segments = segments::overlapping(connection, group, start, end)?;
    sources.extend(segments.into_iter().map(Source::Segment));
    Ok(sources)
}

//! Filling a page: sources are opened in the order of reading, until what they can still have is beyond what
//! the page holds.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rayon::prelude::*;
use rusqlite::Connection;

use super::LogStore;
use super::put::EVENT_OVERHEAD;
use super::read::Range;
use super::sources::{Found, Opened, Source};
use crate::{Event, EventKey, Pattern, StoreError};

/// What is looked for, on one moment of the store.
pub(super) struct Search<'a> {
    pub(super) store: &'a LogStore,
    pub(super) connection: &'a Connection,
    /// The streams that count, by id.
    pub(super) streams: &'a BTreeMap<i64, Arc<str>>,
    /// The only one, if it is.
    pub(super) one: Option<i64>,
    pub(super) range: Range,
    pub(super) pattern: &'a Pattern,
}

/// A page, in the direction of reading.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    /// Where the next one begins, if there may be one: beyond this key, which need not be an event's.
    pub(super) next: Option<EventKey>,
}

/// A key so that what is read earlier is less.
type Rank = (i64, i64, u64);

fn rank(key: EventKey, descending: bool) -> Rank {
    let rank = (key.timestamp, key.ingestion_time, key.sequence);
    if descending { (!rank.0, !rank.1, !rank.2) } else { rank }
}

/// An event of the page, while it is not known whether there is room.
#[derive(Debug, PartialEq, Eq)]
struct Hit {
    rank: Rank,
    key: EventKey,
    stream: i64,
    opened: usize,
    row: u32,
}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A source that waits, by when it begins in the direction of reading.
struct Waiting(i64, Source);

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Search<'_> {
    /// When a source begins in the direction of reading.
    fn waiting(&self, source: Source) -> Reverse<Waiting> {
        let (first, last) = source.bounds();
        Reverse(Waiting(if self.range.descending { !last } else { first }, source))
    }

    /// Fills a page with at most so many events and so many bytes of them. Once so many bytes were looked at,
    /// it ends where it is.
    pub(super) fn page(
        &self,
        sources: Vec<Source>,
        limit: usize,
        max_bytes: usize,
        max_scan: usize,
    ) -> Result<Page, StoreError> {
        let mut waiting: BinaryHeap<_> =
            sources.into_iter().map(|source| self.waiting(source)).collect();
        let beyond = self.range.beyond.map(|beyond| rank(beyond, self.range.descending).0);
        let begin = waiting.peek().map(|Reverse(Waiting(begin, _))| *begin).max(beyond);
        let limit = limit.min(room(&waiting, max_bytes));
        let mut opened: Vec<Opened> = Vec::new();
        // One more than there is room for tells that there is more.
        let mut hits: BinaryHeap<Hit> = BinaryHeap::new();
        let mut scanned: usize = 0;
        let mut cut = None;
        while let Some(Reverse(Waiting(next, _))) = waiting.peek() {
            let is_full = hits.len() > limit;
            if is_full && hits.peek().is_some_and(|last| last.rank.0 < *next) {
                break;
            }
            // A page that ends where it began would never end.
            if scanned >= max_scan && Some(*next) > begin {
                cut = Some(*next);
                break;
            }
            let Some(Reverse(Waiting(_, source))) = waiting.pop() else { break };
            let found = match &source {
                Source::Segment(segment) => match self.open_segment(*segment) {
                    Ok(slices) => {
                        waiting.extend(slices.into_iter().map(|slice| self.waiting(slice)));
                        continue;
                    }
                    Err(error) => Err(error),
                },
                Source::Block(header) => self.look_in_block(header),
                Source::Slice(file, slice, bounds) => self.look_in_slice(file, *slice, *bounds),
            };
            let Found { opened: source, events, scanned: bytes } = match found {
                Ok(found) => found,
                // What is torn does not hide the rest.
                Err(error @ StoreError::Damaged(_)) => {
                    self.store.damaged(&error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            scanned = scanned.saturating_add(bytes);
            if events.is_empty() {
                continue;
            }
            for (key, stream, row) in events {
                let rank = rank(key, self.range.descending);
                let is_full = hits.len() > limit;
                if is_full && hits.peek().is_some_and(|last| last.rank < rank) {
                    continue;
                }
                hits.push(Hit { rank, key, stream, opened: opened.len(), row });
                if is_full {
                    hits.pop();
                }
            }
            opened.push(source);
        }
        let mut hits = hits.into_sorted_vec();
        if let Some(bound) = cut {
            hits.retain(|hit| hit.rank.0 < bound);
        }
        let has_more = hits.len() > limit;
        hits.truncate(limit);
        let next = cut.map(|bound| self.before(bound));
        self.written(&hits, &opened, has_more, next, max_bytes)
    }

    /// A key before all events that begin at a time, in the direction of reading.
    fn before(&self, bound: i64) -> EventKey {
        if self.range.descending {
            EventKey {
                timestamp: !bound,
                ingestion_time: EventKey::LATEST_TIME,
                sequence: u64::MAX,
            }
        } else {
            EventKey { timestamp: bound, ingestion_time: 0, sequence: 0 }
        }
    }

    /// Reads the messages, as many as there is room for.
    fn written(
        &self,
        hits: &[Hit],
        opened: &[Opened],
        has_more: bool,
        next: Option<EventKey>,
        max_bytes: usize,
    ) -> Result<Page, StoreError> {
        let mut by_source: BTreeMap<usize, Vec<(u32, usize)>> = BTreeMap::new();
        for (place, hit) in hits.iter().enumerate() {
            by_source.entry(hit.opened).or_default().push((hit.row, place));
        }
        // Sources share nothing: they are read on all processors.
        let objects = &self.store.inner.objects;
        let read = |(source, mut rows): (usize, Vec<(u32, usize)>)| {
            rows.sort_unstable();
            let wanted: Vec<u32> = rows.iter().map(|(row, _)| *row).collect();
            let found = opened.get(source).map(|opened| opened.messages(objects, &wanted));
            (rows, found.unwrap_or_else(|| Ok(Vec::new())))
        };
        let by_source: Vec<_> = by_source.into_par_iter().map(read).collect();
        let mut messages: Vec<Option<String>> = vec![None; hits.len()];
        for (rows, found) in by_source {
            match found {
                Ok(found) => {
                    for ((_, place), message) in rows.into_iter().zip(found) {
                        if let Some(slot) = messages.get_mut(place) {
                            *slot = Some(message);
                        }
                    }
                }
                Err(error @ StoreError::Damaged(_)) => self.store.damaged(&error),
                Err(error) => return Err(error),
            }
        }
        let mut page = Page { events: Vec::with_capacity(hits.len()), next };
        let mut room = max_bytes;
        let mut last = None;
        for (hit, message) in hits.iter().zip(messages) {
            if let Some(message) = message {
                let size = message.len() + EVENT_OVERHEAD;
                if size > room && !page.events.is_empty() {
                    page.next = last;
                    return Ok(page);
                }
                room = room.saturating_sub(size);
                let stream = self.streams.get(&hit.stream).map(Arc::clone).unwrap_or_default();
                page.events.push(Event { key: hit.key, stream, message });
            }
            last = Some(hit.key);
        }
        if has_more {
            page.next = last;
        }
        Ok(page)
    }
}

/// How many events a page has room for, about: reading more than it can hold is for nothing.
fn room(waiting: &BinaryHeap<Reverse<Waiting>>, max_bytes: usize) -> usize {
    let least = waiting.iter().map(|Reverse(Waiting(_, source))| source.bytes_of_event()).min();
    let bytes = least.unwrap_or(0) + EVENT_OVERHEAD;
    // Those of this page may be shorter than the others.
    (max_bytes / bytes).saturating_mul(5) / 4 + 1
}

//! What events are read from, and what is found in it.

use std::sync::Arc;

use super::page::Search;
use super::segments::Listed;
use super::{block, open_files};
use crate::cold::{Cells, Line, Objects, SegmentFile, Selection};
use crate::pattern::columns::Plan;
use crate::{EventKey, InputEvent, StoreError};

/// A block without its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) id: i64,
    pub(super) stream: i64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) ingestion: i64,
    pub(super) sequence: u64,
    pub(super) raw_bytes: usize,
}

/// What may have events of a page.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Block(Header),
    /// It is replaced by its slices when the page comes to it.
    Segment(Listed),
    Slice(Arc<SegmentFile>, usize, (i64, i64)),
}

impl Source {
    /// Bytes of a message on the average; 0 where nobody knows.
    pub(super) fn bytes_of_event(&self) -> usize {
        match self {
            Self::Block(_) => 0,
            Self::Segment(segment) => segment.bytes_of_event,
            Self::Slice(file, ..) => file.bytes_of_event(),
        }
    }

    /// Timestamps of its earliest and latest event.
    pub(super) fn bounds(&self) -> (i64, i64) {
        match self {
            Self::Block(header) => (header.first, header.last),
            Self::Segment(segment) => segment.bounds,
            Self::Slice(_, _, bounds) => *bounds,
        }
    }
}

/// A source that is open, for the messages of what was found in it.
pub(super) enum Opened {
    Block(Vec<InputEvent>),
    Slice(Arc<SegmentFile>, usize),
}

/// What was found in a source.
pub(super) struct Found {
    pub(super) opened: Opened,
    /// Key, stream and row of each event that matches.
    pub(super) events: Vec<(EventKey, i64, u32)>,
    /// Bytes that were looked at.
    pub(super) scanned: usize,
}

impl Search<'_> {
    pub(super) fn open_segment(&self, segment: Listed) -> Result<Vec<Source>, StoreError> {
        let file = open_files::open(&self.store.inner, self.connection, segment.id)?;
        let (start, end) = self.range.bounds();
        let slices =
            file.slices().enumerate().filter(|(_, (first, last))| *last >= start && *first <= end);
        Ok(slices.map(|(slice, bounds)| Source::Slice(Arc::clone(&file), slice, bounds)).collect())
    }

    pub(super) fn look_in_block(&self, header: &Header) -> Result<Found, StoreError> {
        let body: Vec<u8> = self
            .connection
            .prepare_cached("SELECT body FROM block WHERE id = ?1")?
            .query_row([header.id], |row| row.get(0))?;
        let events = block::decode(&body, header.raw_bytes)?;
        let found = (0..)
            .zip(header.sequence..)
            .zip(&events)
            .filter_map(|((row, sequence), event)| {
                let key = EventKey {
                    timestamp: event.timestamp,
                    ingestion_time: header.ingestion,
                    sequence,
                };
                let is_match = self.range.holds(key) && self.pattern.matches(&event.message);
                is_match.then_some((key, header.stream, row))
            })
            .collect();
        Ok(Found { opened: Opened::Block(events), events: found, scanned: header.raw_bytes })
    }

    pub(super) fn look_in_slice(
        &self,
        file: &Arc<SegmentFile>,
        slice: usize,
        (first, last): (i64, i64),
    ) -> Result<Found, StoreError> {
        let objects = &self.store.inner.objects;
        let among = match self.one {
            Some(stream) => file.around_stream(slice, stream)?,
            None => Selection::all(file.rows(slice)?),
        };
        // Of one stream a page or two are read; its keys come with them.
        let (of_rows, mut keys) = if self.one.is_some() {
            let (streams, keys) = file.streams_and_keys(objects, slice, &among)?;
            (streams, Some(keys))
        } else {
            (file.streams(objects, slice, &among)?, None)
        };
        let mut scanned = among.count() * size_of::<i64>();
        // The streams stand together, each in one run.
        let mut is_wanted = Vec::with_capacity(of_rows.len());
        for run in of_rows.chunk_by(|one, two| one == two) {
            let of_run = run.first().is_some_and(|stream| self.streams.contains_key(stream));
            is_wanted.resize(is_wanted.len() + run.len(), of_run);
        }
        let mut rows: Vec<u32> = among.rows().collect();
        let mut streams = of_rows;
        keep(&is_wanted, &mut rows, &mut streams, keys.as_mut());
        if !self.range.holds_all(first, last) {
            let found = match keys {
                Some(keys) => keys,
                None => self.keys(file, slice, &rows)?,
            };
            scanned += rows.len() * 3 * size_of::<i64>();
            let is_wanted: Vec<bool> = found.iter().map(|key| self.range.holds(*key)).collect();
            keys = Some(found);
            keep(&is_wanted, &mut rows, &mut streams, keys.as_mut());
        }
        if !self.pattern.is_everything() && !rows.is_empty() {
            let (is_match, bytes) = self.matching(file, slice, &rows)?;
            scanned += bytes;
            keep(&is_match, &mut rows, &mut streams, keys.as_mut());
        }
        let keys = match keys {
            Some(keys) => keys,
            None => self.keys(file, slice, &rows)?,
        };
        let events = keys.into_iter().zip(streams).zip(&rows);
        Ok(Found {
            events: events.map(|((key, stream), row)| (key, stream, *row)).collect(),
            opened: Opened::Slice(Arc::clone(file), slice),
            scanned,
        })
    }

    fn keys(
        &self,
        file: &SegmentFile,
        slice: usize,
        rows: &[u32],
    ) -> Result<Vec<EventKey>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let around = Selection::around(rows);
        let keys = file.keys(&self.store.inner.objects, slice, &around)?;
        Ok(places(&around, rows).filter_map(|place| keys.get(place).copied()).collect())
    }

    /// Says of each row whether its line matches, and how many bytes were looked at.
    fn matching(
        &self,
        file: &SegmentFile,
        slice: usize,
        rows: &[u32],
    ) -> Result<(Vec<bool>, usize), StoreError> {
        let objects = &self.store.inner.objects;
        let around = Selection::around(rows);
        let width = file.width();
        let plan = if file.is_typed(slice) { self.pattern.plan(width) } else { Plan::Lines };
        let mut answers = vec![true; around.count()];
        let scanned = match plan {
            Plan::Nothing => {
                answers.fill(false);
                0
            }
            Plan::Everything => 0,
            Plan::Columns(tests) => {
                // One after the other: the first may leave nothing for the next.
                let mut read = 0;
                for test in tests {
                    if answers.contains(&true) {
                        let cells = file.columns(objects, slice, &[test.column], &around)?;
                        read += 1;
                        for cells in &cells {
                            test.narrow(cells, &mut answers);
                        }
                    }
                }
                answers.len() * read * size_of::<i64>()
            }
            Plan::Terms(terms) => {
                let columns: Vec<usize> =
                    (0..width).filter(|place| terms.asks(file.kind(*place))).collect();
                let cells = file.columns(objects, slice, &columns, &around)?;
                terms.narrow(&cells, &mut answers);
                answers.len() * columns.len() * size_of::<i64>()
            }
            Plan::Lines => {
                let mut bytes = 0;
                let cells = file.lines(objects, slice, &around)?;
                let mut text = String::new();
                for (row, answer) in answers.iter_mut().enumerate() {
                    text.clear();
                    write(&cells, row, &mut text);
                    bytes += text.len();
                    *answer = self.pattern.matches(&text);
                }
                bytes
            }
        };
        let places = places(&around, rows);
        let of_rows = places.map(|place| answers.get(place).copied().unwrap_or(false)).collect();
        Ok((of_rows, scanned))
    }
}

impl Opened {
    /// Returns the messages of rows, in their order.
    pub(super) fn messages(
        &self,
        objects: &Objects,
        rows: &[u32],
    ) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Block(events) => Ok(rows
                .iter()
                .map(|row| {
                    let event = usize::try_from(*row).ok().and_then(|row| events.get(row));
                    event.map(|event| event.message.clone()).unwrap_or_default()
                })
                .collect()),
            Self::Slice(file, slice) => {
                let around = Selection::around(rows);
                let cells = file.lines(objects, *slice, &around)?;
                let line = |place| {
                    let mut text = String::new();
                    write(&cells, place, &mut text);
                    text
                };
                Ok(places(&around, rows).map(line).collect())
            }
        }
    }
}

fn write(cells: &[Cells], row: usize, text: &mut String) {
    if let Some((message, columns)) = cells.split_last() {
        Line { columns, message }.write(row, text);
    }
}

/// Keeps what is true of rows, their streams and their keys.
fn keep(
    is_kept: &[bool],
    rows: &mut Vec<u32>,
    streams: &mut Vec<i64>,
    keys: Option<&mut Vec<EventKey>>,
) {
    fn those<T>(values: &mut Vec<T>, is_kept: &[bool]) {
        let mut is_kept = is_kept.iter();
        values.retain(|_| is_kept.next() == Some(&true));
    }
    those(rows, is_kept);
    those(streams, is_kept);
    if let Some(keys) = keys {
        those(keys, is_kept);
    }
}

/// Where rows stand among the rows of a selection that holds them.
fn places(around: &Selection, rows: &[u32]) -> impl Iterator<Item = usize> {
    let mut all = around.rows().enumerate();
    rows.iter()
        .filter_map(move |row| all.by_ref().find(|(_, at)| at == row).map(|(place, _)| place))
}

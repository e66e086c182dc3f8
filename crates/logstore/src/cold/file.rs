//! A segment that is read: what the catalog says of it, its footer, and stretches of it that were checked.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use super::checksum::STRETCH;
use super::{Checksums, Objects, shape};
use crate::StoreError;
use crate::line::LineFormat;

/// A segment as the catalog has it.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) key: String,
    /// Timestamps of the earliest and the latest event.
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) bytes: u64,
    pub(crate) footer_bytes: u64,
    pub(crate) checksums: Checksums,
    /// Of the messages, on the average.
    pub(crate) bytes_of_event: usize,
    /// Of its lines; none of text.
    pub(crate) format: Option<Arc<LineFormat>>,
}

/// A segment that is open.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    pub(super) segment: Arc<Segment>,
    pub(super) metadata: ParquetMetaData,
}

impl SegmentFile {
    /// Reads the footer.
    pub(crate) fn open(objects: &Objects, segment: Arc<Segment>) -> Result<Self, StoreError> {
        let start = segment.bytes.saturating_sub(segment.footer_bytes);
        let parts = Parts::fetch(objects, &segment, std::iter::once(start..segment.bytes))
            .map_err(|error| named(&segment, error))?;
        let mut reader =
            ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = reader
            .try_parse_sized(&parts, segment.bytes)
            .and_then(|()| reader.finish())
            .map_err(|error| named(&segment, error.into()))?;
        let columns = segment.format.as_ref().map_or(0, |format| format.columns.len());
        let found = metadata.file_metadata().schema_descr().num_columns();
        let expected = shape::FIRST + columns + 1;
        if found != expected {
            let error = format!("it has {found} columns, not {expected}");
            return Err(named(&segment, StoreError::Damaged(error)));
        }
        Ok(Self { segment, metadata })
    }

    /// Timestamps of the earliest and the latest event of each slice.
    pub(crate) fn slices(&self) -> impl Iterator<Item = (i64, i64)> {
        self.metadata.row_groups().iter().map(|group| {
            let found = group.columns().get(shape::TIMESTAMP).and_then(|column| {
                let Some(Statistics::Int64(times)) = column.statistics() else { return None };
                Some((*times.min_opt()?, *times.max_opt()?))
            });
            // Without them it might be anywhere in the file.
            found.unwrap_or((self.segment.first, self.segment.last))
        })
    }

    /// How many events it has.
    pub(crate) fn events(&self) -> u64 {
        let slices = self.metadata.row_groups().iter();
        slices.map(|slice| u64::try_from(slice.num_rows()).unwrap_or(0)).sum()
    }

    /// Timestamps of the earliest and the latest event, by the footer.
    pub(crate) fn times(&self) -> Option<(i64, i64)> {
        self.bounds(shape::TIMESTAMP)
    }

    /// The lowest and the highest stream, by the footer.
    pub(crate) fn stream_bounds(&self) -> Option<(i64, i64)> {
        self.bounds(shape::STREAM)
    }

    /// The least and the greatest value of a column; none where a slice does not tell.
    fn bounds(&self, column: usize) -> Option<(i64, i64)> {
        let slices = self.metadata.row_groups().iter().map(|group| {
            let Some(Statistics::Int64(values)) = group.columns().get(column)?.statistics() else {
                return None;
            };
            Some((*values.min_opt()?, *values.max_opt()?))
        });
        let slices: Vec<(i64, i64)> = slices.collect::<Option<_>>()?;
        let least = slices.iter().map(|(least, _)| *least).min()?;
        Some((least, slices.iter().map(|(_, greatest)| *greatest).max()?))
    }

    /// Bytes of a message on the average.
    pub(crate) fn bytes_of_event(&self) -> usize {
        self.segment.bytes_of_event
    }

    /// Bytes that it takes in memory.
    pub(crate) fn memory(&self) -> usize {
        self.metadata.memory_size() + 4 * self.segment.checksums.len()
    }
}

/// Says whose error it is.
pub(super) fn named(segment: &Segment, error: StoreError) -> StoreError {
    if let StoreError::Damaged(what) = &error {
        return StoreError::Damaged(format!("{}: {what}", segment.key));
    }
    if let StoreError::Segment(what) = &error {
        return StoreError::Damaged(format!("{}: {what}", segment.key));
    }
    error
}

/// Stretches of a file in memory, each of which has passed its checksum.
#[derive(Debug)]
pub(super) struct Parts {
    bytes: u64,
    /// By their offsets, none touching another.
    parts: Vec<(u64, Bytes)>,
}

impl Parts {
    /// Reads what is wanted, and around it up to where checksums begin and end.
    pub(super) fn fetch(
        objects: &Objects,
        segment: &Segment,
        wanted: impl Iterator<Item = Range<u64>>,
    ) -> Result<Self, StoreError> {
        let stretch = u64::try_from(STRETCH).unwrap_or(1);
        let mut ranges: Vec<Range<u64>> = wanted
            .filter(|range| !range.is_empty())
            .map(|range| {
                let end = range.end.next_multiple_of(stretch).min(segment.bytes);
                range.start / stretch * stretch..end
            })
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => merged.push(range),
            }
        }
        let fetched = objects.fetch(&segment.key, &merged)?;
        let parts: Vec<_> = merged.iter().map(|range| range.start).zip(fetched).collect();
        for (range, (offset, bytes)) in merged.iter().zip(&parts) {
            if u64::try_from(bytes.len()).ok() != Some(range.end - range.start) {
                return Err(StoreError::Damaged("it is shorter than it was written".to_owned()));
            }
            segment.checksums.check(*offset, bytes)?;
        }
        Ok(Self { bytes: segment.bytes, parts })
    }

    fn at(&self, start: u64) -> Result<Bytes, ParquetError> {
        let place = self.parts.partition_point(|(offset, _)| *offset <= start);
        place
            .checked_sub(1)
            .and_then(|place| self.parts.get(place))
            .and_then(|(offset, bytes)| {
                let skipped = usize::try_from(start - offset).ok()?;
                (skipped <= bytes.len()).then(|| bytes.slice(skipped..))
            })
            .ok_or_else(|| ParquetError::EOF(format!("offset {start} was not read")))
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Parts {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(Box::new(self.at(start)?.reader()))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.at(start)?;
        if length > bytes.len() {
            let error = format!("{length} bytes at {start} were not read");
            return Err(ParquetError::EOF(error));
        }
        Ok(bytes.slice(..length))
    }
}

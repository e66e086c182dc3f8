//! Reading a slice: columns of the rows that are wanted, and the lines that they make.

use std::ops::Range;
use std::sync::Arc;

use parquet::basic::Type as PhysicalType;
use parquet::column::reader::{ColumnReaderImpl, get_column_reader, get_typed_column_reader};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;
use rayon::prelude::*;

use super::file::{Parts, SegmentFile, named};
use super::{Objects, RowKey, Selection, shape};
use crate::line::ColumnKind;
use crate::pattern::columns::{Column, Token};
use crate::{EventKey, StoreError};

/// The values of a column, one for each row of a selection.
#[derive(Clone, Debug)]
pub(crate) enum Cells {
    Numbers(Vec<i64>, Gaps),
    Texts(Vec<ByteArray>, Gaps),
}

/// Where a column has no value; what stands there means nothing.
#[derive(Clone, Debug)]
pub(crate) enum Gaps {
    /// Nowhere.
    None,
    /// Where it is true.
    At(Vec<bool>),
}

impl Gaps {
    fn at(&self, row: usize) -> bool {
        match self {
            Self::None => false,
            Self::At(gaps) => gaps.get(row).copied().unwrap_or(true),
        }
    }
}

impl Column for Cells {
    fn token(&self, row: usize) -> Token<'_> {
        match self {
            Self::Numbers(numbers, gaps) => match numbers.get(row) {
                Some(number) if !gaps.at(row) => Token::Number(*number),
                Some(_) | None => Token::Absent,
            },
            Self::Texts(texts, gaps) => match texts.get(row) {
                Some(text) if !gaps.at(row) => Token::Text(text.data()),
                Some(_) | None => Token::Absent,
            },
        }
    }
}

impl Cells {
    fn numbers(&self) -> &[i64] {
        match self {
            Self::Numbers(numbers, _) => numbers,
            Self::Texts(..) => &[],
        }
    }
}

/// The columns of lines: those of the format, and what is kept as it was.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) columns: &'a [Cells],
    pub(crate) message: &'a Cells,
}

impl Line<'_> {
    /// Writes the line of a row of the selection.
    pub(crate) fn write(&self, row: usize, line: &mut String) {
        if let Token::Text(message) = self.message.token(row) {
            line.push_str(std::str::from_utf8(message).unwrap_or_default());
            return;
        }
        let mut digits = itoa::Buffer::new();
        for (place, cells) in self.columns.iter().enumerate() {
            if place > 0 {
                line.push(' ');
            }
            line.push_str(match cells.token(row) {
                Token::Absent => "-",
                Token::Number(number) => digits.format(number),
                Token::Text(text) => std::str::from_utf8(text).unwrap_or_default(),
            });
        }
    }
}

impl SegmentFile {
    fn group(&self, slice: usize) -> Result<&RowGroupMetaData, StoreError> {
        self.metadata.row_groups().get(slice).ok_or_else(|| {
            named(&self.segment, StoreError::Damaged(format!("it has no slice {slice}")))
        })
    }

    pub(crate) fn rows(&self, slice: usize) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.group(slice)?.num_rows()).unwrap_or(u32::MAX))
    }

    /// How many columns a line has.
    pub(crate) fn width(&self) -> usize {
        self.segment.format.as_ref().map_or(0, |format| format.columns.len())
    }

    /// What a column of a line holds.
    pub(crate) fn kind(&self, place: usize) -> ColumnKind {
        let format = self.segment.format.as_ref();
        let column = format.and_then(|format| format.columns.get(place));
        column.map_or(ColumnKind::Text, |column| column.kind)
    }

    /// Whether every line of a slice is told by its columns alone.
    pub(crate) fn is_typed(&self, slice: usize) -> bool {
        let message = shape::FIRST + self.width();
        self.group(slice).is_ok_and(|group| {
            let statistics = group.columns().get(message).and_then(|column| column.statistics());
            let nulls = statistics.and_then(Statistics::null_count_opt);
            nulls == u64::try_from(group.num_rows()).ok()
        })
    }

    /// Where the rows of a stream may be, by the statistics of pages.
    pub(crate) fn around_stream(&self, slice: usize, stream: i64) -> Result<Selection, StoreError> {
        let rows = self.rows(slice)?;
        let pages = self.locations(slice, shape::STREAM);
        let index =
            self.metadata.page_index().and_then(|index| index.column_index(slice, shape::STREAM));
        let (Some(pages), Some(ColumnIndexMetaData::INT64(index))) = (pages, index) else {
            return Ok(Selection::all(rows));
        };
        let found = (0..pages.len()).filter_map(|page| {
            let (low, high) = (index.min_value(page)?, index.max_value(page)?);
            (*low..=*high).contains(&stream).then(|| page_rows(pages, page, rows))
        });
        Ok(Selection::of_ranges(found))
    }

    fn locations(&self, slice: usize, column: usize) -> Option<&Vec<PageLocation>> {
        self.metadata.page_index()?.page_locations(slice, column)
    }

    /// Reads the streams of rows.
    pub(crate) fn streams(
        &self,
        objects: &Objects,
        slice: usize,
        selection: &Selection,
    ) -> Result<Vec<i64>, StoreError> {
        let cells = self.read(objects, slice, &[shape::STREAM], selection)?;
        Ok(cells.first().map(|cells| cells.numbers().to_vec()).unwrap_or_default())
    }

    /// Reads the keys of rows.
    pub(crate) fn keys(
        &self,
        objects: &Objects,
        slice: usize,
        selection: &Selection,
    ) -> Result<Vec<EventKey>, StoreError> {
        let columns = [shape::TIMESTAMP, shape::INGESTION, shape::SEQUENCE];
        Ok(keys(&self.read(objects, slice, &columns, selection)?))
    }

    /// Reads both.
    pub(crate) fn streams_and_keys(
        &self,
        objects: &Objects,
        slice: usize,
        selection: &Selection,
    ) -> Result<(Vec<i64>, Vec<EventKey>), StoreError> {
        let columns = [shape::STREAM, shape::TIMESTAMP, shape::INGESTION, shape::SEQUENCE];
        let cells = self.read(objects, slice, &columns, selection)?;
        let Some((streams, rest)) = cells.split_first() else { return Ok(Default::default()) };
        Ok((streams.numbers().to_vec(), keys(rest)))
    }

    /// Reads columns of the format, by their places in the line.
    pub(crate) fn columns(
        &self,
        objects: &Objects,
        slice: usize,
        places: &[usize],
        selection: &Selection,
    ) -> Result<Vec<Cells>, StoreError> {
        let columns: Vec<_> = places.iter().map(|place| shape::FIRST + place).collect();
        self.read(objects, slice, &columns, selection)
    }

    /// Reads all columns of the format, and the message as the last.
    pub(crate) fn lines(
        &self,
        objects: &Objects,
        slice: usize,
        selection: &Selection,
    ) -> Result<Vec<Cells>, StoreError> {
        let columns: Vec<_> = (shape::FIRST..=shape::FIRST + self.width()).collect();
        self.read(objects, slice, &columns, selection)
    }

    /// Visits every event of a slice.
    pub(crate) fn visit(
        &self,
        objects: &Objects,
        slice: usize,
        visit: &mut impl FnMut(RowKey, &str),
    ) -> Result<(), StoreError> {
        let all = Selection::all(self.rows(slice)?);
        let streams = self.streams(objects, slice, &all)?;
        let keys = self.keys(objects, slice, &all)?;
        let cells = self.lines(objects, slice, &all)?;
        let Some((message, columns)) = cells.split_last() else { return Ok(()) };
        let line = Line { columns, message };
        let mut text = String::new();
        for (row, (stream, event)) in streams.into_iter().zip(keys).enumerate() {
            text.clear();
            line.write(row, &mut text);
            visit(RowKey { stream, event }, &text);
        }
        Ok(())
    }

    fn read(
        &self,
        objects: &Objects,
        slice: usize,
        columns: &[usize],
        selection: &Selection,
    ) -> Result<Vec<Cells>, StoreError> {
        let group = self.group(slice)?;
        let rows = self.rows(slice)?;
        let mut wanted = Vec::new();
        for column in columns {
            let Some(chunk) = group.columns().get(*column) else { continue };
            let (start, length) = chunk.byte_range();
            let Some(pages) = self.locations(slice, *column) else {
                wanted.push(start..start + length);
                continue;
            };
            // Before the first page is the dictionary.
            let first = pages.first().and_then(|page| u64::try_from(page.offset).ok());
            wanted.push(start..first.unwrap_or(start));
            wanted.extend((0..pages.len()).filter_map(|page| {
                selection
                    .touches(page_rows(pages, page, rows))
                    .then(|| bytes_of(pages.get(page)))?
            }));
        }
        let read = || -> Result<Vec<Cells>, StoreError> {
            let parts = Arc::new(Parts::fetch(objects, &self.segment, wanted.iter().cloned())?);
            let cells = columns
                .par_iter()
                .map(|column| self.read_column(Arc::clone(&parts), slice, *column, selection));
            Ok(cells.collect::<Result<_, ParquetError>>()?)
        };
        read().map_err(|error| named(&self.segment, error))
    }

    fn read_column(
        &self,
        parts: Arc<Parts>,
        slice: usize,
        column: usize,
        selection: &Selection,
    ) -> Result<Cells, ParquetError> {
        let missing = || ParquetError::General(format!("there is no column {column}"));
        let group = self.metadata.row_groups().get(slice).ok_or_else(missing)?;
        let chunk = group.columns().get(column).ok_or_else(missing)?;
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let pages = self.locations(slice, column).cloned();
        let pages = Box::new(SerializedPageReader::new(parts, chunk, rows, pages)?);
        let reader = get_column_reader(chunk.column_descr_ptr(), pages);
        let is_required = chunk.column_descr().max_def_level() == 0;
        match chunk.column_type() {
            PhysicalType::INT32 => {
                let reader = get_typed_column_reader::<Int32Type>(reader);
                let (numbers, gaps) = take(reader, is_required, selection)?;
                Ok(Cells::Numbers(numbers.into_iter().map(i64::from).collect(), gaps))
            }
            PhysicalType::INT64 => {
                let reader = get_typed_column_reader::<Int64Type>(reader);
                let (numbers, gaps) = take(reader, is_required, selection)?;
                Ok(Cells::Numbers(numbers, gaps))
            }
            PhysicalType::BYTE_ARRAY => {
                let reader = get_typed_column_reader::<ByteArrayType>(reader);
                let (texts, gaps) = take(reader, is_required, selection)?;
                Ok(Cells::Texts(texts, gaps))
            }
            PhysicalType::BOOLEAN
            | PhysicalType::INT96
            | PhysicalType::FLOAT
            | PhysicalType::DOUBLE
            | PhysicalType::FIXED_LEN_BYTE_ARRAY => Err(ParquetError::General(format!(
                "column {column} has a type that we never write"
            ))),
        }
    }
}

/// Makes keys of their three columns.
fn keys(cells: &[Cells]) -> Vec<EventKey> {
    let [times, ingestion, sequence] = cells else { return Vec::new() };
    let numbers = times.numbers().iter().zip(ingestion.numbers()).zip(sequence.numbers());
    numbers
        .map(|((timestamp, ingestion_time), sequence)| EventKey {
            timestamp: *timestamp,
            ingestion_time: *ingestion_time,
            sequence: u64::try_from(*sequence).unwrap_or(0),
        })
        .collect()
}

fn page_rows(pages: &[PageLocation], page: usize, rows: u32) -> Range<u32> {
    let first = |page: usize| {
        pages.get(page).map_or(rows, |page| u32::try_from(page.first_row_index).unwrap_or(rows))
    };
    first(page)..first(page + 1)
}

fn bytes_of(page: Option<&PageLocation>) -> Option<Range<u64>> {
    let page = page?;
    let start = u64::try_from(page.offset).ok()?;
    Some(start..start + u64::try_from(page.compressed_page_size).ok()?)
}

/// Takes the values of a selection, with something in every gap.
fn take<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    is_required: bool,
    selection: &Selection,
) -> Result<(Vec<T::T>, Gaps), ParquetError>
where
    T::T: Default,
{
    let mut values = Vec::with_capacity(selection.count());
    let mut levels = Vec::new();
    let mut at = 0;
    for range in selection.ranges() {
        let skip = usize::try_from(range.start - at).unwrap_or(0);
        let wanted = range.len();
        let skipped = reader.skip_records(skip)?;
        let (read, _, _) = reader.read_records(wanted, Some(&mut levels), None, &mut values)?;
        if skipped != skip || read != wanted {
            return Err(ParquetError::EOF("a column is shorter than its slice".to_owned()));
        }
        at = range.end;
    }
    if is_required || values.len() == selection.count() {
        return Ok((values, Gaps::None));
    }
    let mut present = values.into_iter();
    let spread = levels
        .iter()
        .map(|level| if *level > 0 { present.next().unwrap_or_default() } else { T::T::default() })
        .collect();
    Ok((spread, Gaps::At(levels.iter().map(|level| *level == 0).collect())))
}

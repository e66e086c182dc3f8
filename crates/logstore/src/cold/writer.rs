//! Writing a segment, slice by slice.

use std::collections::BTreeMap;
use std::sync::Arc;

use parquet::column::writer::get_typed_column_writer_mut;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};

use super::column::Column;
use super::upload::Upload;
use super::{Checksums, Objects, RowKey, Rows, shape};
use crate::line::{Cell, ColumnKind, Likeness, LineFormat};
use crate::{StoreError, crash};

/// Writes one segment.
pub(crate) struct SegmentWriter<'a> {
    file: SerializedFileWriter<Upload<'a>>,
    format: Option<LineFormat>,
    columns: Vec<Column>,
    message: Column,
    written: Written,
}

/// What was written, for the catalog.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) events: u64,
    /// Of all messages together.
    pub(crate) message_bytes: u64,
    /// Of the file.
    pub(crate) bytes: u64,
    /// Of its end, from after the last slice.
    pub(crate) footer_bytes: u64,
    pub(crate) checksums: Checksums,
    /// Timestamps of the earliest and the latest event.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Lowest and highest stream.
    pub(crate) streams: (i64, i64),
}

impl<'a> SegmentWriter<'a> {
    /// Begins a segment whose lines have a format, or are text.
    pub(crate) fn begin(
        objects: &'a Objects,
        key: &str,
        format: Option<LineFormat>,
    ) -> Result<Self, StoreError> {
        let schema = shape::schema(format.as_ref())?;
        let properties = shape::properties(format.as_ref())?;
        let upload = Upload::begin(objects, key)?;
        let columns = format.iter().flat_map(|format| &format.columns);
        Ok(Self {
            file: SerializedFileWriter::new(upload, schema, properties)?,
            columns: columns.map(|column| Column::new(column.kind)).collect(),
            message: Column::new(ColumnKind::Text),
            format,
            written: Written {
                events: 0,
                message_bytes: 0,
                bytes: 0,
                footer_bytes: 0,
                checksums: Checksums::default(),
                first: i64::MAX,
                last: i64::MIN,
                streams: (i64::MAX, i64::MIN),
            },
        })
    }

    /// Writes rows as the next slice, which is later than all before. They are given by stream and time.
    pub(crate) fn write(
        &mut self,
        rows: &Rows,
        order: &[usize],
        names: &BTreeMap<i64, Arc<str>>,
    ) -> Result<(), StoreError> {
        let keys: Vec<RowKey> =
            order.iter().filter_map(|row| rows.keys().get(*row).copied()).collect();
        self.gather(rows, order);
        let mut group = self.file.next_row_group()?;
        write_names(&mut group, &keys, names)?;
        write_numbers(&mut group, &keys, |key| key.stream)?;
        write_numbers(&mut group, &keys, |key| key.event.timestamp)?;
        write_numbers(&mut group, &keys, |key| key.event.ingestion_time)?;
        let sequence = |key: &RowKey| i64::try_from(key.event.sequence).unwrap_or(i64::MAX);
        write_numbers(&mut group, &keys, sequence)?;
        for column in self.columns.iter_mut().chain([&mut self.message]) {
            let mut writer = group.next_column()?.ok_or_else(short)?;
            column.drain_into(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        crash::at("segment-slice");

        let written = &mut self.written;
        for key in &keys {
            written.first = written.first.min(key.event.timestamp);
            written.last = written.last.max(key.event.timestamp);
            written.streams =
                (written.streams.0.min(key.stream), written.streams.1.max(key.stream));
        }
        written.events += u64::try_from(keys.len()).unwrap_or(0);
        Ok(())
    }

    /// Takes messages apart into columns; what they do not give back byte for byte is kept as it is.
    fn gather(&mut self, rows: &Rows, order: &[usize]) {
        let mut cells = Vec::new();
        for row in order {
            let message = rows.message(*row);
            self.written.message_bytes += u64::try_from(message.len()).unwrap_or(0);
            let likeness =
                self.format.as_ref().and_then(|format| format.read_again(message, &mut cells));
            for (place, column) in self.columns.iter_mut().enumerate() {
                let cell = cells.get(place).copied().filter(|_| likeness.is_some());
                column.push(cell.unwrap_or(Cell::Absent));
            }
            let is_given_back = likeness == Some(Likeness::Exact);
            self.message.push(if is_given_back { Cell::Absent } else { Cell::Text(message) });
        }
    }

    /// Completes the segment: it is on disk when this returns.
    pub(crate) fn finish(self) -> Result<Written, StoreError> {
        let Self { mut file, mut written, .. } = self;
        file.flush()?;
        let slices = u64::try_from(file.bytes_written()).unwrap_or(0);
        let upload = file.into_inner()?;
        (written.bytes, written.checksums) = upload.complete()?;
        written.footer_bytes = written.bytes.saturating_sub(slices);
        Ok(written)
    }
}

fn short() -> ParquetError {
    ParquetError::General("the schema has fewer columns than the format".to_owned())
}

fn write_names(
    group: &mut SerializedRowGroupWriter<'_, Upload<'_>>,
    keys: &[RowKey],
    names: &BTreeMap<i64, Arc<str>>,
) -> Result<(), StoreError> {
    let mut writer = group.next_column()?.ok_or_else(short)?;
    let typed = get_typed_column_writer_mut::<ByteArrayType>(writer.untyped());
    for same in keys.chunk_by(|one, two| one.stream == two.stream) {
        let name = same.first().and_then(|key| names.get(&key.stream));
        let name = ByteArray::from(name.map_or("", AsRef::as_ref));
        typed.write_batch(&vec![name; same.len()], None, None)?;
    }
    writer.close()?;
    Ok(())
}

fn write_numbers(
    group: &mut SerializedRowGroupWriter<'_, Upload<'_>>,
    keys: &[RowKey],
    number: impl Fn(&RowKey) -> i64,
) -> Result<(), StoreError> {
    let mut writer = group.next_column()?.ok_or_else(short)?;
    let numbers: Vec<<Int64Type as DataType>::T> = keys.iter().map(number).collect();
    get_typed_column_writer_mut::<Int64Type>(writer.untyped()).write_batch(&numbers, None, None)?;
    writer.close()?;
    Ok(())
}

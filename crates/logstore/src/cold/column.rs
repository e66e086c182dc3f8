//! The values of one column, until their slice is written.

use std::mem;

use parquet::column::writer::{ColumnWriter, get_typed_column_writer_mut};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;

use crate::line::{Cell, ColumnKind};

/// Values of a column, and where there is none.
#[derive(Debug)]
pub(super) struct Column {
    /// 1 for a value, 0 for none; as many as there are rows.
    levels: Vec<i16>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Text(Texts),
}

impl Column {
    pub(super) fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Int32 => Values::Int32(Vec::new()),
            ColumnKind::Int64 => Values::Int64(Vec::new()),
            ColumnKind::Text | ColumnKind::Address => Values::Text(Texts::default()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Adds a value of the column's kind.
    pub(super) fn push(&mut self, cell: Cell<'_>) {
        let is_kept = match (&mut self.values, cell) {
            (Values::Int32(values), Cell::Number(number)) => {
                i32::try_from(number).map(|number| values.push(number)).is_ok()
            }
            (Values::Int64(values), Cell::Number(number)) => {
                values.push(number);
                true
            }
            (Values::Text(texts), Cell::Text(text)) => {
                texts.push(text);
                true
            }
            (_, Cell::Absent | Cell::Number(_) | Cell::Text(_)) => false,
        };
        self.levels.push(i16::from(is_kept));
    }

    /// Hands all values over and is empty afterwards.
    pub(super) fn drain_into(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Values::Int32(values) => {
                get_typed_column_writer_mut::<Int32Type>(writer)
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Int64(values) => {
                get_typed_column_writer_mut::<Int64Type>(writer)
                    .write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Text(texts) => texts.drain_into(&self.levels, writer)?,
        }
        self.levels.clear();
        Ok(())
    }
}

/// Texts one after the other in one buffer.
#[derive(Debug, Default)]
struct Texts {
    buffer: Vec<u8>,
    /// Start and end of each; equal neighbours share theirs.
    ranges: Vec<(usize, usize)>,
}

/// How many texts are handed over at once.
const BATCH: usize = 1024;

impl Texts {
    fn push(&mut self, text: &str) {
        if let Some(&(from, to)) = self.ranges.last()
            && self.buffer.get(from..to) == Some(text.as_bytes())
        {
            self.ranges.push((from, to));
            return;
        }
        let start = self.buffer.len();
        self.buffer.extend(text.as_bytes());
        self.ranges.push((start, self.buffer.len()));
    }

    fn drain_into(
        &mut self,
        levels: &[i16],
        writer: &mut ColumnWriter<'_>,
    ) -> Result<(), ParquetError> {
        let writer = get_typed_column_writer_mut::<ByteArrayType>(writer);
        let buffer = ByteArray::from(mem::take(&mut self.buffer));
        let mut ranges = self.ranges.drain(..);
        for levels in levels.chunks(BATCH) {
            let present = levels.iter().filter(|level| **level > 0).count();
            let texts: Vec<_> = ranges
                .by_ref()
                .take(present)
                .map(|(start, end)| buffer.slice(start, end - start))
                .collect();
            writer.write_batch(&texts, Some(levels), None)?;
        }
        Ok(())
    }
}

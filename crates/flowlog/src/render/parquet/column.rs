//! The values of one column, until their row group is written.

use std::mem;

use parquet::column::writer::{ColumnWriter, get_typed_column_writer_mut};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;

use crate::render::text::push_value;
use crate::render::value::Value;
use crate::{Field, FieldType};

pub(super) struct Column {
    field: Field,
    // 1 for a value, 0 for null; as many as there are rows.
    levels: Vec<i16>,
    // The values that are not null.
    values: Values,
}

enum Values {
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Text(Texts),
}

impl Column {
    pub(super) fn new(field: Field) -> Self {
        let values = match field.field_type() {
            FieldType::Int32 => Values::Int32(Vec::new()),
            FieldType::Int64 => Values::Int64(Vec::new()),
            FieldType::Text => Values::Text(Texts::default()),
        };
        Self { field, levels: Vec::new(), values }
    }

    pub(super) fn field(&self) -> Field {
        self.field
    }

    /// Adds a value, and returns by how many bytes the column has grown.
    pub(super) fn push(&mut self, value: Value<'_>) -> usize {
        if matches!(value, Value::Absent) {
            self.levels.push(0);
            return size_of::<i16>();
        }
        self.levels.push(1);
        size_of::<i16>() + self.values.push(value)
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

impl Values {
    fn push(&mut self, value: Value<'_>) -> usize {
        match (self, value) {
            // The field table's types hold every value of its fields; a count that does not fit 63
            // bits would take centuries to collect.
            (Self::Int32(values), Value::Number(number)) => {
                values.push(i32::try_from(number).unwrap_or(i32::MAX));
                size_of::<i32>()
            }
            (Self::Int64(values), Value::Number(number)) => {
                values.push(i64::try_from(number).unwrap_or(i64::MAX));
                size_of::<i64>()
            }
            (Self::Text(texts), value) => texts.push(value),
            (
                Self::Int32(_) | Self::Int64(_),
                Value::Absent
                | Value::Address(_)
                | Value::Text(_)
                | Value::Rule { .. }
                | Value::NearMiss(..)
                | Value::Revision(_),
            ) => unreachable!("fields of these types hold numbers"),
        }
    }
}

/// Texts one after the other in one buffer, so that none has an allocation of its own.
#[derive(Default)]
struct Texts {
    buffer: Vec<u8>,
    // Start and end of each; equal neighbours, of which there are many, share theirs.
    ranges: Vec<(usize, usize)>,
}

/// How many texts are handed over at once: a slice of the shared buffer takes 32 bytes.
const BATCH: usize = 1024;

impl Texts {
    fn push(&mut self, value: Value<'_>) -> usize {
        let start = self.buffer.len();
        push_value(value, &mut self.buffer);
        let end = self.buffer.len();

        let (before, added) = self.buffer.split_at(start);
        let last = self.ranges.last().copied();
        let same = last.filter(|(from, to)| before.get(*from..*to) == Some(added));
        if same.is_some() {
            self.buffer.truncate(start);
        }
        self.ranges.push(same.unwrap_or((start, end)));
        size_of::<(usize, usize)>() + self.buffer.len() - start
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

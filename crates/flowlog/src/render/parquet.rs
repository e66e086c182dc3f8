//! Records as a Parquet file (flow-logs.md §7.2).

mod column;

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, GzipLevel, Repetition, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use self::column::Column;
use super::value::Row;
use crate::{Field, FieldType, LogFormat, Record};

/// A Parquet file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the Parquet file")]
pub struct ParquetWriteError(#[from] ParquetError);

/// Writes records to one Parquet file: a column for each field, compressed with gzip.
///
/// A column holds what the text line says, as a number where the field is one, and null for `-`. Records are
/// gathered into row groups of at most 131,072 rows and about 64 MiB, which bounds the memory. The file
/// is complete only after [`finish`](Self::finish).
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    version: u8,
    columns: Vec<Column>,
    // Of the row group that is being gathered.
    rows: usize,
    buffered: usize,
}

const MAX_ROWS: usize = 128 * 1024;
const MAX_BUFFERED: usize = 64 << 20;

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file with a column for each field of `format`.
    pub fn new(out: W, format: &LogFormat) -> Result<Self, ParquetWriteError> {
        Ok(Self {
            file: SerializedFileWriter::new(out, schema(format)?, properties()?)?,
            version: format.version(),
            columns: format.fields().iter().copied().map(Column::new).collect(),
            rows: 0,
            buffered: 0,
        })
    }

    /// Adds a record as the last row.
    pub fn write(&mut self, record: &Record<'_>) -> Result<(), ParquetWriteError> {
        let row = Row::new(record, self.version);
        for column in &mut self.columns {
            self.buffered += column.push(row.value(column.field()));
        }
        self.rows += 1;
        if self.rows >= MAX_ROWS || self.buffered >= MAX_BUFFERED {
            self.write_row_group()?;
        }
        Ok(())
    }

    /// Writes what is left and the footer, and gives the output back.
    pub fn finish(mut self) -> Result<W, ParquetWriteError> {
        if self.rows > 0 {
            self.write_row_group()?;
        }
        Ok(self.file.into_inner()?)
    }

    fn write_row_group(&mut self) -> Result<(), ParquetWriteError> {
        let mut row_group = self.file.next_row_group()?;
        for column in &mut self.columns {
            let mut writer = row_group.next_column()?.ok_or_else(|| {
                ParquetError::General("the schema has fewer columns than the format".to_owned())
            })?;
            column.drain_into(writer.untyped())?;
            writer.close()?;
        }
        row_group.close()?;
        self.rows = 0;
        self.buffered = 0;
        Ok(())
    }
}

impl<W: Write + Send> std::fmt::Debug for ParquetWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn schema(format: &LogFormat) -> Result<TypePtr, ParquetError> {
    let columns = format.fields().iter().copied().map(column_type).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("flow_log").with_fields(columns).build()?))
}

fn column_type(field: Field) -> Result<TypePtr, ParquetError> {
    let (physical, converted) = match field.field_type() {
        FieldType::Int32 => (PhysicalType::INT32, ConvertedType::INT_32),
        FieldType::Int64 => (PhysicalType::INT64, ConvertedType::INT_64),
        FieldType::Text => (PhysicalType::BYTE_ARRAY, ConvertedType::UTF8),
    };
    let column = Type::primitive_type_builder(&field.column_name(), physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_converted_type(converted)
        .build()?;
    Ok(Arc::new(column))
}

fn properties() -> Result<WriterPropertiesPtr, ParquetError> {
    let properties = WriterProperties::builder()
        .set_created_by(concat!("flowlogd ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::GZIP(GzipLevel::try_new(1)?))
        // Row groups are small; readers skip whole ones.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    Ok(Arc::new(properties))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field as Cell;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{OwnedRecord, any_format, any_record};

    fn file_of(format: &LogFormat, records: &[OwnedRecord]) -> SerializedFileReader<Bytes> {
        let mut writer = ParquetWriter::new(Vec::new(), format).unwrap();
        for record in records {
            record.with(|record| writer.write(record)).unwrap();
        }
        SerializedFileReader::new(writer.finish().unwrap().into()).unwrap()
    }

    fn lines_of(file: &SerializedFileReader<Bytes>) -> Vec<String> {
        let line = |row: parquet::record::Row| {
            let cells: Vec<_> = row.get_column_iter().map(|(_, cell)| token(cell)).collect();
            cells.join(" ")
        };
        file.get_row_iter(None).unwrap().map(|row| line(row.unwrap())).collect()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum")]
    fn token(cell: &Cell) -> String {
        match cell {
            Cell::Null => "-".to_owned(),
            Cell::Int(number) => number.to_string(),
            Cell::Long(number) => number.to_string(),
            Cell::Str(text) => text.clone(),
            other => panic!("a column of another type: {other:?}"),
        }
    }

    fn text_lines(format: &LogFormat, records: &[OwnedRecord]) -> Vec<String> {
        records.iter().map(|record| record.line(format)).collect()
    }

    #[test]
    fn columns_have_the_names_and_types_of_aws() {
        let format = LogFormat::from_names([
            "version",
            "account-id",
            "pkt-src-aws-service",
            "bytes",
            "start",
            "tcp-flags",
            "az-id",
        ])
        .unwrap();

        let file = file_of(&format, &[OwnedRecord::example()]);

        let mut schema = Vec::new();
        parquet::schema::printer::print_schema(
            &mut schema,
            file.metadata().file_metadata().schema(),
        );
        insta::assert_snapshot!(String::from_utf8(schema).unwrap(), @r"
        message flow_log {
          OPTIONAL INT32 version (INT_32);
          OPTIONAL BYTE_ARRAY account_id (UTF8);
          OPTIONAL BYTE_ARRAY pkt_src_aws_service (UTF8);
          OPTIONAL INT64 bytes (INT_64);
          OPTIONAL INT64 start (INT_64);
          OPTIONAL INT32 tcp_flags (INT_32);
          OPTIONAL BYTE_ARRAY az_id (UTF8);
        }
        ");
        for column in file.metadata().row_group(0).columns() {
            assert!(matches!(column.compression(), Compression::GZIP(_)), "{column:?}");
        }
    }

    #[test]
    fn a_file_without_records_is_a_valid_one() {
        assert_eq!(lines_of(&file_of(&LogFormat::default(), &[])), [""; 0]);
    }

    #[test]
    fn row_groups_are_bounded_and_keep_the_order() {
        let format = LogFormat::from_names(["srcport", "srcaddr", "interface-id"]).unwrap();
        let record = OwnedRecord::example();
        let mut writer = ParquetWriter::new(Vec::new(), &format).unwrap();
        for row in 0..MAX_ROWS + 3 {
            let port = u16::try_from(row % 50_000).unwrap();
            record
                .with_flow(|flow| flow.srcport = port)
                .with(|record| writer.write(record))
                .unwrap();
        }

        let file = SerializedFileReader::new(Bytes::from(writer.finish().unwrap())).unwrap();

        let rows: Vec<_> = (0..file.num_row_groups())
            .map(|group| file.metadata().row_group(group).num_rows())
            .collect();
        assert_eq!(rows, [131_072, 3]);
        let lines = lines_of(&file);
        assert_eq!(lines[131_074], format!("{} 10.0.5.5 eni-1235b8ca123456789", 131_074 % 50_000));
    }

    #[test]
    fn long_texts_end_a_row_group_early() {
        let format = LogFormat::from_names(["interface-id"]).unwrap();
        let mut writer = ParquetWriter::new(Vec::new(), &format).unwrap();
        let mut record = OwnedRecord::example();
        for row in 0..=MAX_BUFFERED >> 20 {
            record.inventory.interfaces[0].id = format!("{row}{}", "x".repeat(1 << 20));
            record.with(|record| writer.write(record)).unwrap();
        }

        let file = SerializedFileReader::new(Bytes::from(writer.finish().unwrap())).unwrap();

        assert_eq!(file.num_row_groups(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_row_says_what_the_line_says(
            records in proptest::collection::vec(any_record(), 1..20),
            format in any_format(),
        ) {
            prop_assert_eq!(lines_of(&file_of(&format, &records)), text_lines(&format, &records));
        }
    }
}

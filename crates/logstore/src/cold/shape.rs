//! The columns of a segment, and how they are encoded.

use std::sync::Arc;

use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, TimeUnit, Type as PhysicalType,
    ZstdLevel,
};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use crate::line::{ColumnKind, LineFormat};

/// Where the columns stand that every segment has before those of its format; the first is the stream's name.
pub(super) const STREAM: usize = 1;
pub(super) const TIMESTAMP: usize = 2;
pub(super) const INGESTION: usize = 3;
pub(super) const SEQUENCE: usize = 4;
/// The first column of the format; after the last one comes the message.
pub(super) const FIRST: usize = 5;

const KEYS: [&str; 5] = ["log_stream", "log_stream_id", "timestamp", "ingestion_time", "sequence"];
const MESSAGE: &str = "message";

/// Rows of a page: what has to be read for one event at least.
const PAGE_ROWS: usize = 4096;

/// Names of the columns of a format, none of which is one of ours.
fn names(format: Option<&LineFormat>) -> Vec<(String, ColumnKind)> {
    let columns = format.map(|format| format.columns.as_slice()).unwrap_or_default();
    columns
        .iter()
        .map(|column| {
            let is_ours = KEYS.contains(&column.name.as_str()) || column.name == MESSAGE;
            let name = if is_ours { format!("{}_", column.name) } else { column.name.clone() };
            (name, column.kind)
        })
        .collect()
}

pub(super) fn schema(format: Option<&LineFormat>) -> Result<TypePtr, ParquetError> {
    let text = |name: &str, repetition| {
        Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
            .with_repetition(repetition)
            .with_converted_type(ConvertedType::UTF8)
            .with_logical_type(Some(LogicalType::String))
            .build()
    };
    let whole = |name: &str| {
        Type::primitive_type_builder(name, PhysicalType::INT64)
            .with_repetition(Repetition::REQUIRED)
            .build()
    };
    let time = |name: &str| {
        Type::primitive_type_builder(name, PhysicalType::INT64)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            .build()
    };
    let [stream_name, stream, timestamp, ingestion, sequence] = KEYS;
    let mut fields = vec![
        text(stream_name, Repetition::REQUIRED)?,
        whole(stream)?,
        time(timestamp)?,
        time(ingestion)?,
        whole(sequence)?,
    ];
    for (name, kind) in names(format) {
        fields.push(match kind {
            ColumnKind::Int32 => {
                Type::primitive_type_builder(&name, PhysicalType::INT32).build()?
            }
            ColumnKind::Int64 => {
                Type::primitive_type_builder(&name, PhysicalType::INT64).build()?
            }
            ColumnKind::Text | ColumnKind::Address => text(&name, Repetition::OPTIONAL)?,
        });
    }
    fields.push(text(MESSAGE, Repetition::OPTIONAL)?);
    let fields = fields.into_iter().map(Arc::new).collect();
    Ok(Arc::new(Type::group_type_builder("events").with_fields(fields).build()?))
}

/// Measured on flow logs as the smallest for their time, and read by every tool: small numbers plain, large
/// ones as differences, text by dictionary but for addresses, of which there are too many, all of it zstd 3.
pub(super) fn properties(format: Option<&LineFormat>) -> Result<WriterPropertiesPtr, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("flowlogd ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(64))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS);
    let keys = KEYS.into_iter().skip(STREAM).map(|name| (name.to_owned(), ColumnKind::Int64));
    for (name, kind) in keys.chain(names(format)) {
        let encoding = match kind {
            ColumnKind::Text => continue,
            ColumnKind::Int32 => Encoding::PLAIN,
            ColumnKind::Int64 => Encoding::DELTA_BINARY_PACKED,
            ColumnKind::Address => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        };
        let path = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, encoding);
    }
    // Page by page, so that a page of one stream is found without reading the others'.
    let stream = ColumnPath::from(KEYS.get(STREAM).copied().unwrap_or_default());
    properties = properties
        .set_column_statistics_enabled(stream, EnabledStatistics::Page)
        .set_column_dictionary_enabled(ColumnPath::from(MESSAGE), format.is_some());
    Ok(Arc::new(properties.build()))
}

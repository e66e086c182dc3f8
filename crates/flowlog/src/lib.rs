//! Packets with verdicts → flow log records → lines.
//!
//! Pure: windows, keys and aggregation without a clock; one table of fields; formats, renderers and
//! the reader of records.
#![warn(missing_docs)]

mod field;
mod format;
mod reader;
mod record;
mod render;

#[cfg(test)]
mod testing;

pub use field::{Field, FieldType, Source, UnknownField, Values, reference_page};
pub use format::{FormatFault, InvalidLogFormat, LogFormat};
pub use reader::{
    Faults, LineFault, LineParser, LogStatus, MAX_LINE, NumberedFault, ParsedRecord, ReadError,
    RecordReader,
};
pub use record::{Body, Explanation, Flow, InterfaceView, Mode, Record, Span};
pub use render::{GzipMembers, ParquetWriteError, ParquetWriter};

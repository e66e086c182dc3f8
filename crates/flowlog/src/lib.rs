//! Packets with verdicts → flow log records → lines.
//!
//! Pure: windows, keys and aggregation without a clock; one table of fields; formats, renderers and
//! the reader of records.
#![warn(missing_docs)]

mod aggregator;
mod closing;
mod field;
mod format;
mod key;
mod merge;
mod reader;
mod record;
mod render;
mod table;
mod tally;
#[cfg(test)]
mod testing;
mod window;
mod window_flows;

pub use aggregator::{Aggregator, Outcome, Prior, WindowKey};
pub use closing::{Closed, Closer, Silence};
pub use field::{Field, FieldType, Source, UnknownField, Values, reference_page};
pub use format::{FormatFault, InvalidLogFormat, LogFormat};
pub use key::{FlowKey, INTERFACE_BITS, KeyV4, KeyV6, PackedKey};
pub use merge::{ClosedWindow, Item, Part, Status};
pub use reader::{
    Faults, LineFault, LineParser, LogStatus, MAX_LINE, NumberedFault, ParsedRecord, ReadError,
    RecordReader,
};
pub use record::{Body, Explanation, Flow, InterfaceView, Mode, Record, Span};
pub use render::{GzipMembers, ParquetWriteError, ParquetWriter};
pub use table::Entry;
pub use tally::{Gathered, Generation, Sighting, Tally};
pub use window::{CaptureWindow, GRACE, InvalidWindowLength, WindowLength};
pub use window_flows::{DamagedFlows, WindowFlows};

//! Packets with verdicts → flow log records → lines.
//!
//! Pure: windows, keys and aggregation without a clock; one table of fields; formats, renderers and
//! the reader of records.
#![warn(missing_docs)]

mod record;

pub use record::{Body, Explanation, Flow, InterfaceView, Mode, Record, Span};

//! Packets with verdicts → flow log records → lines.
//!
//! Pure: windows, keys and aggregation without a clock; one table of fields; formats, renderers and
//! the reader of records.
#![warn(missing_docs)]

mod aggregator;
mod closing;
mod key;
mod merge;
mod record;
mod table;
mod tally;
mod window;

pub use aggregator::{Aggregator, Outcome, Prior, WindowFlows, WindowKey};
pub use closing::{Closed, Closer, Silence};
pub use key::{FlowKey, INTERFACE_BITS, KeyV4, KeyV6, PackedKey};
pub use merge::{ClosedWindow, Item, Part, Status};
pub use record::{Body, Explanation, Flow, InterfaceView, Mode, Record, Span};
pub use table::Entry;
pub use tally::{Generation, Sighting, Tally};
pub use window::{CaptureWindow, GRACE, InvalidWindowLength, WindowLength};

//! The log store: groups, streams and events, durable before the answer (`storage.md` §0, 7; `semantics.md`
//! 25, 28–30).
//!
//! It never sees HTTP or AWS's texts: what is wrong is a [`StoreError`], what a batch met is a
//! [`PutOutcome`]. All calls block; times are Unix milliseconds.

#![warn(missing_docs)]

mod cold;
mod crash;
pub mod database;
mod disk;
mod error;
mod event;
mod group;
mod line;
mod metric;
pub mod pattern;
mod query;
mod store;
mod stream;

pub use error::StoreError;
pub use event::{Event, EventKey, InputEvent, InvalidEventId};
pub use group::{Group, GroupQuery, NewGroup, Owner};
pub use line::{ColumnKind, LineCodec, LineColumn, LineFormat, NoFormats, Tokens};
pub use metric::{
    InvalidMetricFilter, MAX_DIMENSIONS, MetricFilter, MetricFilterQuery, MetricOverflow,
    MetricPoint, MetricTotal, MetricTotals, NewMetricFilter, Statistics, Transformation,
};
pub use pattern::{InvalidPattern, Pattern};
pub use query::{FilterPage, FilterQuery, From, GetQuery, Streams};
/// For the fuzzers: a block's bytes, from events and to events.
#[doc(hidden)]
pub use store::block::{decode as decode_block, encode as encode_block};
pub use store::{
    Batch, BlockFigures, Damage, Figures, Findings, LogStore, Maintained, Mending, Orphan, Part,
    Pointer, Producer, PutOutcome, Rejected, SegmentEntry, SegmentFigures, Settings, Snapshot,
    fsck,
};
pub use stream::{Stream, StreamOrder, StreamQuery};

//! The cold tier: events as columns, in Parquet files that are written once.
//!
//! A **segment** is a file with events of one group, one UTC day and one format. A **slice** is a row group
//! of it: a stretch of time that no other slice of the file reaches into, and in it the events by stream and
//! time. So a search of the group reads slices one after the other, and a page of one stream reads of each
//! slice only the pages that hold the stream. What is where is documented in `docs/on-disk-format.md`.

mod checksum;
mod column;
mod file;
mod objects;
mod rows;
mod selection;
mod shape;
mod slice;
mod upload;
mod whole;
mod writer;

pub(crate) use checksum::Checksums;
pub(crate) use file::{Segment, SegmentFile};
pub(crate) use objects::Objects;
pub(crate) use rows::{RowKey, Rows};
pub(crate) use selection::Selection;
pub(crate) use slice::{Cells, Line};
pub(crate) use writer::{SegmentWriter, Written};

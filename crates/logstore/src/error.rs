//! What can be wrong.

use crate::InvalidMetricFilter;

/// Why the store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No group of this name.
    #[error("the log group does not exist")]
    NoGroup,
    /// No stream of this name in the group.
    #[error("the log stream does not exist")]
    NoStream,
    /// The name is taken.
    #[error("the log group exists already")]
    GroupExists,
    /// The name is taken.
    #[error("the log stream exists already")]
    StreamExists,
    /// The group may not be deleted.
    #[error("the log group is protected against deletion")]
    Protected,
    /// Events of a batch are not in the order of their timestamps.
    #[error("events are not in chronological order")]
    Unordered,
    /// A batch without events.
    #[error("a batch has at least one event")]
    Empty,
    /// More than 10,000 events.
    #[error("a batch has at most 10000 events, not {0}")]
    TooManyEvents(usize),
    /// More than 1,048,576 bytes, 26 for each event included.
    #[error("{0} bytes are more than a batch may have")]
    BatchTooLarge(usize),
    /// The valid events of a batch are more than 24 hours apart.
    #[error("events span more than 24 hours")]
    SpanTooLong,
    /// No metric filter of this name in the group.
    #[error("the metric filter does not exist")]
    NoMetricFilter,
    /// What cannot be a metric filter.
    #[error(transparent)]
    InvalidMetricFilter(#[from] InvalidMetricFilter),
    /// The group has as many metric filters as it may have, or as many with a regex.
    #[error("the log group has no room for another metric filter")]
    TooManyMetricFilters,
    /// There is no room left: nothing was stored, reading goes on.
    #[error("there is no room on the disk: {0}")]
    Full(String),
    /// The database failed.
    #[error("the log store failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file failed.
    #[error("the log store failed: {0}")]
    Io(#[from] std::io::Error),
    /// What is stored cannot be read.
    #[error("the log store is damaged: {0}")]
    Damaged(String),
}

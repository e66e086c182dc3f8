//! Log streams.

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Up to 512 characters.
    pub name: String,
    /// Unix milliseconds.
    pub created: i64,
    /// Timestamp of its earliest event; absent as long as it has none.
    pub first_event: Option<i64>,
    /// Timestamp of its latest event.
    pub last_event: Option<i64>,
    /// When the last batch came.
    pub last_ingestion: Option<i64>,
}

/// By what streams are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamOrder {
    /// By name.
    #[default]
    Name,
    /// By the timestamp of the latest event; streams without one count as 0.
    LastEvent,
}

/// Which streams of a group to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamQuery {
    /// Names that begin so.
    pub prefix: Option<String>,
    /// In which order.
    pub order: StreamOrder,
    /// From the end.
    pub descending: bool,
    /// Those after this one in that order: the latest event's timestamp (0 by name) and the name.
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: usize,
}

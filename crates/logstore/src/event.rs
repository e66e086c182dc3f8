//! Events and their identity.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An event as it is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputEvent {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// Not empty.
    pub message: String,
}

/// What identifies an event and orders it (`semantics.md` 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// Unix milliseconds.
    pub ingestion_time: i64,
    /// Only grows, over all groups.
    pub sequence: u64,
}

/// What is no event id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an event id: it would be 56 digits")]
pub struct InvalidEventId(pub String);

/// 56 digits: timestamp, ingestion time and sequence as one number (`cloudwatch-logs.md` §4.4).
impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0")
    }
}

impl FromStr for EventKey {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        Err(InvalidEventId(text.to_owned()))
    }
}

/// An event as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its identity.
    pub key: EventKey,
    /// Its stream.
    pub stream: Arc<str>,
    /// What it says.
    pub message: String,
}

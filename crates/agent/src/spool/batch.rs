//! What is kept.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Batches of one destination: a flow log, or `decisions`; of one interface and run:
/// `fl-…/eni-…/RUN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct QueueId(Arc<str>);

impl QueueId {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the flow log that it is of, or `decisions`: the name up to the first `/`. What follows
    /// keeps interfaces and runs apart, whose batches are numbered by themselves.
    pub fn owner(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl From<String> for QueueId {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<&str> for QueueId {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<QueueId> for String {
    fn from(queue: QueueId) -> Self {
        queue.0.as_ref().to_owned()
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One log event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// The record.
    pub message: String,
    /// Packets that it counts, for the ledger.
    pub packets: u64,
}

/// Events that are sent together, always the same ones under the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whose they are.
    pub queue: QueueId,
    /// Grows within a queue. Without one, the queue's next.
    pub number: Option<u64>,
    /// Where they go.
    pub log_group: String,
    /// Its stream.
    pub log_stream: String,
    /// `eni-…`, for the ledger.
    pub interface: String,
    /// Sorted by time, within a service's bounds, not empty.
    pub events: Vec<Event>,
    /// When the batch was made, Unix milliseconds.
    pub created: i64,
}

/// Where the body of a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) stored: u32,
    pub(super) raw: u32,
    pub(super) checksum: u32,
}

/// A batch that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whose it is.
    pub queue: QueueId,
    /// The queue's producer (`semantics.md` 25).
    pub producer: Arc<str>,
    /// Its number.
    pub number: u64,
    /// Where it goes.
    pub log_group: Arc<str>,
    /// Its stream.
    pub log_stream: Arc<str>,
    /// `eni-…`.
    pub interface: Arc<str>,
    /// Events.
    pub records: u64,
    /// When it was made, Unix milliseconds.
    pub created: i64,
    pub(super) place: Place,
}

impl Taken {
    /// Returns what `sequenceToken` carries (`semantics.md` 25).
    pub fn sequence_token(&self) -> String {
        format!("{}:{}", self.producer, self.number)
    }
}

/// Why a batch is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The spool was full, and it was among the oldest.
    Full,
    /// Its body cannot be read from the disk.
    Unreadable,
    /// Its queue was removed.
    Removed,
}

impl Loss {
    /// Returns what the ledger calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "spool-full",
            Self::Unreadable => "spool-unreadable",
            Self::Removed => "flow-log-deleted",
        }
    }
}

/// A batch that is lost: what a SKIPDATA record has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Whose it was.
    pub queue: QueueId,
    /// Its number.
    pub number: u64,
    /// Where it would have gone.
    pub log_group: Arc<str>,
    /// Its stream.
    pub log_stream: Arc<str>,
    /// `eni-…`.
    pub interface: Arc<str>,
    /// Events.
    pub records: u64,
    /// Packets that they counted.
    pub packets: u64,
    /// Timestamp of the first event, Unix milliseconds.
    pub first: i64,
    /// Timestamp of the last event, Unix milliseconds.
    pub last: i64,
    /// Why.
    pub loss: Loss,
}

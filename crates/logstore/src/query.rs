//! Reading events.

use crate::{Event, EventKey, Owner, Pattern};

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// With the oldest event.
    Head,
    /// With the newest: the page is the last one.
    Tail,
    /// After an event.
    After(EventKey),
    /// Before an event: the page is the one that ends there.
    Before(EventKey),
}

/// A page of one stream, always oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetQuery<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// Name of the group.
    pub group: &'a str,
    /// Name of the stream.
    pub stream: &'a str,
    /// Not earlier.
    pub start: Option<i64>,
    /// Earlier than this.
    pub end: Option<i64>,
    /// Where.
    pub from: From,
    /// At most so many events.
    pub limit: usize,
    /// At most so many bytes of messages, 26 for each event included; but one event at least.
    pub max_bytes: usize,
}

/// Which streams of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streams {
    /// All.
    All,
    /// These. Each has to exist.
    Named(Vec<String>),
    /// Those whose names begin so.
    Prefix(String),
}

/// A page of a group's events that match a pattern.
#[derive(Clone, Debug)]
pub struct FilterQuery<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// Name of the group.
    pub group: &'a str,
    /// Of these streams.
    pub streams: Streams,
    /// Not earlier.
    pub start: Option<i64>,
    /// Not later.
    pub end: Option<i64>,
    /// What has to match.
    pub pattern: &'a Pattern,
    /// Newest first.
    pub descending: bool,
    /// Beyond this event, in the direction of reading.
    pub beyond: Option<EventKey>,
    /// At most so many events.
    pub limit: usize,
    /// At most so many bytes, counted as in [`GetQuery`].
    pub max_bytes: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterPage {
    /// In the direction of reading.
    pub events: Vec<Event>,
    /// The last event looked at, if there may be more beyond it.
    pub next: Option<EventKey>,
}

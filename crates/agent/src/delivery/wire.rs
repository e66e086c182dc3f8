//! The requests of delivery. They borrow the events; a batch is a megabyte.

use serde::{Deserialize, Serialize};

use crate::spool::Event;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutLogEvents<'a> {
    pub(super) log_group_name: &'a str,
    pub(super) log_stream_name: &'a str,
    pub(super) log_events: Vec<InputLogEvent<'a>>,
    pub(super) sequence_token: String,
}

#[derive(Debug, Serialize)]
pub(super) struct InputLogEvent<'a> {
    timestamp: i64,
    message: &'a str,
}

impl<'a> From<&'a Event> for InputLogEvent<'a> {
    fn from(event: &'a Event) -> Self {
        Self { timestamp: event.timestamp, message: &event.message }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutLogEventsAnswer {
    #[serde(default)]
    pub(super) rejected_log_events_info: Option<RejectedLogEventsInfo>,
}

/// Which events of a batch were not stored (`cloudwatch-logs.md` §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RejectedLogEventsInfo {
    /// Events from this one on are more than 2 h ahead.
    #[serde(default)]
    pub(super) too_new_log_event_start_index: Option<usize>,
    /// Events before this one are older than 14 days.
    #[serde(default)]
    pub(super) too_old_log_event_end_index: Option<usize>,
    /// Events before this one are older than the group keeps them.
    #[serde(default)]
    pub(super) expired_log_event_end_index: Option<usize>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateLogGroup<'a> {
    pub(super) log_group_name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateLogStream<'a> {
    pub(super) log_group_name: &'a str,
    pub(super) log_stream_name: &'a str,
}

//! `GetLogEvents`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::OutputLogEvent;

/// Request of `GetLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEventsRequest {
    /// Name of the group, or …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// … its name or ARN: exactly one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_identifier: Option<String>,
    /// Name of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_name: Option<String>,
    /// Not earlier, Unix milliseconds.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_time: Option<i64>,
    /// Earlier than this, Unix milliseconds.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_time: Option<i64>,
    /// `f/…/s` or `b/…/s` of another page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 10,000, which is what is taken without it.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<i64>,
    /// Without a token: the oldest page, not the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_from_head: Option<bool>,
    /// `true` is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmask: Option<bool>,
}

/// Answer of `GetLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEventsResponse {
    /// Oldest first.
    pub events: Vec<OutputLogEvent>,
    /// For the page after; the one that was sent where there is none.
    pub next_forward_token: String,
    /// For the page before; the one that was sent where there is none.
    pub next_backward_token: String,
}

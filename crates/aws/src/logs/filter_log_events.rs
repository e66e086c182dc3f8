//! `FilterLogEvents`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::{FilteredLogEvent, SearchedLogStream};

/// Request of `FilterLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEventsRequest {
    /// Name of the group, or …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// … its name or ARN: exactly one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_identifier: Option<String>,
    /// Of these streams, up to 100; excludes a prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_names: Option<Vec<String>>,
    /// Of streams whose names begin so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_name_prefix: Option<String>,
    /// Not earlier, Unix milliseconds.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_time: Option<i64>,
    /// Not later, Unix milliseconds.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_time: Option<i64>,
    /// Up to 1,024 characters (`cloudwatch-logs.md` §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_pattern: Option<String>,
    /// Of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 10,000, which is what is taken without it.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<i64>,
    /// Oldest first, which is what is taken without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_from_head: Option<bool>,
    /// Left alone, as AWS does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interleaved: Option<bool>,
    /// `true` is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmask: Option<bool>,
}

/// Answer of `FilterLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEventsResponse {
    /// In the direction of reading.
    pub events: Vec<FilteredLogEvent>,
    /// Always empty.
    pub searched_log_streams: Vec<SearchedLogStream>,
    /// If there may be more; never the one that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

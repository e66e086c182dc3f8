//! `GetLogGroupFields`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::LogGroupField;

/// Request of `GetLogGroupFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogGroupFieldsRequest {
    /// Name of the group, or …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// The middle of 16 minutes, Unix seconds; the last 15 minutes without it.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub time: Option<i64>,
    /// … its name or ARN: exactly one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_identifier: Option<String>,
}

/// Answer of `GetLogGroupFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogGroupFieldsResponse {
    /// The most frequent first.
    pub log_group_fields: Vec<LogGroupField>,
}

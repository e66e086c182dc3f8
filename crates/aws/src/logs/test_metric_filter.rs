//! `TestMetricFilter`.

use serde::{Deserialize, Serialize};

use super::shapes::MetricFilterMatchRecord;

/// Request of `TestMetricFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestMetricFilterRequest {
    /// Up to 1,024 characters (`cloudwatch-logs.md` §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_pattern: Option<String>,
    /// 1 to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_event_messages: Option<Vec<String>>,
}

/// Answer of `TestMetricFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestMetricFilterResponse {
    /// The messages that match.
    pub matches: Vec<MetricFilterMatchRecord>,
}

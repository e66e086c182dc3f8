//! What several operations speak of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::integral;

/// A log group as answers print it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub struct LogGroup {
    /// Its name.
    pub log_group_name: String,
    /// Unix milliseconds.
    pub creation_time: i64,
    /// After how many days events go; never without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_in_days: Option<u32>,
    /// Metric filters that it has.
    pub metric_filter_count: u32,
    /// With `:*` at its end.
    pub arn: String,
    /// Without.
    pub log_group_arn: String,
    /// Left out where groups are searched by a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_bytes: Option<u64>,
    /// `STANDARD` or `INFREQUENT_ACCESS`.
    pub log_group_class: String,
    /// Left out where groups are searched by a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,
}

/// A log stream as answers print it. Its times are absent until something is put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub struct LogStream {
    /// Its name.
    pub log_stream_name: String,
    /// Unix milliseconds.
    pub creation_time: i64,
    /// Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event_timestamp: Option<i64>,
    /// Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_timestamp: Option<i64>,
    /// Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ingestion_time: Option<i64>,
    /// 56 digits without meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_sequence_token: Option<String>,
    /// `arn:aws:logs:R:A:log-group:NAME:log-stream:STREAM`.
    pub arn: String,
    /// Always 0, as AWS has it since 2019.
    pub stored_bytes: u64,
}

/// An event as it is put.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InputLogEvent {
    /// Unix milliseconds.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub timestamp: Option<i64>,
    /// Not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An event of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputLogEvent {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// What it says.
    pub message: String,
    /// Unix milliseconds.
    pub ingestion_time: i64,
}

/// An event of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FilteredLogEvent {
    /// Its stream.
    pub log_stream_name: String,
    /// Unix milliseconds.
    pub timestamp: i64,
    /// What it says.
    pub message: String,
    /// Unix milliseconds.
    pub ingestion_time: i64,
    /// 56 digits; the same at every reading.
    pub event_id: String,
}

/// Events of a batch that were not stored for their time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the wire")]
pub struct RejectedLogEventsInfo {
    /// From this one on they are more than two hours ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_new_log_event_start_index: Option<usize>,
    /// Before this one they are older than 14 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_old_log_event_end_index: Option<usize>,
    /// Before this one they are older than the group's retention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_log_event_end_index: Option<usize>,
}

/// Why an entity was not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedEntityInfo {
    /// `UnsupportedLogGroupType`.
    pub error_type: String,
}

/// A stream that was searched; none is told of any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchedLogStream {
    /// Its name.
    pub log_stream_name: String,
    /// Whether all of it was.
    pub searched_completely: bool,
}

/// A log group as `ListLogGroups` prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroupSummary {
    /// Its name.
    pub log_group_name: String,
    /// Without `:*` at its end.
    pub log_group_arn: String,
    /// `STANDARD` or `INFREQUENT_ACCESS`.
    pub log_group_class: String,
}

/// A tag that groups have to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagFilter {
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// One of these, up to five; any value without them. `!` in front negates, `*` at an end is any text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// What a metric filter makes of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricTransformation {
    /// Name of the metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_namespace: Option<String>,
    /// A number, or what to take one from: `$.latency`, `$bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_value: Option<String>,
    /// Of minutes with events of which none matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<f64>,
    /// Up to three, and what to take their values from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<BTreeMap<String, String>>,
    /// `Bytes`; `None` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A metric filter as answers print it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFilter {
    /// Its name.
    pub filter_name: String,
    /// As it was put.
    pub filter_pattern: String,
    /// Exactly one.
    pub metric_transformations: Vec<MetricTransformation>,
    /// Unix milliseconds.
    pub creation_time: i64,
    /// Name of its group.
    pub log_group_name: String,
    /// Always `false`.
    pub apply_on_transformed_logs: bool,
}

/// A message that a pattern matches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricFilterMatchRecord {
    /// Its place, counted from 1.
    pub event_number: i64,
    /// The message.
    pub event_message: String,
    /// What it has where the pattern looks: `$bytes`, `$.latency`.
    pub extracted_values: BTreeMap<String, String>,
}

/// A field of a group's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroupField {
    /// Its name.
    pub name: String,
    /// How many of a hundred events have it.
    pub percent: u32,
}

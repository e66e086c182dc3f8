//! `PutLogEvents`.

use serde::{Deserialize, Serialize};

use super::shapes::{InputLogEvent, RejectedEntityInfo, RejectedLogEventsInfo};

/// Request of `PutLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEventsRequest {
    /// Name of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// Name of the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_stream_name: Option<String>,
    /// 1 to 10,000, in the order of their timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_events: Option<Vec<InputLogEvent>>,
    /// Left alone, but for the numbers of our agents' batches (`semantics.md` 25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_token: Option<String>,
    /// Not supported: the answer says that it was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<serde_json::Value>,
}

/// Answer of `PutLogEvents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEventsResponse {
    /// 56 digits without meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_sequence_token: Option<String>,
    /// Events that were not stored for their time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_log_events_info: Option<RejectedLogEventsInfo>,
    /// That the entity was not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_entity_info: Option<RejectedEntityInfo>,
}

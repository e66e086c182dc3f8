//! `GetLogRecord`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `GetLogRecord`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogRecordRequest {
    /// The `@ptr` of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_record_pointer: Option<String>,
    /// `true` is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmask: Option<bool>,
}

/// Answer of `GetLogRecord`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogRecordResponse {
    /// Its fields by name; what begins with `@` is of the event, the others are discovered in its message.
    pub log_record: BTreeMap<String, String>,
}

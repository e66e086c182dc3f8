//! `ListTagsLogGroup`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `ListTagsLogGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsLogGroupRequest {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
}

/// Answer of `ListTagsLogGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsLogGroupResponse {
    /// All of them.
    pub tags: BTreeMap<String, String>,
}

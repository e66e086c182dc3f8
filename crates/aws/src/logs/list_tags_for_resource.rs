//! `ListTagsForResource`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `ListTagsForResource`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceRequest {
    /// ARN of a log group, without `:*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_arn: Option<String>,
}

/// Answer of `ListTagsForResource`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceResponse {
    /// All of them.
    pub tags: BTreeMap<String, String>,
}

//! `ListPolicyTags`.

use serde::{Deserialize, Serialize};

use super::shapes::Tag;

/// Request of `ListPolicyTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListPolicyTagsRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListPolicyTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListPolicyTagsResponse {
    /// Sorted by key.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

//! `ListAttachedGroupPolicies`.

use serde::{Deserialize, Serialize};

use super::shapes::AttachedPolicy;

/// Request of `ListAttachedGroupPolicies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListAttachedGroupPoliciesRequest {
    /// Of the group.
    pub group_name: String,
    /// Only paths that begin so.
    pub path_prefix: Option<String>,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListAttachedGroupPolicies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAttachedGroupPoliciesResponse {
    /// Sorted by name.
    #[serde(default)]
    pub attached_policies: Vec<AttachedPolicy>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

//! `ListPolicies`.

use serde::{Deserialize, Serialize};

use super::shapes::Policy;

/// Request of `ListPolicies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListPoliciesRequest {
    /// `All`, `AWS` or `Local`.
    pub scope: Option<String>,
    /// Whether to leave out what is attached to nothing.
    pub only_attached: Option<bool>,
    /// Only paths that begin so.
    pub path_prefix: Option<String>,
    /// `PermissionsPolicy` or `PermissionsBoundary`.
    pub policy_usage_filter: Option<String>,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListPolicies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListPoliciesResponse {
    /// Without tags and descriptions, sorted by name.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

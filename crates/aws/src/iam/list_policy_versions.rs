//! `ListPolicyVersions`.

use serde::{Deserialize, Serialize};

use super::shapes::PolicyVersion;

/// Request of `ListPolicyVersions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListPolicyVersionsRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListPolicyVersions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListPolicyVersionsResponse {
    /// Without documents, the newest first.
    #[serde(default)]
    pub versions: Vec<PolicyVersion>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

//! `GetGroupPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `GetGroupPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetGroupPolicyRequest {
    /// Of the group.
    pub group_name: String,
    /// Of the policy.
    pub policy_name: String,
}

/// Answer of `GetGroupPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetGroupPolicyResponse {
    /// Of the group.
    pub group_name: String,
    /// Of the policy.
    pub policy_name: String,
    /// Percent-encoded JSON (RFC 3986).
    pub policy_document: String,
}

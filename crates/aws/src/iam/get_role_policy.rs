//! `GetRolePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `GetRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRolePolicyRequest {
    /// Of the role.
    pub role_name: String,
    /// Of the policy.
    pub policy_name: String,
}

/// Answer of `GetRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRolePolicyResponse {
    /// Of the role.
    pub role_name: String,
    /// Of the policy.
    pub policy_name: String,
    /// Percent-encoded JSON (RFC 3986).
    pub policy_document: String,
}

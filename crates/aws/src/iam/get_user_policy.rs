//! `GetUserPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `GetUserPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetUserPolicyRequest {
    /// Of the user.
    pub user_name: String,
    /// Of the policy.
    pub policy_name: String,
}

/// Answer of `GetUserPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetUserPolicyResponse {
    /// Of the user.
    pub user_name: String,
    /// Of the policy.
    pub policy_name: String,
    /// Percent-encoded JSON (RFC 3986).
    pub policy_document: String,
}

//! `GetPolicy`.

use serde::{Deserialize, Serialize};

use super::shapes::Policy;

/// Request of `GetPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetPolicyRequest {
    /// Of the managed policy.
    pub policy_arn: String,
}

/// Answer of `GetPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPolicyResponse {
    /// The policy.
    pub policy: Policy,
}

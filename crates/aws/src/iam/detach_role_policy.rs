//! `DetachRolePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DetachRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DetachRolePolicyRequest {
    /// Of the role.
    pub role_name: String,
    /// Of the managed policy.
    pub policy_arn: String,
}

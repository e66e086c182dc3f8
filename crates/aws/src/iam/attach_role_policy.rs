//! `AttachRolePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `AttachRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttachRolePolicyRequest {
    /// Of the role.
    pub role_name: String,
    /// Of the managed policy.
    pub policy_arn: String,
}

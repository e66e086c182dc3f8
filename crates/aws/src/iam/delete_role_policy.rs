//! `DeleteRolePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteRolePolicyRequest {
    /// Of the role.
    pub role_name: String,
    /// Of the policy.
    pub policy_name: String,
}

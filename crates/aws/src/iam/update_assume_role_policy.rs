//! `UpdateAssumeRolePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `UpdateAssumeRolePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UpdateAssumeRolePolicyRequest {
    /// Of the role.
    pub role_name: String,
    /// The trust policy, as JSON.
    pub policy_document: String,
}

//! `DeleteUserPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteUserPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteUserPolicyRequest {
    /// Of the user.
    pub user_name: String,
    /// Of the policy.
    pub policy_name: String,
}

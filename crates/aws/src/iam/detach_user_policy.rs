//! `DetachUserPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DetachUserPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DetachUserPolicyRequest {
    /// Of the user.
    pub user_name: String,
    /// Of the managed policy.
    pub policy_arn: String,
}

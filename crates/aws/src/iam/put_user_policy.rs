//! `PutUserPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `PutUserPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutUserPolicyRequest {
    /// Of the user.
    pub user_name: String,
    /// Of the policy.
    pub policy_name: String,
    /// The policy, as JSON.
    pub policy_document: String,
}

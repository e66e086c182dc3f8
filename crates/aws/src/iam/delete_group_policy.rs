//! `DeleteGroupPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteGroupPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteGroupPolicyRequest {
    /// Of the group.
    pub group_name: String,
    /// Of the policy.
    pub policy_name: String,
}

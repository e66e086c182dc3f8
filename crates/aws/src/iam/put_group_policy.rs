//! `PutGroupPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `PutGroupPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutGroupPolicyRequest {
    /// Of the group.
    pub group_name: String,
    /// Of the policy.
    pub policy_name: String,
    /// The policy, as JSON.
    pub policy_document: String,
}

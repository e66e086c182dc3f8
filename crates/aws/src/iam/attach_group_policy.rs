//! `AttachGroupPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `AttachGroupPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttachGroupPolicyRequest {
    /// Of the group.
    pub group_name: String,
    /// Of the managed policy.
    pub policy_arn: String,
}

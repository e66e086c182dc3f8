//! `DeletePolicyVersion`.

use serde::{Deserialize, Serialize};

/// Request of `DeletePolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeletePolicyVersionRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// `v1`.
    pub version_id: String,
}

//! `SetDefaultPolicyVersion`.

use serde::{Deserialize, Serialize};

/// Request of `SetDefaultPolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SetDefaultPolicyVersionRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// `v1`.
    pub version_id: String,
}

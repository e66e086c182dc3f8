//! `DeletePolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DeletePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeletePolicyRequest {
    /// Of the managed policy.
    pub policy_arn: String,
}

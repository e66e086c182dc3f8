//! `UntagPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `UntagPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UntagPolicyRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// Of the tags to remove.
    pub tag_keys: Vec<String>,
}

//! `TagPolicy`.

use serde::{Deserialize, Serialize};

use super::shapes::Tag;

/// Request of `TagPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagPolicyRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// At most 50.
    pub tags: Vec<Tag>,
}

//! `GetPolicyVersion`.

use serde::{Deserialize, Serialize};

use super::shapes::PolicyVersion;

/// Request of `GetPolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetPolicyVersionRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// `v1`.
    pub version_id: String,
}

/// Answer of `GetPolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetPolicyVersionResponse {
    /// The version, with its document.
    pub policy_version: PolicyVersion,
}

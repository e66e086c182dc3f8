//! `CreatePolicyVersion`.

use serde::{Deserialize, Serialize};

use super::shapes::PolicyVersion;

/// Request of `CreatePolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreatePolicyVersionRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// The policy, as JSON.
    pub policy_document: String,
    /// Whether the new version is the one that counts.
    pub set_as_default: Option<bool>,
}

/// Answer of `CreatePolicyVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatePolicyVersionResponse {
    /// The new version, without its document.
    pub policy_version: PolicyVersion,
}

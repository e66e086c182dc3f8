//! `CreatePolicy`.

use serde::{Deserialize, Serialize};

use super::shapes::{Policy, Tag};

/// Request of `CreatePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreatePolicyRequest {
    /// Of the policy.
    pub policy_name: String,
    /// The policy, as JSON.
    pub policy_document: String,
    /// `/` where it is absent; otherwise `/…/`.
    pub path: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// At most 50.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Answer of `CreatePolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatePolicyResponse {
    /// The new policy.
    pub policy: Policy,
}

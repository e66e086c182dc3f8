//! `GetContextKeysForPrincipalPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `GetContextKeysForPrincipalPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetContextKeysForPrincipalPolicyRequest {
    /// Of a user, a group or a role.
    pub policy_source_arn: String,
    /// More policies, as JSON.
    #[serde(default)]
    pub policy_input_list: Vec<String>,
}

/// Answer of `GetContextKeysForPrincipalPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetContextKeysForPrincipalPolicyResponse {
    /// Sorted.
    #[serde(default)]
    pub context_key_names: Vec<String>,
}

//! `GetContextKeysForCustomPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `GetContextKeysForCustomPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetContextKeysForCustomPolicyRequest {
    /// Policies, as JSON.
    #[serde(default)]
    pub policy_input_list: Vec<String>,
}

/// Answer of `GetContextKeysForCustomPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetContextKeysForCustomPolicyResponse {
    /// Sorted.
    #[serde(default)]
    pub context_key_names: Vec<String>,
}

//! `GetAccessKeyLastUsed`.

use serde::{Deserialize, Serialize};

use super::shapes::AccessKeyLastUsed;

/// Request of `GetAccessKeyLastUsed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetAccessKeyLastUsedRequest {
    /// 16 to 128 characters.
    pub access_key_id: String,
}

/// Answer of `GetAccessKeyLastUsed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAccessKeyLastUsedResponse {
    /// Whose; root has no name.
    pub user_name: Option<String>,
    /// The last use.
    pub access_key_last_used: AccessKeyLastUsed,
}

//! `GetAccessKeyInfo`.

use serde::{Deserialize, Serialize};

/// Request of `GetAccessKeyInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetAccessKeyInfoRequest {
    /// 16 to 128 characters.
    pub access_key_id: String,
}

/// Answer of `GetAccessKeyInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAccessKeyInfoResponse {
    /// Twelve digits.
    pub account: String,
}

//! `DecodeAuthorizationMessage`.

use serde::{Deserialize, Serialize};

/// Request of `DecodeAuthorizationMessage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DecodeAuthorizationMessageRequest {
    /// As a denial told it; up to 10240 characters.
    pub encoded_message: String,
}

/// Answer of `DecodeAuthorizationMessage`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DecodeAuthorizationMessageResponse {
    /// JSON.
    pub decoded_message: String,
}

//! `GetSessionToken`.

use serde::{Deserialize, Serialize};

use super::Credentials;

/// Request of `GetSessionToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetSessionTokenRequest {
    /// 900 to 129600; 43200 where it is absent, and of root at most 3600.
    pub duration_seconds: Option<i64>,
    /// Of a device: refused.
    pub serial_number: Option<String>,
    /// Of a device: refused.
    pub token_code: Option<String>,
    /// Refused.
    pub minimum_session_token_size: Option<i64>,
}

/// Answer of `GetSessionToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSessionTokenResponse {
    /// What requests of the session are signed with.
    pub credentials: Credentials,
}

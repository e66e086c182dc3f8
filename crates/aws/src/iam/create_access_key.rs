//! `CreateAccessKey`.

use serde::{Deserialize, Serialize};

use super::shapes::AccessKey;

/// Request of `CreateAccessKey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateAccessKeyRequest {
    /// Of the user; the caller where it is absent.
    pub user_name: Option<String>,
}

/// Answer of `CreateAccessKey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateAccessKeyResponse {
    /// The new key, with its secret.
    pub access_key: AccessKey,
}

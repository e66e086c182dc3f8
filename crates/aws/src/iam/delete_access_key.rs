//! `DeleteAccessKey`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteAccessKey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteAccessKeyRequest {
    /// Of the user; the caller where it is absent.
    pub user_name: Option<String>,
    /// `AKIA…`.
    pub access_key_id: String,
}

//! `ListAccessKeys`.

use serde::{Deserialize, Serialize};

use super::shapes::AccessKeyMetadata;

/// Request of `ListAccessKeys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListAccessKeysRequest {
    /// Of the user; the caller where it is absent.
    pub user_name: Option<String>,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListAccessKeys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAccessKeysResponse {
    /// Without secrets.
    #[serde(default)]
    pub access_key_metadata: Vec<AccessKeyMetadata>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

//! `CreateLogGroup`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `CreateLogGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogGroupRequest {
    /// 1 to 512 characters of `.-_/#A-Za-z0-9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// Not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// Up to 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// `STANDARD`, which is what is taken without it, or `INFREQUENT_ACCESS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_class: Option<String>,
    /// Whether it may not be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,
}

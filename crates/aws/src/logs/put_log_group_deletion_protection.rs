//! `PutLogGroupDeletionProtection`.

use serde::{Deserialize, Serialize};

/// Request of `PutLogGroupDeletionProtection`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogGroupDeletionProtectionRequest {
    /// Name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_identifier: Option<String>,
    /// Whether it may not be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection_enabled: Option<bool>,
}

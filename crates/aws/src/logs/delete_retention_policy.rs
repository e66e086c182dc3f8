//! `DeleteRetentionPolicy`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteRetentionPolicy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRetentionPolicyRequest {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
}

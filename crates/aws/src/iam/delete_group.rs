//! `DeleteGroup`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteGroupRequest {
    /// Of the group.
    pub group_name: String,
}

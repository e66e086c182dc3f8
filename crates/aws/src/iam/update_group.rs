//! `UpdateGroup`.

use serde::{Deserialize, Serialize};

/// Request of `UpdateGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UpdateGroupRequest {
    /// Of the group.
    pub group_name: String,
    /// `/` or `/…/`.
    pub new_path: Option<String>,
    /// 1 to 128 characters.
    pub new_group_name: Option<String>,
}

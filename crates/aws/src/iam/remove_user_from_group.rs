//! `RemoveUserFromGroup`.

use serde::{Deserialize, Serialize};

/// Request of `RemoveUserFromGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemoveUserFromGroupRequest {
    /// Of the group.
    pub group_name: String,
    /// Of the user.
    pub user_name: String,
}

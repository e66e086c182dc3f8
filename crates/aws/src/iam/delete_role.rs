//! `DeleteRole`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteRoleRequest {
    /// Of the role.
    pub role_name: String,
}

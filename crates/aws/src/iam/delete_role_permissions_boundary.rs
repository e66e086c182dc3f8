//! `DeleteRolePermissionsBoundary`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteRolePermissionsBoundary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteRolePermissionsBoundaryRequest {
    /// Of the role.
    pub role_name: String,
}

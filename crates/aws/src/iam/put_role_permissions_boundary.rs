//! `PutRolePermissionsBoundary`.

use serde::{Deserialize, Serialize};

/// Request of `PutRolePermissionsBoundary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutRolePermissionsBoundaryRequest {
    /// Of the role.
    pub role_name: String,
    /// ARN of the managed policy that limits it.
    pub permissions_boundary: String,
}

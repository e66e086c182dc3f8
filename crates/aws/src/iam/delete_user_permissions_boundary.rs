//! `DeleteUserPermissionsBoundary`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteUserPermissionsBoundary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteUserPermissionsBoundaryRequest {
    /// Of the user.
    pub user_name: String,
}

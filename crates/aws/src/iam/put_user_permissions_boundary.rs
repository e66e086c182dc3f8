//! `PutUserPermissionsBoundary`.

use serde::{Deserialize, Serialize};

/// Request of `PutUserPermissionsBoundary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PutUserPermissionsBoundaryRequest {
    /// Of the user.
    pub user_name: String,
    /// ARN of the managed policy that limits it.
    pub permissions_boundary: String,
}

//! `UpdateUser`.

use serde::{Deserialize, Serialize};

/// Request of `UpdateUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UpdateUserRequest {
    /// Of the user.
    pub user_name: String,
    /// Where the user moves.
    pub new_path: Option<String>,
    /// What the user is called from now on.
    pub new_user_name: Option<String>,
}

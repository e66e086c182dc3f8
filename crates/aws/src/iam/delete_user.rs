//! `DeleteUser`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteUserRequest {
    /// Of the user.
    pub user_name: String,
}

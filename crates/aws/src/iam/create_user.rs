//! `CreateUser`.

use serde::{Deserialize, Serialize};

use super::shapes::{Tag, User};

/// Request of `CreateUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateUserRequest {
    /// Of the user.
    pub user_name: String,
    /// `/` where it is absent; otherwise `/…/`.
    pub path: Option<String>,
    /// ARN of the managed policy that limits it.
    pub permissions_boundary: Option<String>,
    /// At most 50.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Answer of `CreateUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateUserResponse {
    /// The new user.
    pub user: User,
}

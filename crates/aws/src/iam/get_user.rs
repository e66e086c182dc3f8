//! `GetUser`.

use serde::{Deserialize, Serialize};

use super::shapes::User;

/// Request of `GetUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetUserRequest {
    /// Of the user; the caller where it is absent.
    pub user_name: Option<String>,
}

/// Answer of `GetUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetUserResponse {
    /// The user.
    pub user: User,
}

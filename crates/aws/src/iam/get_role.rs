//! `GetRole`.

use serde::{Deserialize, Serialize};

use super::shapes::Role;

/// Request of `GetRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetRoleRequest {
    /// Of the role.
    pub role_name: String,
}

/// Answer of `GetRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRoleResponse {
    /// The role.
    pub role: Role,
}

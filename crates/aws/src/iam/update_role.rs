//! `UpdateRole`.

use serde::{Deserialize, Serialize};

/// Request of `UpdateRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UpdateRoleRequest {
    /// Of the role.
    pub role_name: String,
    /// For people.
    pub description: Option<String>,
    /// Seconds, 3600 to 43200.
    pub max_session_duration: Option<i64>,
}

/// Answer of `UpdateRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateRoleResponse {}

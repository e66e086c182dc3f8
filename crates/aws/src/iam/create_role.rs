//! `CreateRole`.

use serde::{Deserialize, Serialize};

use super::shapes::{Role, Tag};

/// Request of `CreateRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateRoleRequest {
    /// Of the role.
    pub role_name: String,
    /// The trust policy, as JSON.
    pub assume_role_policy_document: String,
    /// `/` where it is absent; otherwise `/…/`.
    pub path: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Seconds, 3600 to 43200.
    pub max_session_duration: Option<i64>,
    /// ARN of the managed policy that limits it.
    pub permissions_boundary: Option<String>,
    /// At most 50.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Answer of `CreateRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateRoleResponse {
    /// The new role.
    pub role: Role,
}

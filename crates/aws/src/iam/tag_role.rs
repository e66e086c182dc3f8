//! `TagRole`.

use serde::{Deserialize, Serialize};

use super::shapes::Tag;

/// Request of `TagRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagRoleRequest {
    /// Of the role.
    pub role_name: String,
    /// At most 50.
    pub tags: Vec<Tag>,
}

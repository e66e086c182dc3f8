//! `UntagRole`.

use serde::{Deserialize, Serialize};

/// Request of `UntagRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UntagRoleRequest {
    /// Of the role.
    pub role_name: String,
    /// Of the tags to remove.
    pub tag_keys: Vec<String>,
}

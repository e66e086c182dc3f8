//! `UntagUser`.

use serde::{Deserialize, Serialize};

/// Request of `UntagUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UntagUserRequest {
    /// Of the user.
    pub user_name: String,
    /// Of the tags to remove.
    pub tag_keys: Vec<String>,
}

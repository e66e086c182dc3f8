//! `TagUser`.

use serde::{Deserialize, Serialize};

use super::shapes::Tag;

/// Request of `TagUser`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagUserRequest {
    /// Of the user.
    pub user_name: String,
    /// At most 50.
    pub tags: Vec<Tag>,
}

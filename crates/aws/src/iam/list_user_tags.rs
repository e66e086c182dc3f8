//! `ListUserTags`.

use serde::{Deserialize, Serialize};

use super::shapes::Tag;

/// Request of `ListUserTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListUserTagsRequest {
    /// Of the user.
    pub user_name: String,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListUserTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListUserTagsResponse {
    /// Sorted by key.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

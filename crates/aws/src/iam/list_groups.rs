//! `ListGroups`.

use serde::{Deserialize, Serialize};

use super::shapes::Group;

/// Request of `ListGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListGroupsRequest {
    /// Only paths that begin so.
    pub path_prefix: Option<String>,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListGroupsResponse {
    /// Sorted by name.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

//! `GetGroup`.

use serde::{Deserialize, Serialize};

use super::shapes::{Group, User};

/// Request of `GetGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetGroupRequest {
    /// Of the group.
    pub group_name: String,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `GetGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetGroupResponse {
    /// The group.
    pub group: Group,
    /// Who is in it, sorted by name.
    #[serde(default)]
    pub users: Vec<User>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

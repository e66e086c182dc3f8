//! `CreateGroup`.

use serde::{Deserialize, Serialize};

use super::shapes::Group;

/// Request of `CreateGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateGroupRequest {
    /// `/` or `/…/`; `/` where it is absent.
    pub path: Option<String>,
    /// 1 to 128 characters, unique without case.
    pub group_name: String,
}

/// Answer of `CreateGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateGroupResponse {
    /// As it was made.
    pub group: Group,
}

//! `ListEntitiesForPolicy`.

use serde::{Deserialize, Serialize};

use super::shapes::{PolicyGroup, PolicyRole, PolicyUser};

/// Request of `ListEntitiesForPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListEntitiesForPolicyRequest {
    /// Of the managed policy.
    pub policy_arn: String,
    /// `User`, `Group` or `Role`; of the others there is none.
    pub entity_filter: Option<String>,
    /// Only paths that begin so.
    pub path_prefix: Option<String>,
    /// `PermissionsPolicy` or `PermissionsBoundary`.
    pub policy_usage_filter: Option<String>,
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListEntitiesForPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListEntitiesForPolicyResponse {
    /// Groups that have it.
    #[serde(default)]
    pub policy_groups: Vec<PolicyGroup>,
    /// Users that have it.
    #[serde(default)]
    pub policy_users: Vec<PolicyUser>,
    /// Roles that have it.
    #[serde(default)]
    pub policy_roles: Vec<PolicyRole>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

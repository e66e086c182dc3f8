//! `GetSecurityGroupsForVpc`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, SecurityGroupForVpc};

/// Request of `GetSecurityGroupsForVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetSecurityGroupsForVpcRequest {
    /// Where the groups may be used.
    pub vpc_id: String,
    /// From the answer before.
    pub next_token: Option<String>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `GetSecurityGroupsForVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSecurityGroupsForVpcResponse {
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The groups.
    #[serde(default)]
    pub security_group_for_vpc_set: Vec<SecurityGroupForVpc>,
}

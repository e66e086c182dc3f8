//! `DescribeStaleSecurityGroups`.

use serde::{Deserialize, Serialize};

use super::shapes::StaleSecurityGroup;

/// Request of `DescribeStaleSecurityGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeStaleSecurityGroupsRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// 5 to 255; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Whose groups.
    pub vpc_id: String,
}

/// Answer of `DescribeStaleSecurityGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeStaleSecurityGroupsResponse {
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// The groups.
    #[serde(default)]
    pub stale_security_group_set: Vec<StaleSecurityGroup>,
}

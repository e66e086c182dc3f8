//! `DescribeSecurityGroups`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, SecurityGroup};

/// Request of `DescribeSecurityGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeSecurityGroupsRequest {
    /// Only these.
    #[serde(rename = "GroupId", default)]
    pub group_ids: Vec<String>,
    /// Only these of the default VPC.
    #[serde(rename = "GroupName", default)]
    pub group_names: Vec<String>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeSecurityGroups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSecurityGroupsResponse {
    /// The groups.
    #[serde(default)]
    pub security_group_info: Vec<SecurityGroup>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

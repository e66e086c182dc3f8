//! `DescribeNetworkAcls`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, NetworkAcl};

/// Request of `DescribeNetworkAcls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeNetworkAclsRequest {
    /// Only these.
    #[serde(rename = "NetworkAclId", default)]
    pub network_acl_ids: Vec<String>,
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

/// Answer of `DescribeNetworkAcls`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkAclsResponse {
    /// The ACLs.
    #[serde(default)]
    pub network_acl_set: Vec<NetworkAcl>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

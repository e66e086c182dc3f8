//! `DescribeVpcPeeringConnections`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, VpcPeeringConnection};

/// Request of `DescribeVpcPeeringConnections`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeVpcPeeringConnectionsRequest {
    /// From the answer before.
    pub next_token: Option<String>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Only these.
    #[serde(rename = "VpcPeeringConnectionId", default)]
    pub vpc_peering_connection_ids: Vec<String>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
}

/// Answer of `DescribeVpcPeeringConnections`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcPeeringConnectionsResponse {
    /// The connections.
    #[serde(default)]
    pub vpc_peering_connection_set: Vec<VpcPeeringConnection>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

//! `DescribeNetworkInterfaces`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, NetworkInterface};

/// Request of `DescribeNetworkInterfaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeNetworkInterfacesRequest {
    /// Only these; not together with `MaxResults`.
    #[serde(rename = "NetworkInterfaceId", default)]
    pub network_interface_ids: Vec<String>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Nothing is managed by a service here, so both give the same.
    pub include_managed_resources: Option<bool>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeNetworkInterfaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkInterfacesResponse {
    /// The interfaces.
    #[serde(default)]
    pub network_interface_set: Vec<NetworkInterface>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

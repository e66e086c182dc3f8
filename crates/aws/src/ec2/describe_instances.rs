//! `DescribeInstances`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, Reservation};

/// Request of `DescribeInstances`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeInstancesRequest {
    /// Only these.
    #[serde(rename = "InstanceId", default)]
    pub instance_ids: Vec<String>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Nothing here is managed by a service.
    pub include_managed_resources: Option<bool>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeInstances`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeInstancesResponse {
    /// The instances, each in a reservation of its own.
    #[serde(default)]
    pub reservation_set: Vec<Reservation>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

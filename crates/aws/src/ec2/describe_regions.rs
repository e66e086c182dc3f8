//! `DescribeRegions`.

use serde::{Deserialize, Serialize};

use super::shapes::Filter;

/// Request of `DescribeRegions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeRegionsRequest {
    /// Only these.
    #[serde(rename = "RegionName", default)]
    pub region_names: Vec<String>,
    /// All regions are enabled here, so both give the same.
    pub all_regions: Option<bool>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeRegions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeRegionsResponse {
    /// The regions.
    #[serde(default)]
    pub region_info: Vec<Region>,
}

/// A region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    /// `us-east-1`.
    pub region_name: String,
    /// `ec2.us-east-1.amazonaws.com`.
    pub region_endpoint: String,
    /// `opt-in-not-required` or `opted-in`.
    pub opt_in_status: String,
}

//! `DescribeVpcAttribute`.

use serde::{Deserialize, Serialize};

use super::shapes::Attribute;

/// Request of `DescribeVpcAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeVpcAttributeRequest {
    /// `vpc-…`.
    pub vpc_id: String,
    /// `enableDnsSupport`, `enableDnsHostnames` or `enableNetworkAddressUsageMetrics`.
    pub attribute: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeVpcAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeVpcAttributeResponse {
    /// `vpc-…`.
    pub vpc_id: String,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_dns_support: Option<Attribute<bool>>,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_dns_hostnames: Option<Attribute<bool>>,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_network_address_usage_metrics: Option<Attribute<bool>>,
}

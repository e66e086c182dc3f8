//! `ReplaceRoute`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `ReplaceRoute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ReplaceRouteRequest {
    /// `rtb-…`.
    pub route_table_id: String,
    /// Where to, …
    pub destination_cidr_block: Option<String>,
    /// … or where to in IPv6.
    pub destination_ipv6_cidr_block: Option<String>,
    /// Not supported.
    pub destination_prefix_list_id: Option<Unsupported>,
    /// `igw-…`.
    pub gateway_id: Option<String>,
    /// `nat-…`.
    pub nat_gateway_id: Option<String>,
    /// `eni-…`.
    pub network_interface_id: Option<String>,
    /// `i-…`: its interface with device index 0.
    pub instance_id: Option<String>,
    /// `pcx-…`.
    pub vpc_peering_connection_id: Option<String>,
    /// Not supported.
    pub egress_only_internet_gateway_id: Option<Unsupported>,
    /// Not supported.
    pub vpc_endpoint_id: Option<Unsupported>,
    /// Not supported.
    pub transit_gateway_id: Option<Unsupported>,
    /// Not supported.
    pub local_gateway_id: Option<Unsupported>,
    /// Not supported.
    pub carrier_gateway_id: Option<Unsupported>,
    /// Not supported.
    pub core_network_arn: Option<Unsupported>,
    /// Not supported.
    pub odb_network_arn: Option<Unsupported>,
    /// Leads a local route where it led at first.
    pub local_target: Option<bool>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

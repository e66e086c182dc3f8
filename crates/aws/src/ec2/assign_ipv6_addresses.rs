//! `AssignIpv6Addresses`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `AssignIpv6Addresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssignIpv6AddressesRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// The addresses.
    #[serde(default)]
    pub ipv6_addresses: Vec<String>,
    /// How many addresses to choose.
    pub ipv6_address_count: Option<i64>,
    /// Only 0 is supported.
    pub ipv6_prefix_count: Option<i64>,
    /// Not supported.
    pub ipv6_prefix: Option<Unsupported>,
}

/// Answer of `AssignIpv6Addresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignIpv6AddressesResponse {
    /// `eni-…`.
    pub network_interface_id: String,
    /// Those that the call added.
    #[serde(default)]
    pub assigned_ipv6_addresses: Vec<String>,
}

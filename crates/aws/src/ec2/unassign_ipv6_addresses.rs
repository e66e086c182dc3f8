//! `UnassignIpv6Addresses`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `UnassignIpv6Addresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UnassignIpv6AddressesRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// The addresses.
    #[serde(default)]
    pub ipv6_addresses: Vec<String>,
    /// Not supported.
    pub ipv6_prefix: Option<Unsupported>,
}

/// Answer of `UnassignIpv6Addresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnassignIpv6AddressesResponse {
    /// `eni-…`.
    pub network_interface_id: String,
    /// Those that the call took away.
    #[serde(default)]
    pub unassigned_ipv6_addresses: Vec<String>,
}

//! `AssignPrivateIpAddresses`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `AssignPrivateIpAddresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssignPrivateIpAddressesRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// The addresses.
    #[serde(rename = "PrivateIpAddress", default)]
    pub private_ip_addresses: Vec<String>,
    /// How many addresses to choose.
    pub secondary_private_ip_address_count: Option<i64>,
    /// Whether an address may be taken from another interface.
    pub allow_reassignment: Option<bool>,
    /// Not supported.
    pub ipv4_prefix: Option<Unsupported>,
    /// Only 0 is supported.
    pub ipv4_prefix_count: Option<i64>,
}

/// Answer of `AssignPrivateIpAddresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignPrivateIpAddressesResponse {
    /// `eni-…`.
    pub network_interface_id: String,
    /// Those that the call added.
    #[serde(default)]
    pub assigned_private_ip_addresses_set: Vec<AssignedPrivateIpAddress>,
}

/// An address that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedPrivateIpAddress {
    /// IPv4.
    pub private_ip_address: String,
}

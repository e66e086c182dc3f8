//! `UnassignPrivateIpAddresses`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `UnassignPrivateIpAddresses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UnassignPrivateIpAddressesRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// The addresses.
    #[serde(rename = "PrivateIpAddress", default)]
    pub private_ip_addresses: Vec<String>,
    /// Not supported.
    pub ipv4_prefix: Option<Unsupported>,
}

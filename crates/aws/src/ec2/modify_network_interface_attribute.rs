//! `ModifyNetworkInterfaceAttribute`.

use serde::{Deserialize, Serialize};

use super::shapes::{AttributeParameter, ConnectionTrackingParameter, Unsupported};

/// Request of `ModifyNetworkInterfaceAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyNetworkInterfaceAttributeRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// For people.
    pub description: Option<AttributeParameter<String>>,
    /// Whether to drop what is neither from nor for the interface.
    pub source_dest_check: Option<AttributeParameter<bool>>,
    /// The groups that it has from here on.
    #[serde(rename = "SecurityGroupId", default)]
    pub groups: Vec<String>,
    /// Timeouts of tracked connections.
    pub connection_tracking_specification: Option<ConnectionTrackingParameter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Not supported.
    pub attachment: Option<Unsupported>,
    /// Not supported.
    pub ena_srd_specification: Option<Unsupported>,
    /// Not supported.
    pub enable_primary_ipv6: Option<Unsupported>,
    /// Not supported.
    pub associate_public_ip_address: Option<Unsupported>,
    /// Not supported.
    #[serde(rename = "AssociatedSubnetId")]
    pub associated_subnet_ids: Option<Unsupported>,
}

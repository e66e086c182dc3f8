//! `DescribeNetworkInterfaceAttribute`.

use serde::{Deserialize, Serialize};

use super::shapes::{Attribute, GroupIdentifier, NetworkInterfaceAttachment};

/// Request of `DescribeNetworkInterfaceAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeNetworkInterfaceAttributeRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// `description`, `groupSet`, `sourceDestCheck`, `attachment` or `associatePublicIpAddress`.
    pub attribute: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeNetworkInterfaceAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeNetworkInterfaceAttributeResponse {
    /// `eni-…`.
    pub network_interface_id: String,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Attribute<String>>,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_set: Option<Vec<GroupIdentifier>>,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_dest_check: Option<Attribute<bool>>,
    /// If it was asked for and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<NetworkInterfaceAttachment>,
    /// If it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associate_public_ip_address: Option<bool>,
}

//! Instances as answers print them, as far as their interfaces tell of them.

use serde::{Deserialize, Serialize};

use super::{GroupIdentifier, Ipv6Address, NetworkInterfaceAddress, Operator};
use crate::Timestamp;

/// Instances that were started together: here each by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// `r-…`.
    pub reservation_id: String,
    /// The account.
    pub owner_id: String,
    /// The instances.
    #[serde(default)]
    pub instances_set: Vec<Instance>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// `i-…`.
    pub instance_id: String,
    /// `running`.
    pub instance_state: InstanceState,
    /// When its first interface was attached.
    pub launch_time: Timestamp,
    /// Where it is.
    pub placement: Placement,
    /// The primary interface's.
    pub private_dns_name: String,
    /// The primary interface's.
    pub private_ip_address: String,
    /// The primary interface's.
    pub subnet_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// The primary interface's.
    pub source_dest_check: bool,
    /// The primary interface's.
    #[serde(default)]
    pub group_set: Vec<GroupIdentifier>,
    /// In the order of their device indexes.
    #[serde(default)]
    pub network_interface_set: Vec<InstanceNetworkInterface>,
}

/// The state of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceState {
    /// 16.
    pub code: i32,
    /// `running`.
    pub name: String,
}

/// Where an instance is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// `us-east-1a`.
    pub availability_zone: String,
    /// `use1-az1`.
    pub availability_zone_id: String,
}

/// An interface of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceNetworkInterface {
    /// `eni-…`.
    pub network_interface_id: String,
    /// `subnet-…`.
    pub subnet_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// As given.
    pub description: String,
    /// The account.
    pub owner_id: String,
    /// `in-use`.
    pub status: String,
    /// `interface`.
    pub interface_type: String,
    /// `06:6a:0f:9a:49:37`.
    pub mac_address: String,
    /// The primary address.
    pub private_ip_address: String,
    /// The name of the primary address.
    pub private_dns_name: String,
    /// All IPv4 addresses, the primary one first.
    #[serde(default)]
    pub private_ip_addresses_set: Vec<NetworkInterfaceAddress>,
    /// All IPv6 addresses.
    #[serde(default)]
    pub ipv6_addresses_set: Vec<Ipv6Address>,
    /// Whether it drops what is neither from nor for itself.
    pub source_dest_check: bool,
    /// Its security groups.
    #[serde(default)]
    pub group_set: Vec<GroupIdentifier>,
    /// How it is attached.
    pub attachment: InstanceNetworkInterfaceAttachment,
    /// Which service manages it.
    pub operator: Operator,
}

/// How an interface is attached to its instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceNetworkInterfaceAttachment {
    /// `eni-attach-…`.
    pub attachment_id: String,
    /// 0 is the instance's primary interface.
    pub device_index: i32,
    /// 0.
    pub network_card_index: i32,
    /// `attached`.
    pub status: String,
    /// Since when.
    pub attach_time: Timestamp,
    /// `false`: instances do not end here.
    pub delete_on_termination: bool,
}

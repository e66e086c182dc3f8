//! Network interfaces as answers print them, and what requests say of them (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::Timestamp;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterface {
    /// `eni-…`.
    pub network_interface_id: String,
    /// `subnet-…`.
    pub subnet_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// `us-east-1a`.
    pub availability_zone: String,
    /// `use1-az1`.
    pub availability_zone_id: String,
    /// As given.
    pub description: String,
    /// The account.
    pub owner_id: String,
    /// Whether a service made it.
    pub requester_managed: bool,
    /// `pending` in the answer that made it, then `available` or `in-use`.
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
    /// Where it is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<NetworkInterfaceAttachment>,
    /// Timeouts that differ from AWS's defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_tracking_configuration: Option<ConnectionTracking>,
    /// Which service manages it.
    pub operator: Operator,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// An IPv4 address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterfaceAddress {
    /// The address.
    pub private_ip_address: String,
    /// `ip-10-0-1-17.ec2.internal`.
    pub private_dns_name: String,
    /// Whether it is the one for life.
    pub primary: bool,
}

/// An IPv6 address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv6Address {
    /// The address.
    pub ipv6_address: String,
}

/// A security group by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentifier {
    /// `sg-…`.
    pub group_id: String,
    /// Its name.
    pub group_name: String,
}

/// Where an interface is attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkInterfaceAttachment {
    /// `eni-attach-…`.
    pub attachment_id: String,
    /// `i-…`.
    pub instance_id: String,
    /// The account.
    pub instance_owner_id: String,
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

/// Timeouts of tracked connections, in seconds, as answers print them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionTracking {
    /// 60 to 432000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_established_timeout: Option<i64>,
    /// 60 to 180.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp_stream_timeout: Option<i64>,
    /// 30 to 60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp_timeout: Option<i64>,
}

/// `ConnectionTrackingSpecification` of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ConnectionTrackingParameter {
    /// 60 to 432000.
    pub tcp_established_timeout: Option<i64>,
    /// 60 to 180.
    pub udp_stream_timeout: Option<i64>,
    /// 30 to 60.
    pub udp_timeout: Option<i64>,
}

/// Which service manages an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// `false`: the account does.
    pub managed: bool,
}

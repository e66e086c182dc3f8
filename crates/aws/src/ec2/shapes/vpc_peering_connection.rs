//! VPC peering connections (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::{Tag, Unsupported};
use crate::Timestamp;

/// A peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringConnection {
    /// The side that was asked.
    pub accepter_vpc_info: VpcPeeringConnectionVpcInfo,
    /// When a request that nobody accepts ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<Timestamp>,
    /// The side that asked.
    pub requester_vpc_info: VpcPeeringConnectionVpcInfo,
    /// Its state.
    pub status: VpcPeeringConnectionStateReason,
    /// Tags of the caller's side.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// `pcx-…`.
    pub vpc_peering_connection_id: String,
}

/// One side of a peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringConnectionVpcInfo {
    /// The primary block; absent where it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_block: Option<String>,
    /// All blocks of IPv6.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ipv6_cidr_block_set: Vec<PeerIpv6CidrBlock>,
    /// All blocks of IPv4.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cidr_block_set: Vec<PeerCidrBlock>,
    /// The account.
    pub owner_id: String,
    /// Absent where the blocks are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peering_options: Option<VpcPeeringConnectionOptionsDescription>,
    /// `vpc-…`.
    pub vpc_id: String,
    /// Where it is.
    pub region: String,
}

/// An IPv4 block of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerCidrBlock {
    /// Canonical.
    pub cidr_block: String,
}

/// An IPv6 block of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeerIpv6CidrBlock {
    /// Canonical.
    pub ipv6_cidr_block: String,
}

/// What a side allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringConnectionOptionsDescription {
    /// Whether the side's host names resolve to private addresses in the peer.
    pub allow_dns_resolution_from_remote_vpc: bool,
    /// Always false: EC2-Classic is gone.
    pub allow_egress_from_local_classic_link_to_remote_vpc: bool,
    /// Always false.
    pub allow_egress_from_local_vpc_to_remote_classic_link: bool,
}

/// The state of a peering connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeeringConnectionStateReason {
    /// `pending-acceptance`, `active`, ….
    pub code: String,
    /// What it is waiting for, or who ended it.
    pub message: String,
}

/// `AccepterPeeringConnectionOptions`, `RequesterPeeringConnectionOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PeeringConnectionOptionsRequest {
    /// Whether the side's host names resolve to private addresses in the peer.
    pub allow_dns_resolution_from_remote_vpc: Option<bool>,
    /// EC2-Classic is gone.
    pub allow_egress_from_local_classic_link_to_remote_vpc: Option<bool>,
    /// EC2-Classic is gone.
    pub allow_egress_from_local_vpc_to_remote_classic_link: Option<bool>,
    /// Several paths do not exist here.
    pub allow_multipath_resilience: Option<bool>,
    /// Several paths do not exist here.
    pub multipath_resilience_mode: Option<Unsupported>,
}

//! `AssociateVpcCidrBlock`.

use serde::{Deserialize, Serialize};

use super::shapes::{CidrBlockAssociation, Unsupported, VpcIpv6CidrBlockAssociation};

/// Request of `AssociateVpcCidrBlock`: one block, of either family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssociateVpcCidrBlockRequest {
    /// `vpc-…`.
    pub vpc_id: String,
    /// A further IPv4 block, `/16` to `/28`.
    pub cidr_block: Option<String>,
    /// Whether to choose an IPv6 block.
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
    /// A block of one's own, with the pool that it is of.
    pub ipv6_cidr_block: Option<String>,
    /// `ipv6pool-ec2-…`.
    pub ipv6_pool: Option<String>,
    /// The region, of a chosen block.
    pub ipv6_cidr_block_network_border_group: Option<String>,
    /// Not supported.
    pub ipv4_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv4_netmask_length: Option<Unsupported>,
    /// Not supported.
    pub ipv6_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv6_netmask_length: Option<Unsupported>,
}

/// Answer of `AssociateVpcCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociateVpcCidrBlockResponse {
    /// `vpc-…`.
    pub vpc_id: String,
    /// If it is of IPv4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_block_association: Option<CidrBlockAssociation>,
    /// If it is of IPv6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation>,
}

//! VPCs as answers print them (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::Tag;

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vpc {
    /// `vpc-…`.
    pub vpc_id: String,
    /// `pending`, `available`.
    pub state: String,
    /// The primary CIDR block.
    pub cidr_block: String,
    /// All of them.
    #[serde(default)]
    pub cidr_block_association_set: Vec<CidrBlockAssociation>,
    /// All IPv6 ones.
    #[serde(default)]
    pub ipv6_cidr_block_association_set: Vec<VpcIpv6CidrBlockAssociation>,
    /// `dopt-…`.
    pub dhcp_options_id: String,
    /// `default`.
    pub instance_tenancy: String,
    /// Whether it came with the region.
    pub is_default: bool,
    /// The account.
    pub owner_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// A CIDR block of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CidrBlockAssociation {
    /// `vpc-cidr-assoc-…`.
    pub association_id: String,
    /// The block.
    pub cidr_block: String,
    /// `associated`.
    pub cidr_block_state: CidrBlockState,
}

/// An IPv6 block of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcIpv6CidrBlockAssociation {
    /// `vpc-cidr-assoc-…`.
    pub association_id: String,
    /// The block.
    pub ipv6_cidr_block: String,
    /// `associating` in the answer that made it, then `associated`.
    pub ipv6_cidr_block_state: CidrBlockState,
    /// The region.
    pub network_border_group: String,
    /// `Amazon` or `ipv6pool-ec2-…`.
    pub ipv6_pool: String,
    /// `public` or `private`.
    pub ipv6_address_attribute: String,
    /// `amazon` or `byoip`.
    pub ip_source: String,
}

/// The state of a CIDR block, of either family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CidrBlockState {
    /// `associated`.
    pub state: String,
}

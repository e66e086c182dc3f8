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

/// The state of a CIDR block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CidrBlockState {
    /// `associated`.
    pub state: String,
}

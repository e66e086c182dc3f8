//! `DisassociateSubnetCidrBlock`.

use serde::{Deserialize, Serialize};

use super::shapes::SubnetIpv6CidrBlockAssociation;

/// Request of `DisassociateSubnetCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DisassociateSubnetCidrBlockRequest {
    /// `subnet-cidr-assoc-…`.
    pub association_id: String,
}

/// Answer of `DisassociateSubnetCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassociateSubnetCidrBlockResponse {
    /// `subnet-…`.
    pub subnet_id: String,
    /// What the block was.
    pub ipv6_cidr_block_association: SubnetIpv6CidrBlockAssociation,
}

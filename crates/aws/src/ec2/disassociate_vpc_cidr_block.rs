//! `DisassociateVpcCidrBlock`.

use serde::{Deserialize, Serialize};

use super::shapes::{CidrBlockAssociation, VpcIpv6CidrBlockAssociation};

/// Request of `DisassociateVpcCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DisassociateVpcCidrBlockRequest {
    /// `vpc-cidr-assoc-…`.
    pub association_id: String,
}

/// Answer of `DisassociateVpcCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassociateVpcCidrBlockResponse {
    /// `vpc-…`.
    pub vpc_id: String,
    /// If it was of IPv4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cidr_block_association: Option<CidrBlockAssociation>,
    /// If it was of IPv6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipv6_cidr_block_association: Option<VpcIpv6CidrBlockAssociation>,
}

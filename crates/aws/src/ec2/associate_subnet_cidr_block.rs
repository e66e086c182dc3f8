//! `AssociateSubnetCidrBlock`.

use serde::{Deserialize, Serialize};

use super::shapes::{SubnetIpv6CidrBlockAssociation, Unsupported};

/// Request of `AssociateSubnetCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssociateSubnetCidrBlockRequest {
    /// `subnet-…`.
    pub subnet_id: String,
    /// `/44` to `/64` in steps of 4, inside the VPC.
    pub ipv6_cidr_block: Option<String>,
    /// Not supported.
    pub ipv6_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv6_netmask_length: Option<Unsupported>,
}

/// Answer of `AssociateSubnetCidrBlock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociateSubnetCidrBlockResponse {
    /// `subnet-…`.
    pub subnet_id: String,
    /// The block.
    pub ipv6_cidr_block_association: SubnetIpv6CidrBlockAssociation,
}

//! `CreateSubnet`.

use serde::{Deserialize, Serialize};

use super::shapes::{Subnet, TagSpecification, Unsupported};

/// Request of `CreateSubnet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateSubnetRequest {
    /// `vpc-…`.
    pub vpc_id: String,
    /// `/16` to `/28`, inside the VPC.
    pub cidr_block: Option<String>,
    /// `/44` to `/64` in steps of 4, inside the VPC.
    pub ipv6_cidr_block: Option<String>,
    /// `us-east-1a`; absent: the first.
    pub availability_zone: Option<String>,
    /// `use1-az1`, in place of the name.
    pub availability_zone_id: Option<String>,
    /// Only `false` is supported.
    pub ipv6_native: Option<bool>,
    /// Tags of type `subnet`.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Not supported.
    pub outpost_arn: Option<Unsupported>,
    /// Not supported.
    pub ipv4_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv4_netmask_length: Option<Unsupported>,
    /// Not supported.
    pub ipv6_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv6_netmask_length: Option<Unsupported>,
}

/// Answer of `CreateSubnet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSubnetResponse {
    /// The new subnet.
    pub subnet: Subnet,
}

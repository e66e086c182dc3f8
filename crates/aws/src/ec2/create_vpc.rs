//! `CreateVpc`.

use serde::{Deserialize, Serialize};

use super::shapes::{TagSpecification, Unsupported, Vpc};

/// Request of `CreateVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateVpcRequest {
    /// `/16` to `/28`.
    pub cidr_block: Option<String>,
    /// `default`; nothing runs here that could be dedicated.
    pub instance_tenancy: Option<String>,
    /// Whether to choose an IPv6 block.
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
    /// A block of one's own, with the pool that it is of.
    pub ipv6_cidr_block: Option<String>,
    /// `ipv6pool-ec2-…`.
    pub ipv6_pool: Option<String>,
    /// The region, of a chosen block.
    pub ipv6_cidr_block_network_border_group: Option<String>,
    /// Tags of type `vpc`.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Not supported.
    pub ipv4_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv4_netmask_length: Option<Unsupported>,
    /// Not supported.
    pub ipv6_ipam_pool_id: Option<Unsupported>,
    /// Not supported.
    pub ipv6_netmask_length: Option<Unsupported>,
    /// Not supported.
    pub vpc_encryption_control: Option<Unsupported>,
}

/// Answer of `CreateVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVpcResponse {
    /// The new VPC.
    pub vpc: Vpc,
}

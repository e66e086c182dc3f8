//! `CreateVpc`.

use serde::{Deserialize, Serialize};

use super::shapes::{TagSpecification, Vpc};

/// Request of `CreateVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateVpcRequest {
    /// `/16` to `/28`.
    pub cidr_block: Option<String>,
    /// Not supported.
    pub ipv6_cidr_block: Option<String>,
    /// Not supported.
    pub ipv6_pool: Option<String>,
    /// Not supported.
    pub ipv6_cidr_block_network_border_group: Option<String>,
    /// Not supported.
    pub amazon_provided_ipv6_cidr_block: Option<bool>,
    /// Not supported.
    pub ipv4_ipam_pool_id: Option<String>,
    /// Not supported.
    pub ipv4_netmask_length: Option<u8>,
    /// Not supported.
    pub ipv6_ipam_pool_id: Option<String>,
    /// Not supported.
    pub ipv6_netmask_length: Option<u8>,
    /// `default`; nothing runs here that could be dedicated.
    pub instance_tenancy: Option<String>,
    /// Tags of type `vpc`.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `CreateVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVpcResponse {
    /// The new VPC.
    pub vpc: Vpc,
}

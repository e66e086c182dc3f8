//! Subnets.

use serde::{Deserialize, Serialize};

use super::{Ipv6Association, Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    /// `subnet-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    /// Canonical text.
    pub(crate) cidr: String,
    #[serde(default)]
    pub(crate) ipv6: Option<Ipv6Association>,
    /// Only where there is an IPv6 block.
    #[serde(default)]
    pub(crate) assign_ipv6_on_creation: bool,
    /// `us-east-1a`.
    pub(crate) zone: String,
    /// Whether it came with the region.
    pub(crate) default_for_zone: bool,
    pub(crate) map_public_ip_on_launch: bool,
    pub(crate) tags: Tags,
}

document!(Subnet, "subnet", history = true);

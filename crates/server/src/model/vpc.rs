//! VPCs.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    /// `vpc-…`.
    pub(crate) id: String,
    /// The first is the primary one.
    pub(crate) cidrs: Vec<CidrAssociation>,
    #[serde(default)]
    pub(crate) ipv6_cidrs: Vec<Ipv6Association>,
    pub(crate) is_default: bool,
    pub(crate) dhcp_options_id: String,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CidrAssociation {
    /// `vpc-cidr-assoc-…`.
    pub(crate) id: String,
    /// Canonical text.
    pub(crate) cidr: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ipv6Association {
    /// `vpc-cidr-assoc-…`, or `subnet-cidr-assoc-…` of a subnet.
    pub(crate) id: String,
    /// Canonical text.
    pub(crate) cidr: String,
    /// `Amazon` where the block was chosen here, else `ipv6pool-ec2-…`. A subnet's is its VPC's.
    pub(crate) pool: String,
}

/// The address families of a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    Ipv4,
    DualStack,
}

impl Vpc {
    /// IPv6 is there with the first block of it.
    pub(crate) const fn families(&self) -> Families {
        if self.ipv6_cidrs.is_empty() { Families::Ipv4 } else { Families::DualStack }
    }
}

document!(Vpc, "vpc", history = true);

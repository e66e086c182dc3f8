//! Security groups with their rules.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecurityGroup {
    /// `sg-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) rules: Vec<SecurityGroupRule>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SecurityGroupRule {
    /// `sgr-…`.
    pub(crate) id: String,
    pub(crate) is_egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1`.
    pub(crate) protocol: String,
    /// Or the ICMP type.
    pub(crate) from_port: Option<i32>,
    /// Or the ICMP code.
    pub(crate) to_port: Option<i32>,
    pub(crate) peer: Peer,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Peer {
    /// Canonical text.
    Ipv4(String),
    /// Canonical text.
    Ipv6(String),
    /// `pl-…`.
    PrefixList(String),
    /// `sg-…`, of the same VPC.
    Group(String),
    /// A group of a VPC at the other side of a peering connection, whether or not the two still exist.
    PeeredGroup(PeeredGroup),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeeredGroup {
    /// `sg-…`.
    pub(crate) group_id: String,
    pub(crate) account: String,
    pub(crate) vpc_id: String,
    /// `pcx-…`.
    pub(crate) peering_id: String,
}

document!(SecurityGroup, "security-group", history = true);

//! Network ACLs (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::Tag;

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAcl {
    /// `acl-…`.
    pub network_acl_id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// The account.
    pub owner_id: String,
    /// Whether it came with the VPC.
    #[serde(rename = "default")]
    pub is_default: bool,
    /// Egress first, each direction by number.
    #[serde(default)]
    pub entry_set: Vec<NetworkAclEntry>,
    /// Its subnets.
    #[serde(default)]
    pub association_set: Vec<NetworkAclAssociation>,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAclEntry {
    /// 1–32766; 32767 is the closing one.
    pub rule_number: u16,
    /// A number, or -1.
    pub protocol: String,
    /// `allow` or `deny`.
    pub rule_action: String,
    /// Whether it is for what goes out.
    pub egress: bool,
    /// The peer.
    pub cidr_block: Option<String>,
    /// The peer.
    pub ipv6_cidr_block: Option<String>,
    /// Of ICMP.
    pub icmp_type_code: Option<IcmpTypeCode>,
    /// Of TCP and UDP.
    pub port_range: Option<PortRange>,
}

/// ICMP type and code; -1 is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpTypeCode {
    /// The code.
    pub code: i16,
    /// The type.
    #[serde(rename = "type")]
    pub kind: i16,
}

/// Destination ports, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    /// First.
    pub from: u16,
    /// Last.
    pub to: u16,
}

/// A subnet of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkAclAssociation {
    /// `aclassoc-…`.
    pub network_acl_association_id: String,
    /// The ACL.
    pub network_acl_id: String,
    /// The subnet.
    pub subnet_id: String,
}

/// `Icmp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct IcmpTypeCodeParameter {
    /// The code.
    pub code: Option<i32>,
    /// The type.
    #[serde(rename = "Type")]
    pub kind: Option<i32>,
}

/// `PortRange`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PortRangeParameter {
    /// First.
    pub from: Option<i32>,
    /// Last.
    pub to: Option<i32>,
}

//! Network ACLs with their entries and associations.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NetworkAcl {
    /// `acl-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) is_default: bool,
    /// Without the closing `*` entries (32767), which every ACL has.
    pub(crate) entries: Vec<AclEntry>,
    pub(crate) associations: Vec<AclAssociation>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AclEntry {
    /// 1–32766.
    pub(crate) number: u16,
    pub(crate) is_egress: bool,
    /// A number, or `-1`.
    pub(crate) protocol: String,
    /// Canonical text, of IPv4 or IPv6.
    pub(crate) cidr: String,
    pub(crate) allow: bool,
    /// First and last.
    pub(crate) ports: Option<(u16, u16)>,
    /// Type and code; -1 is any.
    pub(crate) icmp: Option<(i16, i16)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AclAssociation {
    /// `aclassoc-…`.
    pub(crate) id: String,
    pub(crate) subnet_id: String,
}

document!(NetworkAcl, "network-acl", history = true);

//! VPCs.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vpc {
    /// `vpc-…`.
    pub(crate) id: String,
    /// The first is the primary one.
    pub(crate) cidrs: Vec<CidrAssociation>,
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

document!(Vpc, "vpc", history = true);

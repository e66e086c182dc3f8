//! VPC peering connections.

use serde::{Deserialize, Serialize};

use super::{Tags, document};
use crate::state::Place;

/// A peering connection. Both sides store it, each with tags of its own; all else is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VpcPeering {
    /// `pcx-…`.
    pub(crate) id: String,
    pub(crate) requester: PeeringSide,
    pub(crate) accepter: PeeringSide,
    pub(crate) status: PeeringStatus,
    /// When the status came about, Unix milliseconds.
    pub(crate) since: i64,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeeringSide {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) vpc_id: String,
    /// Stored, without effect.
    pub(crate) allow_dns_resolution: bool,
}

impl PeeringSide {
    pub(crate) fn place(&self) -> Place {
        Place::regional(&self.account, &self.region)
    }
}

/// What was done last. A request that nobody answers expires by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PeeringStatus {
    Requested,
    Failed,
    Active,
    Rejected,
    Deleted {
        /// The account.
        by: String,
    },
}

impl VpcPeering {
    /// Returns requester and accepter.
    pub(crate) fn sides(&self) -> [&PeeringSide; 2] {
        [&self.requester, &self.accepter]
    }

    /// Whether rules may refer to groups of the other side: not across regions
    /// (`vpc-filtering.md` §2.4).
    pub(crate) fn carries_references(&self) -> bool {
        self.status == PeeringStatus::Active && self.requester.region == self.accepter.region
    }

    /// Returns the side that a VPC is peered with, if it is one of the two.
    pub(crate) fn beyond(&self, vpc_id: &str) -> Option<&PeeringSide> {
        if self.requester.vpc_id == vpc_id {
            Some(&self.accepter)
        } else if self.accepter.vpc_id == vpc_id {
            Some(&self.requester)
        } else {
            None
        }
    }
}

document!(VpcPeering, "vpc-peering-connection", history = true);

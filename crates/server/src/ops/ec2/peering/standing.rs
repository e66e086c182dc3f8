//! What has become of a connection by some moment, and who still sees it (`vpc-filtering.md` §8).

use crate::model::{PeeringStatus, VpcPeering};
use crate::state::Place;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// How long a request waits for an answer.
const PATIENCE: i64 = 7 * DAY;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops::ec2) enum Standing {
    Pending,
    Expired,
    Failed,
    Active,
    Rejected,
    Deleted,
}

impl Standing {
    pub(in crate::ops::ec2) const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending-acceptance",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }
}

/// Returns the moment at which a request expires.
pub(super) const fn expiration(peering: &VpcPeering) -> i64 {
    peering.since + PATIENCE
}

pub(in crate::ops::ec2) fn standing(peering: &VpcPeering, now: i64) -> Standing {
    match peering.status {
        PeeringStatus::Requested if now < expiration(peering) => Standing::Pending,
        PeeringStatus::Requested => Standing::Expired,
        PeeringStatus::Failed => Standing::Failed,
        PeeringStatus::Active => Standing::Active,
        PeeringStatus::Rejected => Standing::Rejected,
        PeeringStatus::Deleted { .. } => Standing::Deleted,
    }
}

/// Whether a side sees a connection. One that has ended goes after a while, sooner for who ended it.
pub(super) fn is_visible(peering: &VpcPeering, place: &Place, now: i64) -> bool {
    let is_requester = peering.requester.place() == *place;
    let ended = |at: i64, visible: i64| now < at + visible;
    match &peering.status {
        PeeringStatus::Active => true,
        PeeringStatus::Requested => ended(expiration(peering), 2 * DAY),
        PeeringStatus::Failed => is_requester && ended(peering.since, 2 * HOUR),
        PeeringStatus::Rejected if is_requester => ended(peering.since, 2 * DAY),
        PeeringStatus::Rejected => ended(peering.since, 2 * HOUR),
        PeeringStatus::Deleted { by } if *by == place.account => ended(peering.since, 2 * HOUR),
        PeeringStatus::Deleted { .. } => ended(peering.since, 2 * DAY),
    }
}

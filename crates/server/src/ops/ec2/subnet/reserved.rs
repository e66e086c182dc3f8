//! Which addresses of a subnet no interface can have.

use crate::model::Subnet;

/// The tag by which a subnet says that it is a network that people run themselves.
const TAG: &str = "flowlogd:reserved-addresses";

/// Whether AWS's addresses of a subnet are AWS's, or those of ordinary machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    /// The first four and the last (`vpc-filtering.md` §6.2).
    Aws,
    /// The subnet's own address alone, and the broadcast address of IPv4.
    None,
}

impl Reserved {
    pub(super) fn of(subnet: &Subnet) -> Self {
        if subnet.tags.get(TAG).is_some_and(|value| value == "none") {
            Self::None
        } else {
            Self::Aws
        }
    }
}

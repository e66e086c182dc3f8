//! That a region has been given its default VPC.

use serde::{Deserialize, Serialize};

use super::document;

/// Stays when the default VPC is deleted, so that it does not come back by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Furnished {
    /// [`Self::ID`].
    pub(crate) id: String,
    /// `dopt-…`: the DHCP options that all VPCs of the region name.
    pub(crate) dhcp_options_id: String,
}

impl Furnished {
    /// There is one a region.
    pub(crate) const ID: &'static str = "region";
}

document!(Furnished, "furnished");

//! What `ModifyVpcAttribute` sets. Apart from the VPC, for it enters no rule revision.

use serde::{Deserialize, Serialize};

use super::{Vpc, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VpcAttributes {
    /// `vpc-…`.
    pub(crate) id: String,
    pub(crate) dns_support: bool,
    pub(crate) dns_hostnames: bool,
    pub(crate) network_address_usage_metrics: bool,
}

impl VpcAttributes {
    /// What a VPC has that nobody changed (`vpc-filtering.md` §6.1).
    pub(crate) fn of_new(vpc: &Vpc) -> Self {
        Self {
            id: vpc.id.clone(),
            dns_support: true,
            dns_hostnames: vpc.is_default,
            network_address_usage_metrics: false,
        }
    }
}

document!(VpcAttributes, "vpc-attributes");

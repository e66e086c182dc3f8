//! Route tables, and where their routes lead.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    /// `rtb-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    /// `rtbassoc-…` of the main association, which one table of a VPC has.
    pub(crate) main_association_id: Option<String>,
    #[serde(default)]
    pub(crate) associations: Vec<SubnetAssociation>,
    pub(crate) routes: Vec<Route>,
    pub(crate) tags: Tags,
}

/// Whose table it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubnetAssociation {
    /// `rtbassoc-…`.
    pub(crate) id: String,
    pub(crate) subnet_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    /// Canonical text, of either family.
    pub(crate) destination: String,
    #[serde(flatten)]
    pub(crate) target: RouteTarget,
}

/// Where a route leads; stored under the name of AWS's member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RouteTarget {
    /// `local` or `igw-…`.
    #[serde(rename = "gateway_id")]
    Gateway(String),
    #[serde(rename = "network_interface_id")]
    NetworkInterface(String),
    #[serde(rename = "vpc_peering_connection_id")]
    VpcPeeringConnection(String),
}

/// The target of the routes inside the VPC.
const LOCAL: &str = "local";

impl Route {
    /// To a block of the VPC.
    pub(crate) fn local(cidr: &str) -> Self {
        let target = RouteTarget::Gateway(LOCAL.to_owned());
        Self { destination: cidr.to_owned(), target }
    }

    pub(crate) fn is_local(&self) -> bool {
        matches!(&self.target, RouteTarget::Gateway(id) if id == LOCAL)
    }
}

impl RouteTable {
    pub(crate) const fn is_main(&self) -> bool {
        self.main_association_id.is_some()
    }
}

document!(RouteTable, "route-table", history = true);

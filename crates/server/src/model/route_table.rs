//! Route tables and internet gateways: those that a VPC comes with.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RouteTable {
    /// `rtb-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    /// `rtbassoc-…` of the main association; these tables are all main ones.
    pub(crate) main_association_id: String,
    pub(crate) routes: Vec<Route>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Route {
    pub(crate) destination: String,
    /// `local` or `igw-…`.
    pub(crate) gateway_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InternetGateway {
    /// `igw-…`.
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) tags: Tags,
}

document!(RouteTable, "route-table", history = true);
document!(InternetGateway, "internet-gateway");

//! What routes may lead to.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Interface, InternetGateway, PeeringStatus, Route, RouteTable, RouteTarget, VpcPeering,
};
use crate::state::{Place, StateError, Txn};

/// Read once for all tables of a region.
pub(crate) struct RouteTargets {
    /// Gateways, with their VPCs.
    gateways: BTreeMap<String, Option<String>>,
    /// Interfaces, with their instances.
    interfaces: BTreeMap<String, Option<String>>,
    /// Peering connections that are active.
    peerings: BTreeSet<String>,
}

impl RouteTargets {
    pub(crate) fn of(txn: &Txn<'_>, place: &Place) -> Result<Self, StateError> {
        let gateways = txn.list::<InternetGateway>(place)?.into_iter();
        let interfaces = txn.list::<Interface>(place)?.into_iter();
        Ok(Self {
            gateways: gateways.map(|it| (it.id, it.vpc_id)).collect(),
            interfaces: interfaces
                .map(|it| (it.id, it.attachment.map(|attachment| attachment.instance_id)))
                .collect(),
            peerings: txn
                .list::<VpcPeering>(place)?
                .into_iter()
                .filter(|peering| peering.status == PeeringStatus::Active)
                .map(|peering| peering.id)
                .collect(),
        })
    }

    /// The instance that an interface is attached to.
    pub(super) fn instance_of(&self, interface: &str) -> Option<&String> {
        self.interfaces.get(interface)?.as_ref()
    }

    /// `active`, or `blackhole` where the target is gone, or of no use.
    pub(crate) fn state(&self, table: &RouteTable, route: &Route) -> &'static str {
        let leads = match &route.target {
            RouteTarget::Gateway(id) => {
                route.is_local() || self.gateways.get(id) == Some(&Some(table.vpc_id.clone()))
            }
            // One that is attached to nothing hands nothing on.
            RouteTarget::NetworkInterface(id) => self.instance_of(id).is_some(),
            RouteTarget::VpcPeeringConnection(id) => self.peerings.contains(id),
        };
        if leads { "active" } else { "blackhole" }
    }
}

//! `describe-route-tables`.

use super::address::Family;
use super::item::{Item, Mention};
use crate::{Cidr, RouteTarget};

/// An element of `RouteTables`.
pub(crate) struct RouteTableItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) vpc: Option<Mention<'n>>,
    /// Where the association is that makes it the VPC's main one.
    pub(crate) main: Option<String>,
    pub(crate) subnets: Vec<Mention<'n>>,
    /// Those that lead somewhere.
    pub(crate) routes: Vec<RouteItem<'n>>,
}

/// An element of `Routes`.
pub(crate) struct RouteItem<'n> {
    pub(crate) destination: Destination<'n>,
    pub(crate) target: RouteTarget,
}

/// What a route is for.
pub(crate) enum Destination<'n> {
    Cidr(Cidr),
    PrefixList(Mention<'n>),
}

impl<'n> RouteTableItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let vpc = item.required_mention("VpcId", "vpc-");
        let mut main = None;
        let mut subnets = Vec::new();
        for association in item.list("Associations").unwrap_or_default() {
            let state = association.object("AssociationState");
            let state = state.as_ref().and_then(|state| state.text("State"));
            if matches!(state, Some("disassociated" | "failed")) {
                continue;
            }
            if association.boolean("Main").unwrap_or(false) {
                main = Some(association.path.clone());
            }
            // Tables of gateways, which have a `GatewayId` here, route nothing that leaves an interface.
            subnets.extend(association.mention("SubnetId", "subnet-"));
        }
        let routes = item.list("Routes").unwrap_or_default();
        let routes = routes.iter().filter_map(RouteItem::read).collect();
        let id = item.required_id("RouteTableId", "rtb-")?;
        Some(Self { path: item.path.clone(), id, vpc, main, subnets, routes })
    }
}

impl<'n> RouteItem<'n> {
    /// Returns a route, unless it is not active: a `blackhole` leads nowhere.
    fn read(item: &Item<'n, '_>) -> Option<Self> {
        let destination = destination(item);
        let target = target(item, destination.as_ref());
        if item.text("State").is_some_and(|state| state != "active") {
            return None;
        }
        Some(Self { destination: destination?, target })
    }
}

/// The one destination that a route must have.
fn destination<'n>(item: &Item<'n, '_>) -> Option<Destination<'n>> {
    const DESTINATIONS: [&str; 3] =
        ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

    let [ipv4, ipv6, prefix_list] = DESTINATIONS;
    match DESTINATIONS.map(|name| item.node(name).is_some()) {
        [true, false, false] => item.cidr(ipv4, Family::Ipv4).map(Destination::Cidr),
        [false, true, false] => item.cidr(ipv6, Family::Ipv6).map(Destination::Cidr),
        [false, false, true] => item.mention(prefix_list, "pl-").map(Destination::PrefixList),
        _ => {
            item.findings.fault(
                &item.path,
                format_args!("expected exactly one of {}", DESTINATIONS.join(", ")),
            );
            None
        }
    }
}

fn target(item: &Item<'_, '_>, destination: Option<&Destination<'_>>) -> RouteTarget {
    const TARGETS: [&str; 8] = [
        "GatewayId",
        "EgressOnlyInternetGatewayId",
        "NatGatewayId",
        "TransitGatewayId",
        "LocalGatewayId",
        "CarrierGatewayId",
        "VpcPeeringConnectionId",
        // Before InstanceId, which goes with it.
        "NetworkInterfaceId",
    ];

    let mut ids = TARGETS.into_iter().chain(["InstanceId"]).map(|name| item.text(name));
    let Some(id) = ids.find_map(|id| id) else { return RouteTarget::Other };
    if id == "local" {
        return RouteTarget::InVpc;
    }
    match id.split_once('-').map_or(id, |(prefix, _)| prefix) {
        "igw" | "eigw" => RouteTarget::InternetGateway,
        "vgw" => RouteTarget::VirtualPrivateGateway,
        "pcx" => RouteTarget::Peering(id.to_owned()),
        "lgw" | "cagw" => RouteTarget::LocalGateway,
        // Gateway endpoints are routed to by prefix list, those of gateway load balancers by block.
        "vpce" if matches!(destination, Some(Destination::PrefixList(_))) => {
            RouteTarget::GatewayEndpoint
        }
        "vpce" | "nat" | "tgw" | "eni" | "i" => RouteTarget::InVpc,
        _ => RouteTarget::Other,
    }
}

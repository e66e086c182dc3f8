//! Where packets go, and whose neighbour they come from, as far as the inventory can tell.

use std::net::IpAddr;

use flowlogd_vpc::{Cidr, Interface, Peering, Route, RouteTarget};

use crate::InterfaceView;

/// Returns the `traffic-path` of what the interface sends to `destination` (flow-logs.md §4.9).
///
/// The codes for internet gateway and gateway endpoint are those of Nitro instances, 8 and 7: code 2
/// means either, and is for the others.
pub(super) fn traffic_path(view: InterfaceView<'_>, destination: IpAddr) -> Option<u8> {
    let InterfaceView { interface, inventory } = view;
    let table = inventory
        .subnets
        .get(interface.subnet)
        .and_then(|subnet| subnet.route_table)
        .and_then(|table| inventory.route_tables.get(table));
    match table {
        Some(table) => by_route(view, longest(&table.routes, destination)?),
        None => by_blocks(view, destination),
    }
}

/// The first of the routes with the longest prefix.
fn longest(routes: &[Route], destination: IpAddr) -> Option<&Route> {
    let holding = routes.iter().filter(|route| route.destination.contains(destination));
    holding.reduce(|best, route| {
        if route.destination.prefix_len() > best.destination.prefix_len() { route } else { best }
    })
}

fn by_route(view: InterfaceView<'_>, route: &Route) -> Option<u8> {
    match &route.target {
        RouteTarget::InVpc => Some(1),
        RouteTarget::InternetGateway => Some(8),
        RouteTarget::VirtualPrivateGateway => Some(3),
        RouteTarget::Peering(id) => {
            let peering = view.inventory.peerings.iter().find(|peering| peering.id == *id)?;
            peering.active.then(|| across(peering))
        }
        RouteTarget::LocalGateway => Some(6),
        RouteTarget::GatewayEndpoint => Some(7),
        RouteTarget::Other => None,
    }
}

fn by_blocks(view: InterfaceView<'_>, destination: IpAddr) -> Option<u8> {
    let vpc = view.inventory.vpcs.get(view.interface.vpc)?;
    if holds(&vpc.cidrs, destination) {
        return Some(1);
    }
    let peering = view.inventory.peerings.iter().find(|peering| {
        peering.active
            && blocks_beyond(peering, &vpc.id).is_some_and(|blocks| holds(blocks, destination))
    })?;
    Some(across(peering))
}

/// Returns the blocks of the side that is not `vpc_id`; `None` if neither side is.
fn blocks_beyond<'a>(peering: &'a Peering, vpc_id: &str) -> Option<&'a [Cidr]> {
    let [requester, accepter] = &peering.vpc_ids;
    let [requester_blocks, accepter_blocks] = &peering.cidrs;
    if requester == vpc_id {
        Some(accepter_blocks)
    } else if accepter == vpc_id {
        Some(requester_blocks)
    } else {
        None
    }
}

fn across(peering: &Peering) -> u8 {
    if peering.same_region { 4 } else { 5 }
}

/// Returns the other interface of the VPC that owns `address`.
///
/// The search goes through the whole inventory, but only formats with `next-hop-…` fields ask, and only
/// addresses inside the VPC are looked for.
pub(super) fn neighbour(view: InterfaceView<'_>, address: IpAddr) -> Option<&Interface> {
    let InterfaceView { interface, inventory } = view;
    if !holds(&inventory.vpcs.get(interface.vpc)?.cidrs, address) {
        return None;
    }
    inventory.interfaces.iter().find(|other| {
        other.vpc == interface.vpc && owns(other, address) && other.id != interface.id
    })
}

fn owns(interface: &Interface, address: IpAddr) -> bool {
    let listed = match address {
        IpAddr::V4(v4) => {
            interface.primary_ipv4 == Some(v4) || interface.ipv4_addresses.contains(&v4)
        }
        IpAddr::V6(v6) => interface.ipv6_addresses.contains(&v6),
    };
    listed || holds(&interface.prefixes, address)
}

fn holds(blocks: &[Cidr], address: IpAddr) -> bool {
    blocks.iter().any(|block| block.contains(address))
}

#[cfg(test)]
mod tests {
    use flowlogd_vpc::{Inventory, RouteTable};

    use super::*;
    use crate::testing::{cidr, interface, inventory, ip, peering};

    fn path(inventory: &Inventory, destination: &str) -> Option<u8> {
        let view = InterfaceView { interface: &inventory.interfaces[0], inventory };
        traffic_path(view, ip(destination))
    }

    fn route(destination: &str, target: RouteTarget) -> Route {
        Route { destination: cidr(destination), target }
    }

    fn with_routes(mut inventory: Inventory, routes: Vec<Route>) -> Inventory {
        inventory.route_tables.push(RouteTable { id: "rtb-1".to_owned(), routes });
        inventory.subnets[0].route_table = Some(0);
        inventory
    }

    #[test]
    fn each_kind_of_route_has_the_code_that_aws_gives_it() {
        let mut inventory = inventory();
        inventory.peerings = vec![
            peering("pcx-near", "10.1.0.0/16", true),
            peering("pcx-far", "10.2.0.0/16", false),
        ];
        let inventory = with_routes(
            inventory,
            vec![
                route("10.0.0.0/16", RouteTarget::InVpc),
                route("0.0.0.0/0", RouteTarget::InternetGateway),
                route("172.16.0.0/12", RouteTarget::VirtualPrivateGateway),
                route("10.1.0.0/16", RouteTarget::Peering("pcx-near".to_owned())),
                route("10.2.0.0/16", RouteTarget::Peering("pcx-far".to_owned())),
                route("10.3.0.0/16", RouteTarget::Peering("pcx-gone".to_owned())),
                route("192.168.0.0/16", RouteTarget::LocalGateway),
                route("52.92.0.0/16", RouteTarget::GatewayEndpoint),
                route("198.51.100.0/24", RouteTarget::Other),
            ],
        );

        for (destination, expected) in [
            ("10.0.7.7", Some(1)),
            ("203.0.113.5", Some(8)),
            ("172.20.0.1", Some(3)),
            ("10.1.0.1", Some(4)),
            ("10.2.0.1", Some(5)),
            ("10.3.0.1", None),
            ("192.168.1.1", Some(6)),
            ("52.92.1.1", Some(7)),
            ("198.51.100.1", None),
            ("2001:db8::1", None),
        ] {
            assert_eq!(path(&inventory, destination), expected, "{destination}");
        }
    }

    #[test]
    fn the_longest_prefix_decides_wherever_it_stands_in_the_table() {
        let inventory = with_routes(
            inventory(),
            vec![
                route("10.9.0.0/16", RouteTarget::VirtualPrivateGateway),
                route("10.9.8.0/24", RouteTarget::LocalGateway),
                route("0.0.0.0/0", RouteTarget::InternetGateway),
            ],
        );

        assert_eq!(path(&inventory, "10.9.8.1"), Some(6));
        assert_eq!(path(&inventory, "10.9.7.1"), Some(3));
    }

    #[test]
    fn an_inactive_peering_carries_nothing() {
        let mut inventory = inventory();
        let mut inactive = peering("pcx-1", "10.1.0.0/16", true);
        inactive.active = false;
        inventory.peerings.push(inactive);

        assert_eq!(path(&inventory, "10.1.0.1"), None);

        let routed = vec![route("10.1.0.0/16", RouteTarget::Peering("pcx-1".to_owned()))];
        assert_eq!(path(&with_routes(inventory, routed), "10.1.0.1"), None);
    }

    #[test]
    fn without_route_tables_only_the_vpc_and_its_peers_are_known() {
        let mut inventory = inventory();
        inventory.peerings = vec![
            peering("pcx-near", "10.1.0.0/16", true),
            peering("pcx-far", "10.2.0.0/16", false),
        ];
        // Seen from the accepter's side, the requester's blocks are beyond.
        inventory.peerings[1].vpc_ids.reverse();
        inventory.peerings[1].cidrs.reverse();
        let mut foreign = peering("pcx-foreign", "10.3.0.0/16", true);
        foreign.vpc_ids[0] = "vpc-other".to_owned();
        inventory.peerings.push(foreign);

        assert_eq!(path(&inventory, "10.0.200.1"), Some(1));
        assert_eq!(path(&inventory, "10.1.0.1"), Some(4));
        assert_eq!(path(&inventory, "10.2.0.1"), Some(5));
        assert_eq!(path(&inventory, "10.3.0.1"), None);
        assert_eq!(path(&inventory, "203.0.113.5"), None);
    }

    #[test]
    fn a_neighbour_is_another_interface_of_the_same_vpc() {
        let mut inventory = inventory();
        inventory.interfaces.push(interface("eni-peer", "10.0.5.5"));
        let mut prefixed = interface("eni-prefixed", "10.0.6.6");
        prefixed.prefixes.push(cidr("10.0.64.0/28"));
        inventory.interfaces.push(prefixed);
        let mut elsewhere = interface("eni-elsewhere", "10.0.7.7");
        elsewhere.vpc = 1;
        inventory.interfaces.push(elsewhere);
        inventory.interfaces.push(interface("eni-outside", "203.0.113.5"));

        let found = |address: &str| {
            let view = InterfaceView { interface: &inventory.interfaces[0], inventory: &inventory };
            neighbour(view, ip(address)).map(|interface| interface.id.as_str())
        };

        assert_eq!(found("10.0.5.5"), Some("eni-peer"));
        assert_eq!(found("10.0.64.9"), Some("eni-prefixed"));
        assert_eq!(found("10.0.7.7"), None, "another VPC's");
        assert_eq!(found("10.0.0.10"), None, "its own");
        assert_eq!(found("10.0.9.9"), None, "nobody's");
        assert_eq!(found("203.0.113.5"), None, "outside the VPC");
    }
}

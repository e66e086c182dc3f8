//! An interface as the judge sees it.

use std::sync::Arc;

use flowlogd_packet::PacketHeader;

use super::acl::AclEntries;
use super::bits::{AddressBits, AddressSet, Block, PerDirection};
use super::exclusion::{ServiceAddresses, is_dhcp};
use super::groups::GroupRules;
use super::ownership::own_addresses;
use super::service::ServiceKey;
use crate::{
    Cidr, Direction, Exclusion, GroundIndex, Interface, Inventory, ReservedAddresses,
    TrackingTimeouts,
};

/// An interface with everything that judging at it reads.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) tracking: Tracking,
    pub(crate) timeouts: TrackingTimeouts,
    /// Ground of a refusal by the security groups.
    pub(crate) implicit_deny: GroundIndex,
    pub(crate) v4: FamilySite<u32>,
    pub(crate) v6: FamilySite<u128>,
}

/// The part of a [`Site`] that one family reads.
#[derive(Debug)]
pub(crate) struct FamilySite<A> {
    // `None` where the source/destination check is off.
    own: Option<AddressSet<A>>,
    subnet: Box<[Block<A>]>,
    reserved: Box<[(A, Exclusion)]>,
    counterparts: AddressSet<A>,
    rules: PerDirection<Arc<GroupRules<A>>>,
    acl: PerDirection<Option<Arc<AclEntries<A>>>>,
}

/// Whether some TCP and UDP flows go untracked (vpc-filtering.md §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracking {
    /// Those that the rules of both directions leave open to everyone.
    ByRules,
    /// None: the interface is of a type that is always tracked.
    Always,
}

impl Tracking {
    /// Returns how connections of an interface of a type are tracked.
    pub(crate) fn of(interface_type: &str) -> Self {
        match interface_type {
            "nat_gateway"
            | "natGateway"
            | "network_load_balancer"
            | "gateway_load_balancer"
            | "gateway_load_balancer_endpoint"
            | "vpc_endpoint"
            | "lambda"
            | "global_accelerator_managed"
            | "transit_gateway" => Self::Always,
            _ => Self::ByRules,
        }
    }
}

impl<A: ServiceAddresses> FamilySite<A> {
    pub(crate) fn new(
        inventory: &Inventory,
        interface: &Interface,
        reserved: ReservedAddresses,
        rules: PerDirection<Arc<GroupRules<A>>>,
        acl: PerDirection<Option<Arc<AclEntries<A>>>>,
    ) -> Self {
        let own = AddressSet::new(&own_addresses(interface));
        let subnet = subnet_cidrs(inventory, interface);
        Self {
            own: interface.source_dest_check.then_some(own),
            subnet: subnet.iter().copied().filter_map(Block::new).collect(),
            reserved: reserved_addresses(inventory, interface, reserved)
                .into_iter()
                .filter_map(|(cidr, exclusion)| Some((A::from_ip(cidr.address())?, exclusion)))
                .collect(),
            counterparts: AddressSet::new(&counterparts(inventory, interface)),
            rules,
            acl,
        }
    }

    /// Returns why a packet is in no record. Of several reasons the first in [`Exclusion`]'s order
    /// counts.
    pub(crate) fn exclusion(
        &self,
        packet: &PacketHeader,
        direction: Direction,
        src: A,
        dst: A,
    ) -> Option<Exclusion> {
        let of_address = |address: A| {
            address.never_logged().or_else(|| {
                self.reserved.iter().find(|(reserved, _)| *reserved == address).map(|found| found.1)
            })
        };
        let of_src = of_address(src);
        let of_dst = of_address(dst);
        let dhcp = is_dhcp::<A>(packet).then_some(Exclusion::Dhcp);
        let discovery = A::is_neighbour_discovery(packet).then_some(Exclusion::NeighbourDiscovery);
        if of_src.is_some() || of_dst.is_some() || dhcp.is_some() || discovery.is_some() {
            return [of_src, of_dst, dhcp, discovery].into_iter().flatten().min();
        }

        let (local, peer) = local_and_peer(direction, src, dst);
        if !self.counterparts.is_empty() && self.counterparts.contains(peer) {
            return Some(Exclusion::EndpointToLoadBalancer);
        }
        match &self.own {
            Some(own) if !own.contains(local) => Some(Exclusion::SourceDestinationCheck),
            Some(_) | None => None,
        }
    }

    /// Returns the entry of the subnet's network ACL that denies a packet. Inside the subnet none is
    /// consulted (vpc-filtering.md §1).
    pub(crate) fn acl_denial(
        &self,
        direction: Direction,
        peer: A,
        key: ServiceKey,
    ) -> Option<GroundIndex> {
        let acl = self.acl.of(direction).as_ref()?;
        if self.subnet.iter().any(|block| block.contains(peer)) {
            return None;
        }
        acl.denial(peer, key)
    }

    /// Returns the blocks of the subnet, inside which no network ACL is consulted, and the ACL's entries.
    pub(crate) fn acl(&self, direction: Direction) -> Option<(&[Block<A>], &AclEntries<A>)> {
        Some((&self.subnet, self.acl.of(direction).as_deref()?))
    }

    /// Returns the pooled rules of the interface's security groups.
    pub(crate) fn rules(&self, direction: Direction) -> &GroupRules<A> {
        self.rules.of(direction)
    }
}

/// Returns the interface's side and the other.
pub(crate) fn local_and_peer<A: AddressBits>(direction: Direction, src: A, dst: A) -> (A, A) {
    match direction {
        Direction::Ingress => (dst, src),
        Direction::Egress => (src, dst),
    }
}

/// Returns the blocks of the interface's subnet.
pub(crate) fn subnet_cidrs<'a>(inventory: &'a Inventory, interface: &Interface) -> &'a [Cidr] {
    inventory.subnets.get(interface.subnet).map_or(&[], |subnet| &subnet.cidrs)
}

/// Returns the addresses of the subnet's router and the VPC's DNS server, where they are AWS's.
pub(crate) fn reserved_addresses(
    inventory: &Inventory,
    interface: &Interface,
    reserved: ReservedAddresses,
) -> Vec<(Cidr, Exclusion)> {
    match reserved {
        ReservedAddresses::None => Vec::new(),
        ReservedAddresses::Aws => {
            let vpc = inventory.vpcs.get(interface.vpc);
            let primary =
                vpc.and_then(|vpc| vpc.cidrs.iter().copied().find(|cidr| cidr.address().is_ipv4()));
            let dns = primary.and_then(|cidr| cidr.nth(2));
            let routers = subnet_cidrs(inventory, interface).iter().filter_map(|cidr| cidr.nth(1));
            // The DNS server first: where the two coincide, the earlier exclusion counts.
            dns.into_iter()
                .map(|address| (Cidr::host(address), Exclusion::AmazonDns))
                .chain(routers.map(|address| (Cidr::host(address), Exclusion::VpcRouter)))
                .collect()
        }
    }
}

/// Returns the addresses that an endpoint's interface shares unlogged traffic with: those of network
/// load balancers of its VPC, and the other way round (flow-logs.md §5.1).
pub(crate) fn counterparts(inventory: &Inventory, interface: &Interface) -> Vec<Cidr> {
    let counterpart = match interface.interface_type.as_str() {
        "vpc_endpoint" => "network_load_balancer",
        "network_load_balancer" => "vpc_endpoint",
        _ => return Vec::new(),
    };
    let mut addresses: Vec<Cidr> = inventory
        .interfaces
        .iter()
        .filter(|other| other.vpc == interface.vpc && other.interface_type == counterpart)
        .flat_map(own_addresses)
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

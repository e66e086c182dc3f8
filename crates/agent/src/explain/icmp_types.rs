//! The ICMP types that the rules of an interface tell apart.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use flowlogd_packet::Icmp;
use flowlogd_vpc::{Direction, Interface, InterfaceIndex, Inventory, PortMatch};

use super::case::Case;

/// Types and codes worth supposing, since records have none (flow-logs.md §4.6).
#[derive(Debug, Default)]
pub(super) struct IcmpTypes {
    known: HashMap<(InterfaceIndex, Direction, u8), Arc<[Icmp]>>,
}

impl IcmpTypes {
    /// Returns one type and code for each rule or entry that may concern the packet and wants some.
    pub(super) fn of(
        &mut self,
        case: &Case,
        inventory: &Inventory,
        interface: &Interface,
    ) -> Arc<[Icmp]> {
        let protocol = case.tuple.protocol;
        let types = self
            .known
            .entry((case.interface, case.direction, protocol))
            .or_insert_with(|| types(inventory, interface, case.direction, protocol));
        Arc::clone(types)
    }
}

fn types(
    inventory: &Inventory,
    interface: &Interface,
    direction: Direction,
    protocol: u8,
) -> Arc<[Icmp]> {
    let groups = interface.security_groups.iter();
    let rules = groups
        .filter_map(|&group| inventory.security_groups.get(group))
        .flat_map(|group| match direction {
            Direction::Ingress => &group.ingress,
            Direction::Egress => &group.egress,
        })
        .map(|rule| (rule.protocol, rule.ports));
    let entries = inventory
        .network_acl(interface)
        .into_iter()
        .flat_map(|acl| match direction {
            Direction::Ingress => &acl.ingress,
            Direction::Egress => &acl.egress,
        })
        .map(|entry| (entry.protocol, entry.ports));
    let wanted: BTreeSet<(u8, u8)> = rules
        .chain(entries)
        .filter(|(wanted, _)| *wanted == Some(protocol))
        .filter_map(|(_, ports)| match ports {
            PortMatch::Icmp { kind: None, code: None }
            | PortMatch::Any
            | PortMatch::Range { .. } => None,
            PortMatch::Icmp { kind, code } => Some((kind.unwrap_or(u8::MAX), code.unwrap_or(0))),
        })
        .collect();
    wanted.into_iter().map(|(kind, code)| Icmp { kind, code, id: 0 }).collect()
}

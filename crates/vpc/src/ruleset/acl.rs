//! Network ACLs, compiled.

use flowlogd_packet::protocol;

use super::bits::{AddressBits, Block};
use super::service::{Service, ServiceKey};
use crate::{Direction, Ground, GroundIndex, NetworkAcl, NetworkAclEntry, PortMatch, RuleBook};

/// The entries of one network ACL for one direction and family, in order.
#[derive(Debug)]
pub(crate) struct AclEntries<A> {
    entries: Box<[AclEntry<A>]>,
    // The `*` entry that ends every list.
    last: GroundIndex,
}

#[derive(Debug)]
pub(crate) struct AclEntry<A> {
    pub(crate) block: Block<A>,
    pub(crate) service: Service,
    /// The ground of the refusal, if the entry denies.
    pub(crate) denial: Option<GroundIndex>,
}

impl<A: AddressBits> AclEntries<A> {
    /// Compiles what concerns the direction and family.
    pub(crate) fn compile(acl: &NetworkAcl, direction: Direction, book: &mut RuleBook) -> Self {
        let mut ground = |entry: &str| {
            book.number_ground(Ground::NetworkAclEntry(format!("{}:{direction}:{entry}", acl.id)))
        };
        let entries = entries_of(acl, direction)
            .iter()
            .filter_map(|entry| {
                let block = Block::new(entry.cidr)?;
                let denial = (!entry.allow).then(|| ground(&entry.number.to_string()));
                Some(AclEntry { block, service: service(entry), denial })
            })
            .collect();
        Self { entries, last: ground("*") }
    }

    /// Returns the entries in order, and the ground of the `*` entry behind them.
    pub(crate) fn entries(&self) -> (&[AclEntry<A>], GroundIndex) {
        (&self.entries, self.last)
    }

    /// Returns what denies a packet: the first entry that matches decides (vpc-filtering.md §4).
    pub(crate) fn denial(&self, peer: A, key: ServiceKey) -> Option<GroundIndex> {
        self.entries
            .iter()
            .find(|entry| entry.block.contains(peer) && entry.service.matches(key))
            .map_or(Some(self.last), |entry| entry.denial)
    }
}

/// Returns the numbered entries of a direction.
pub(crate) fn entries_of(acl: &NetworkAcl, direction: Direction) -> &[NetworkAclEntry] {
    match direction {
        Direction::Ingress => &acl.ingress,
        Direction::Egress => &acl.egress,
    }
}

/// Protocol 58 has types and codes in IPv6 entries alone (vpc-filtering.md §4.2).
pub(crate) fn service(entry: &NetworkAclEntry) -> Service {
    let typeless = entry.protocol == Some(protocol::ICMPV6) && entry.cidr.address().is_ipv4();
    let ports = if typeless { PortMatch::Any } else { entry.ports };
    Service::new(entry.protocol, ports)
}

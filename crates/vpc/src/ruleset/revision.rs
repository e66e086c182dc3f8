//! The revision of an interface's rules: `docs/rule-revision.md` has the grammar.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use super::acl::{entries_of, service};
use super::groups::GroupCatalogue;
use super::ownership::own_addresses;
use super::service::Service;
use super::site::{counterparts, reserved_addresses, subnet_cidrs};
use crate::{
    Cidr, Direction, Exclusion, Interface, Inventory, NetworkAcl, Peer, PortMatch,
    ReservedAddresses,
};

/// First 16 hex digits of the SHA-256 over the canonical text of what `evaluate` reads for an
/// interface (`semantics.md` 12). Its `Display` is those digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The part of the text that interfaces with the same security groups share, hashed once: it names
/// every member of every group.
#[derive(Clone, Debug)]
pub(crate) struct GroupsText {
    text: String,
    hash: Sha256,
}

impl GroupsText {
    /// Writes down the pooled rules of `groups`.
    pub(crate) fn new(
        inventory: &Inventory,
        catalogue: &GroupCatalogue<'_>,
        groups: &[usize],
    ) -> Self {
        let ids = groups
            .iter()
            .filter_map(|&group| inventory.security_groups.get(group))
            .map(|group| group.id.as_str());
        let mut text = format!("flowlogd-rules 1\ngroups {}\n", list_or_dash(ids));
        for direction in [Direction::Ingress, Direction::Egress] {
            let mut lines: Vec<String> = catalogue
                .rules(groups, direction)
                .map(|(rule, (_, name))| {
                    let condition = condition(rule.protocol, rule.ports);
                    let addresses = catalogue.addresses_of(&rule.peer);
                    format!("{direction} {name} {condition} {}\n", peer(&rule.peer, addresses))
                })
                .collect();
            lines.sort_unstable();
            lines.dedup();
            text.extend(lines);
        }
        let hash = Sha256::new_with_prefix(&text);
        Self { text, hash }
    }

    /// Returns the whole text for one interface.
    pub(crate) fn text(&self, rest: &str) -> String {
        format!("{}{rest}", self.text)
    }

    /// Returns the revision for one interface.
    pub(crate) fn revision(&self, rest: &str) -> Revision {
        let hash = self.hash.clone().chain_update(rest).finalize();
        let first = hash.first_chunk().copied().unwrap_or_default();
        Revision(u64::from_be_bytes(first))
    }
}

/// Returns what follows the groups' part.
pub(crate) fn interface_text(
    inventory: &Inventory,
    interface: &Interface,
    reserved: ReservedAddresses,
) -> String {
    let acl = inventory
        .subnets
        .get(interface.subnet)
        .and_then(|subnet| inventory.network_acls.get(subnet.network_acl?));
    let mut text = acl_text(acl);
    let mut line = |name: &str, value: &dyn fmt::Display| {
        writeln!(text, "{name} {value}").expect("writing to a string does not fail");
    };

    line("interface-type", &interface.interface_type);
    line("source-dest-check", if interface.source_dest_check { &"on" } else { &"off" });
    for address in own_addresses(interface) {
        line("address", &address);
    }
    let mut subnet = subnet_cidrs(inventory, interface).to_vec();
    subnet.sort_unstable();
    subnet.dedup();
    for cidr in subnet {
        line("subnet", &cidr);
    }
    match reserved {
        ReservedAddresses::Aws => line("reserved-addresses", &"aws"),
        ReservedAddresses::None => line("reserved-addresses", &"none"),
    }
    for (cidr, exclusion) in reserved_addresses(inventory, interface, reserved) {
        if exclusion == Exclusion::AmazonDns {
            line("dns", &cidr.address());
        }
    }
    for address in counterparts(inventory, interface) {
        line("counterpart", &address);
    }
    let timeouts = interface.timeouts;
    line("tcp-established-timeout", &timeouts.tcp_established);
    line("udp-stream-timeout", &timeouts.udp_stream);
    line("udp-timeout", &timeouts.udp);
    text
}

fn acl_text(acl: Option<&NetworkAcl>) -> String {
    let Some(acl) = acl else { return "acl -\n".to_owned() };
    let mut text = format!("acl {}\n", acl.id);
    for direction in [Direction::Ingress, Direction::Egress] {
        for entry in entries_of(acl, direction) {
            let action = if entry.allow { "allow" } else { "deny" };
            let typeless = service(entry) == Service::new(entry.protocol, PortMatch::Any);
            let ports = if typeless { PortMatch::Any } else { entry.ports };
            let condition = condition(entry.protocol, ports);
            writeln!(text, "acl-{direction} {} {action} {condition} {}", entry.number, entry.cidr)
                .expect("writing to a string does not fail");
        }
    }
    text
}

/// `6 22-22`, `1 8/*`, `any any`; ports that are given but ignored are not told.
fn condition(protocol: Option<u8>, ports: PortMatch) -> String {
    let number = protocol.map_or_else(|| "any".to_owned(), |number| number.to_string());
    let or_any =
        |value: Option<u8>| value.map_or_else(|| "*".to_owned(), |value| value.to_string());
    if Service::new(protocol, ports) == Service::new(protocol, PortMatch::Any) {
        return format!("{number} any");
    }
    match ports {
        PortMatch::Any => format!("{number} any"),
        PortMatch::Range { from, to } => format!("{number} {from}-{to}"),
        PortMatch::Icmp { kind, code } => format!("{number} {}/{}", or_any(kind), or_any(code)),
    }
}

/// `cidr 10.0.0.0/8`, `list 10.1.0.0/16,10.2.0.0/16`, `group 10.0.1.5/32`, `group -`. The kind is
/// told because only a block can leave a flow untracked.
fn peer(peer: &Peer, addresses: &[Cidr]) -> String {
    let kind = match peer {
        Peer::Cidr(_) => "cidr",
        Peer::PrefixList(_) => "list",
        Peer::SecurityGroup(_) | Peer::UnknownGroup(_) => "group",
    };
    let mut addresses = addresses.to_vec();
    addresses.sort_unstable();
    addresses.dedup();
    format!("{kind} {}", list_or_dash(addresses.iter()))
}

fn list_or_dash(items: impl Iterator<Item = impl fmt::Display>) -> String {
    let mut list = String::new();
    for item in items {
        let comma = if list.is_empty() { "" } else { "," };
        write!(list, "{comma}{item}").expect("writing to a string does not fail");
    }
    if list.is_empty() { "-".to_owned() } else { list }
}

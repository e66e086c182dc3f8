//! Rules and entries in words.

use std::borrow::Cow;

use flowlogd_packet::protocol;
use flowlogd_vpc::{
    Direction, Inventory, NetworkAclEntry, Peer, PortMatch, SecurityGroup, SecurityGroupRule,
};

/// A rule that the inventory has, with its group and direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundRule<'a> {
    pub(super) group: &'a SecurityGroup,
    direction: Direction,
    rule: &'a SecurityGroupRule,
}

/// Returns the rule with this id.
pub(super) fn find_rule<'a>(inventory: &'a Inventory, id: &str) -> Option<FoundRule<'a>> {
    inventory.security_groups.iter().find_map(|group| {
        let ingress = group.ingress.iter().map(|rule| (Direction::Ingress, rule));
        let egress = group.egress.iter().map(|rule| (Direction::Egress, rule));
        ingress
            .chain(egress)
            .find(|(_, rule)| rule.id.as_deref() == Some(id))
            .map(|(direction, rule)| FoundRule { group, direction, rule })
    })
}

impl FoundRule<'_> {
    /// Returns what the rule allows: `tcp 22 from 10.0.0.0/8`.
    pub(super) fn text(&self, inventory: &Inventory) -> String {
        let peer: Cow<'_, str> = match &self.rule.peer {
            Peer::Cidr(cidr) => cidr.to_string().into(),
            Peer::PrefixList(list) => {
                inventory.prefix_lists.get(*list).map_or("", |list| &list.id).into()
            }
            Peer::SecurityGroup(group) => {
                let id = inventory.security_groups.get(*group).map_or("", |group| &group.id);
                format!("members of {id}").into()
            }
            Peer::UnknownGroup(id) => {
                format!("members of {id}, which is not in the inventory").into()
            }
        };
        let service = service_text(self.rule.protocol, self.rule.ports);
        format!("{service} {} {peer}", preposition(self.direction))
    }
}

/// Returns what an entry is about: `tcp 22 from 10.0.0.0/8`.
pub(super) fn entry_text(entry: &NetworkAclEntry, direction: Direction) -> String {
    let service = service_text(entry.protocol, entry.ports);
    format!("{service} {} {}", preposition(direction), entry.cidr)
}

/// Returns a protocol as people know it.
pub(super) fn protocol_text(number: u8) -> Cow<'static, str> {
    match number {
        protocol::ICMP => "icmp".into(),
        protocol::TCP => "tcp".into(),
        protocol::UDP => "udp".into(),
        protocol::ICMPV6 => "icmpv6".into(),
        protocol::SCTP => "sctp".into(),
        other => format!("protocol {other}").into(),
    }
}

const fn preposition(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    }
}

fn service_text(number: Option<u8>, ports: PortMatch) -> Cow<'static, str> {
    let Some(number) = number else { return "everything".into() };
    let protocol = protocol_text(number);
    match ports {
        PortMatch::Any | PortMatch::Icmp { kind: None, code: _ } => protocol,
        PortMatch::Range { from, to } if from == to => format!("{protocol} {from}").into(),
        PortMatch::Range { from, to } => format!("{protocol} {from}-{to}").into(),
        PortMatch::Icmp { kind: Some(kind), code: None } => {
            format!("{protocol} type {kind}").into()
        }
        PortMatch::Icmp { kind: Some(kind), code: Some(code) } => {
            format!("{protocol} type {kind} code {code}").into()
        }
    }
}

//! What a security group rule is called where the inventory gives it no id.

use flowlogd_packet::protocol;

use crate::{Direction, Inventory, Peer, PortMatch, SecurityGroup, SecurityGroupRule};

/// Returns the rule's id, or what it says: `sg-…:ingress:tcp:22:10.0.0.0/8` (semantics.md 17).
pub(crate) fn rule_name(
    inventory: &Inventory,
    group: &SecurityGroup,
    direction: Direction,
    rule: &SecurityGroupRule,
) -> String {
    if let Some(id) = &rule.id {
        return id.clone();
    }
    let protocol = protocol_name(rule.protocol);
    let ports = ports_name(rule.ports);
    let peer = match &rule.peer {
        Peer::Cidr(cidr) => cidr.to_string(),
        Peer::PrefixList(list) => {
            inventory.prefix_lists.get(*list).map_or_else(String::new, |list| list.id.clone())
        }
        Peer::SecurityGroup(peer) => {
            inventory.security_groups.get(*peer).map_or_else(String::new, |peer| peer.id.clone())
        }
        Peer::UnknownGroup(id) => id.clone(),
    };
    format!("{}:{direction}:{protocol}:{ports}:{peer}", group.id)
}

/// As `describe-security-groups` prints it (vpc-filtering.md §2.3).
fn protocol_name(number: Option<u8>) -> String {
    match number {
        None => "-1".to_owned(),
        Some(protocol::TCP) => "tcp".to_owned(),
        Some(protocol::UDP) => "udp".to_owned(),
        Some(protocol::ICMP) => "icmp".to_owned(),
        Some(protocol::ICMPV6) => "icmpv6".to_owned(),
        Some(other) => other.to_string(),
    }
}

/// `22`, `80-443`, `8/-1` (type and code), `all`.
fn ports_name(ports: PortMatch) -> String {
    let or_any = |value: Option<u8>| value.map_or(-1, i32::from);
    match ports {
        PortMatch::Any | PortMatch::Icmp { kind: None, code: None } => "all".to_owned(),
        PortMatch::Range { from, to } if from == to => from.to_string(),
        PortMatch::Range { from, to } => format!("{from}-{to}"),
        PortMatch::Icmp { kind, code } => format!("{}/{}", or_any(kind), or_any(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_an_id_is_called_by_what_it_says() {
        let group = SecurityGroup {
            id: "sg-a".to_owned(),
            vpc: None,
            ingress: Vec::new(),
            egress: Vec::new(),
        };
        let name = |protocol, ports, peer: &str| {
            let peer = Peer::Cidr(peer.parse().unwrap());
            let rule = SecurityGroupRule { id: None, protocol, ports, peer };
            rule_name(&Inventory::default(), &group, Direction::Ingress, &rule)
        };
        let range = |from, to| PortMatch::Range { from, to };
        let echo = PortMatch::Icmp { kind: Some(8), code: None };

        assert_eq!(name(Some(6), range(22, 22), "10.0.0.0/8"), "sg-a:ingress:tcp:22:10.0.0.0/8");
        assert_eq!(name(Some(17), range(1, 9), "::/0"), "sg-a:ingress:udp:1-9:::/0");
        assert_eq!(name(Some(1), echo, "0.0.0.0/0"), "sg-a:ingress:icmp:8/-1:0.0.0.0/0");
        assert_eq!(name(None, PortMatch::Any, "0.0.0.0/0"), "sg-a:ingress:-1:all:0.0.0.0/0");
        assert_eq!(name(Some(50), PortMatch::Any, "0.0.0.0/0"), "sg-a:ingress:50:all:0.0.0.0/0");
    }
}

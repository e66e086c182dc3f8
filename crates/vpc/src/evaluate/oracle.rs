//! The judge once more: slow, from the inventory itself, one rule, one connection after the other. It
//! shares nothing with the compiled path but the domain types.

use std::collections::BTreeSet;
use std::net::IpAddr;

use flowlogd_packet::{Fragment, PacketHeader};

use crate::{
    Cidr, Direction, Interface, Inventory, Peer, PortMatch, SecurityGroup, SecurityGroupRule,
};

pub(crate) struct Oracle {
    connections: Vec<Connection>,
    allowance: Option<usize>,
    grace_until: u64,
}

#[derive(Clone, PartialEq, Debug)]
struct Ends {
    eni: String,
    protocol: u8,
    local: IpAddr,
    remote: IpAddr,
    // Ports; or identifier, and what is asked by whom.
    marks: (u16, u16, bool),
}

#[derive(Debug)]
struct Connection {
    ends: Ends,
    ground: String,
    initiator: Direction,
    last: u64,
    timeout: u64,
    state: State,
    opened: u64,
    fins: BTreeSet<Direction>,
    ticks_in: BTreeSet<u64>,
    ticks_out: BTreeSet<u64>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    SynSent,
    Established,
    Closing,
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

impl Oracle {
    pub(crate) fn new(allowance: Option<usize>, grace_until: u64) -> Self {
        Self { connections: Vec::new(), allowance, grace_until }
    }

    /// Returns what `judgement_text` should say.
    #[expect(
        clippy::too_many_lines,
        reason = "it is read from top to bottom, beside the specification"
    )]
    pub(crate) fn judge(
        &mut self,
        inventory: &Inventory,
        interface: &Interface,
        packet: &PacketHeader,
        direction: Direction,
        now: u64,
    ) -> String {
        let src = packet.addresses.src();
        let dst = packet.addresses.dst();
        let (local, peer) = if direction == Direction::Egress { (src, dst) } else { (dst, src) };
        if let Some(excluded) = excluded(inventory, interface, packet, local, peer) {
            return excluded.to_owned();
        }
        self.connections.retain(|connection| now - connection.last <= connection.timeout);

        let flags = if packet.protocol == 6 { packet.tcp_flags.unwrap_or(0) } else { 0 };
        let opening = flags & (SYN | ACK | RST) == SYN;
        let guess = match flags & (SYN | ACK) {
            _ if opening => "src",
            flags if flags == SYN | ACK => "dst",
            _ => "-",
        };
        let metadata = |address: IpAddr, port: u16| {
            address.to_string() == "169.254.170.2" && packet.protocol == 6 && port == 80
        };
        let from = direction == Direction::Ingress && metadata(src, packet.srcport) && !opening;
        if from || direction == Direction::Egress && metadata(dst, packet.dstport) {
            return format!("ACCEPT - {guess}");
        }

        let denial = acl_denial(inventory, interface, packet, direction, peer);
        let ends = (packet.quoted.is_none() && !portless(packet))
            .then(|| {
                let ports = (packet.srcport, packet.dstport);
                let icmp = packet.icmp.map(|icmp| (icmp.kind, icmp.id));
                ends_of(&interface.id, direction, packet.protocol, (src, dst), ports, icmp)
            })
            .flatten();

        let known = self.connections.iter().position(|known| Some(&known.ends) == ends.as_ref());
        if let Some(known) = known
            && !(self.connections[known].state == State::Closing && opening)
        {
            let connection = &mut self.connections[known];
            let initiator = if connection.initiator == direction { "src" } else { "dst" };
            if let Some(denial) = denial {
                return format!("REJECT {denial} {initiator}");
            }
            connection.learn(interface, direction, flags, now);
            return format!("ACCEPT tracked:{} {initiator}", connection.ground);
        }

        if let Some(quoted) = packet.quoted {
            let then = if direction == Direction::Ingress {
                Direction::Egress
            } else {
                Direction::Ingress
            };
            let ends = ends_of(
                &interface.id,
                then,
                quoted.protocol,
                (quoted.addresses.src(), quoted.addresses.dst()),
                (quoted.srcport, quoted.dstport),
                quoted.icmp.map(|icmp| (icmp.kind, icmp.id)),
            );
            let known = self.connections.iter().find(|known| Some(&known.ends) == ends.as_ref());
            if let Some(known) = known {
                let opener = if known.initiator == Direction::Egress {
                    known.ends.local
                } else {
                    known.ends.remote
                };
                let initiator = if opener == src {
                    "src"
                } else if opener == dst {
                    "dst"
                } else {
                    "-"
                };
                return match denial {
                    Some(denial) => format!("REJECT {denial} {initiator}"),
                    None => format!("ACCEPT tracked:{} {initiator}", known.ground),
                };
            }
        }

        if direction == Direction::Ingress
            && let Some(denial) = &denial
        {
            return format!("REJECT {denial} {guess}");
        }
        let rule = deciding(inventory, interface, direction, packet, peer, packet.dstport);
        let was_open = now < self.grace_until
            && packet.protocol == 6
            && packet.tcp_flags.is_some()
            && !opening;
        if rule.is_none() && (denial.is_some() || !was_open) {
            let groups: BTreeSet<&str> =
                groups(inventory, interface).into_iter().map(|group| group.id.as_str()).collect();
            let groups = groups.into_iter().collect::<Vec<_>>().join(",");
            let groups = if groups.is_empty() { "-" } else { &groups };
            let miss = nearest_miss(inventory, interface, direction, packet, peer);
            return format!("REJECT implicit-deny:{groups} {guess}{miss}");
        }
        if let Some(denial) = denial {
            return format!("REJECT {denial} {guess}");
        }
        let ground = match rule {
            Some(rule) => rule.id.clone().unwrap(),
            None => "enforcement-grace".to_owned(),
        };

        let opens = match packet.protocol {
            6 => flags & RST == 0,
            1 => packet.icmp.is_some_and(|icmp| [8, 13, 15, 17].contains(&icmp.kind)),
            58 => packet.icmp.is_some_and(|icmp| icmp.kind == 128),
            _ => true,
        };
        let Some(ends) = ends.filter(|_| opens) else {
            return format!("ACCEPT {ground} {guess}");
        };
        if let Some(rule) = rule
            && untracked(inventory, interface, direction, packet, peer, rule, opening)
        {
            self.connections.retain(|known| known.ends != ends);
            return format!("ACCEPT {ground} {guess}");
        }
        self.connections.retain(|known| known.ends != ends);
        let held = self.connections.iter().filter(|known| known.ends.eni == interface.id).count();
        if self.allowance.is_some_and(|allowance| held >= allowance) {
            return format!("REJECT conntrack-allowance {guess}");
        }
        let mut connection = Connection {
            ends,
            ground: ground.clone(),
            initiator: direction,
            last: now,
            timeout: 0,
            state: if opening { State::SynSent } else { State::Established },
            opened: now,
            fins: BTreeSet::new(),
            ticks_in: BTreeSet::new(),
            ticks_out: BTreeSet::new(),
        };
        connection.learn(interface, direction, flags, now);
        self.connections.push(connection);
        format!("ACCEPT {ground} src")
    }
}

impl Connection {
    fn learn(&mut self, interface: &Interface, direction: Direction, flags: u8, now: u64) {
        if self.state == State::Closing {
            return;
        }
        if self.ends.protocol == 6 {
            if flags & FIN != 0 {
                self.fins.insert(direction);
            }
            if flags & RST != 0 || self.fins.len() == 2 {
                self.state = State::Closing;
                (self.last, self.timeout) = (now, 2);
                return;
            }
            let answered = direction != self.initiator && flags & ACK != 0;
            if answered && (flags & SYN != 0 || now > self.opened) {
                self.state = State::Established;
            }
        }
        match direction {
            Direction::Ingress => self.ticks_in.insert(now),
            Direction::Egress => self.ticks_out.insert(now),
        };
        let stream = self.ticks_in.len() > 1 && self.ticks_out.len() > 1;
        self.last = now;
        self.timeout = match self.ends.protocol {
            6 if self.state == State::SynSent => 60,
            6 => interface.timeouts.tcp_established.into(),
            17 if stream => interface.timeouts.udp_stream.into(),
            17 => interface.timeouts.udp.into(),
            1 | 58 => 30,
            _ => 600,
        };
    }
}

fn ends_of(
    eni: &str,
    direction: Direction,
    protocol: u8,
    (src, dst): (IpAddr, IpAddr),
    (srcport, dstport): (u16, u16),
    icmp: Option<(u8, u16)>,
) -> Option<Ends> {
    let outbound = direction == Direction::Egress;
    let (local, remote) = if outbound { (src, dst) } else { (dst, src) };
    let marks = match protocol {
        6 | 17 if outbound => (srcport, dstport, false),
        6 | 17 => (dstport, srcport, false),
        1 | 58 => {
            let (kind, id) = icmp?;
            let (question, asks) = match (protocol, kind) {
                (1, 8) => (8, true),
                (1, 0) => (8, false),
                (1, 13 | 15 | 17) => (kind, true),
                (1, 14 | 16 | 18) => (kind - 1, false),
                (58, 128) => (128, true),
                (58, 129) => (128, false),
                _ => return None,
            };
            (id, question.into(), asks == outbound)
        }
        _ => (0, 0, false),
    };
    Some(Ends { eni: eni.to_owned(), protocol, local, remote, marks })
}

fn portless(packet: &PacketHeader) -> bool {
    matches!(packet.fragment, Fragment::Later { .. })
        && [6, 17].contains(&packet.protocol)
        && packet.srcport == 0
        && packet.dstport == 0
}

fn owned(interface: &Interface) -> Vec<Cidr> {
    let v4 = interface.ipv4_addresses.iter().map(|address| IpAddr::V4(*address));
    let v6 = interface.ipv6_addresses.iter().map(|address| IpAddr::V6(*address));
    v4.chain(v6).map(Cidr::host).chain(interface.prefixes.clone()).collect()
}

fn owns(interface: &Interface, address: IpAddr) -> bool {
    owned(interface).iter().any(|cidr| cidr.contains(address))
}

/// As in a VPC of AWS's.
fn excluded(
    inventory: &Inventory,
    interface: &Interface,
    packet: &PacketHeader,
    local: IpAddr,
    peer: IpAddr,
) -> Option<&'static str> {
    let vpc = &inventory.vpcs[interface.vpc];
    let subnet = &inventory.subnets[interface.subnet];
    let either = |address: &str| {
        let address: IpAddr = address.parse().unwrap();
        local == address || peer == address
    };
    let nth = |cidr: &Cidr, n: u32| match cidr.address() {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() + n).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() + u128::from(n)).into()),
    };
    let dns = nth(vpc.cidrs.iter().find(|cidr| cidr.address().is_ipv4()).unwrap(), 2).to_string();
    if either(&dns) || either("169.254.169.253") || either("fd00:ec2::253") {
        return Some("AmazonDns");
    }
    if either("169.254.169.254") || either("fd00:ec2::254") {
        return Some("InstanceMetadata");
    }
    let ports = [packet.srcport, packet.dstport];
    let both = |allowed: [u16; 2]| ports.iter().all(|port| allowed.contains(port));
    let dhcp = if local.is_ipv4() { both([67, 68]) } else { both([546, 547]) };
    if packet.protocol == 17 && dhcp {
        return Some("Dhcp");
    }
    if packet.protocol == 58
        && local.is_ipv6()
        && packet.icmp.is_some_and(|icmp| icmp.kind >= 133 && icmp.kind <= 137)
    {
        return Some("NeighbourDiscovery");
    }
    if subnet.cidrs.iter().any(|cidr| either(&nth(cidr, 1).to_string())) {
        return Some("VpcRouter");
    }
    let mut types: Vec<&str> = inventory
        .interfaces
        .iter()
        .filter(|other| other.vpc == interface.vpc && owns(other, peer))
        .map(|other| other.interface_type.as_str())
        .collect();
    types.retain(|other| {
        let pair = [interface.interface_type.as_str(), other];
        pair.contains(&"vpc_endpoint") && pair.contains(&"network_load_balancer")
    });
    if !types.is_empty() {
        return Some("EndpointToLoadBalancer");
    }
    if interface.source_dest_check && !owns(interface, local) {
        return Some("SourceDestinationCheck");
    }
    None
}

fn acl_denial(
    inventory: &Inventory,
    interface: &Interface,
    packet: &PacketHeader,
    direction: Direction,
    peer: IpAddr,
) -> Option<String> {
    let subnet = &inventory.subnets[interface.subnet];
    let acl = &inventory.network_acls[subnet.network_acl?];
    if subnet.cidrs.iter().any(|cidr| cidr.contains(peer)) {
        return None;
    }
    let (entries, word) = match direction {
        Direction::Ingress => (&acl.ingress, "ingress"),
        Direction::Egress => (&acl.egress, "egress"),
    };
    for entry in entries {
        let protocol = entry.protocol.is_none_or(|protocol| protocol == packet.protocol);
        let ports = match entry.protocol {
            Some(58) => {
                entry.cidr.address().is_ipv4() || ports_fit(entry.ports, packet, packet.dstport)
            }
            Some(1 | 6 | 17) => ports_fit(entry.ports, packet, packet.dstport),
            _ => true,
        };
        if entry.cidr.contains(peer) && protocol && ports {
            return (!entry.allow).then(|| format!("{}:{word}:{}", acl.id, entry.number));
        }
    }
    Some(format!("{}:{word}:*", acl.id))
}

/// Whether ports, or type and code, fit, whatever the protocol.
fn ports_fit(wanted: PortMatch, packet: &PacketHeader, dstport: u16) -> bool {
    match wanted {
        PortMatch::Any
        | PortMatch::Range { from: 0, to: 65535 }
        | PortMatch::Icmp { kind: None, code: None } => true,
        PortMatch::Range { from, to } => {
            [6, 17, 132].contains(&packet.protocol)
                && !portless(packet)
                && from <= dstport
                && dstport <= to
        }
        PortMatch::Icmp { kind, code } => packet.icmp.is_some_and(|icmp| {
            [1, 58].contains(&packet.protocol)
                && kind.is_none_or(|kind| kind == icmp.kind)
                && code.is_none_or(|code| code == icmp.code)
        }),
    }
}

fn rule_ports_fit(rule: &SecurityGroupRule, packet: &PacketHeader, dstport: u16) -> bool {
    match rule.protocol {
        Some(1 | 6 | 17 | 58) => ports_fit(rule.ports, packet, dstport),
        _ => true,
    }
}

fn protocol_fits(rule: &SecurityGroupRule, packet: &PacketHeader) -> bool {
    let is_v4 = packet.addresses.src().is_ipv4();
    match rule.protocol {
        None => true,
        Some(1) => is_v4 && packet.protocol == 1,
        Some(58) => !is_v4 && packet.protocol == 58,
        Some(protocol) => protocol == packet.protocol,
    }
}

fn groups<'a>(inventory: &'a Inventory, interface: &Interface) -> Vec<&'a SecurityGroup> {
    interface.security_groups.iter().map(|&group| &inventory.security_groups[group]).collect()
}

fn rules<'a>(
    inventory: &'a Inventory,
    interface: &Interface,
    direction: Direction,
) -> Vec<&'a SecurityGroupRule> {
    groups(inventory, interface)
        .into_iter()
        .flat_map(|group| match direction {
            Direction::Ingress => &group.ingress,
            Direction::Egress => &group.egress,
        })
        .collect()
}

fn peers(inventory: &Inventory, rule: &SecurityGroupRule) -> Vec<Cidr> {
    match &rule.peer {
        Peer::Cidr(cidr) => vec![*cidr],
        Peer::PrefixList(list) => inventory.prefix_lists[*list].entries.clone(),
        Peer::SecurityGroup(group) => inventory
            .interfaces
            .iter()
            .filter(|member| member.security_groups.contains(group))
            .flat_map(owned)
            .collect(),
        Peer::UnknownGroup(_) => Vec::new(),
    }
}

/// The longest block of the rule that holds `peer`.
fn longest(inventory: &Inventory, rule: &SecurityGroupRule, peer: IpAddr) -> Option<u8> {
    let peers = peers(inventory, rule);
    peers.iter().filter(|cidr| cidr.contains(peer)).map(|cidr| cidr.prefix_len()).max()
}

fn width(rule: &SecurityGroupRule) -> u32 {
    match (rule.protocol, rule.ports) {
        (Some(6 | 17), PortMatch::Range { from, to }) => u32::from(to) - u32::from(from) + 1,
        (Some(1 | 58), PortMatch::Icmp { kind: Some(_), code: Some(_) }) => 1,
        (Some(1 | 58), PortMatch::Icmp { kind: Some(_), code: None }) => 256,
        _ => 65536,
    }
}

/// Longest prefix, then narrowest ports, then id.
fn first<'a>(
    candidates: impl Iterator<Item = (u8, &'a SecurityGroupRule)>,
) -> Option<&'a SecurityGroupRule> {
    candidates
        .min_by_key(|(len, rule)| (255 - len, width(rule), rule.id.clone()))
        .map(|(_, rule)| rule)
}

fn deciding<'a>(
    inventory: &'a Inventory,
    interface: &Interface,
    direction: Direction,
    packet: &PacketHeader,
    peer: IpAddr,
    dstport: u16,
) -> Option<&'a SecurityGroupRule> {
    let matching = rules(inventory, interface, direction)
        .into_iter()
        .filter(|rule| protocol_fits(rule, packet) && rule_ports_fit(rule, packet, dstport))
        .filter_map(|rule| Some((longest(inventory, rule, peer)?, rule)));
    first(matching)
}

fn for_everyone(rule: &SecurityGroupRule, family: IpAddr) -> bool {
    matches!(&rule.peer, Peer::Cidr(cidr)
        if cidr.prefix_len() == 0 && cidr.address().is_ipv4() == family.is_ipv4())
}

fn untracked(
    inventory: &Inventory,
    interface: &Interface,
    direction: Direction,
    packet: &PacketHeader,
    peer: IpAddr,
    rule: &SecurityGroupRule,
    opening: bool,
) -> bool {
    let always = ["nat_gateway", "network_load_balancer", "vpc_endpoint"];
    if always.contains(&interface.interface_type.as_str()) || ![6, 17].contains(&packet.protocol) {
        return false;
    }
    let back = match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    };
    let open = |direction| {
        rules(inventory, interface, direction).into_iter().any(|rule| {
            for_everyone(rule, peer)
                && rule.protocol.is_none_or(|protocol| protocol == packet.protocol)
                && width(rule) == 65536
        })
    };
    let asks = for_everyone(rule, peer) && open(back);
    let answers = deciding(inventory, interface, back, packet, peer, packet.srcport)
        .is_some_and(|rule| for_everyone(rule, peer))
        && open(direction);
    asks || (!opening && answers)
}

fn nearest_miss(
    inventory: &Inventory,
    interface: &Interface,
    direction: Direction,
    packet: &PacketHeader,
    peer: IpAddr,
) -> String {
    let rules = rules(inventory, interface, direction);
    let ports = |rule: &SecurityGroupRule| rule_ports_fit(rule, packet, packet.dstport);
    let about = |rule| longest(inventory, rule, peer);
    let same_family = |cidr: &Cidr| cidr.address().is_ipv4() == peer.is_ipv4();

    let port = rules
        .iter()
        .filter(|rule| protocol_fits(rule, packet) && !ports(rule))
        .filter_map(|rule| Some((about(rule)?, *rule)));
    let other_peer = rules
        .iter()
        .filter(|rule| protocol_fits(rule, packet) && ports(rule) && about(rule).is_none())
        .filter(|rule| match &rule.peer {
            Peer::Cidr(cidr) => same_family(cidr),
            Peer::PrefixList(_) => {
                let entries = peers(inventory, rule);
                entries.is_empty() || entries.iter().any(same_family)
            }
            Peer::SecurityGroup(_) | Peer::UnknownGroup(_) => true,
        })
        .map(|rule| {
            let peers = peers(inventory, rule);
            let longest = peers.iter().filter(|cidr| same_family(cidr)).map(|c| c.prefix_len());
            (longest.max().unwrap_or(0), *rule)
        });
    let protocol = rules
        .iter()
        .filter(|rule| !protocol_fits(rule, packet) && ports(rule))
        .filter_map(|rule| Some((about(rule)?, *rule)));
    let family = rules
        .iter()
        .filter(|rule| {
            matches!(&rule.peer, Peer::Cidr(cidr) if cidr.prefix_len() == 0 && !same_family(cidr))
        })
        .filter(|rule| {
            let icmp = [1, 58];
            ports(rule)
                && rule.protocol.is_none_or(|protocol| {
                    protocol == packet.protocol
                        || (icmp.contains(&protocol) && icmp.contains(&packet.protocol))
                })
        })
        .map(|rule| (0, *rule));
    let id = |rule: &SecurityGroupRule| rule.id.clone().unwrap();
    let (service, any_service): (Vec<_>, Vec<_>) =
        other_peer.partition(|(_, rule): &(u8, &SecurityGroupRule)| {
            rule.protocol.is_some() && width(rule) < 65536
        });
    first(service.into_iter())
        .map(|rule| format!(" {}:peer", id(rule)))
        .or_else(|| first(port).map(|rule| format!(" {}:port", id(rule))))
        .or_else(|| first(any_service.into_iter()).map(|rule| format!(" {}:peer", id(rule))))
        .or_else(|| first(protocol).map(|rule| format!(" {}:protocol", id(rule))))
        .or_else(|| first(family).map(|rule| format!(" {}:family", id(rule))))
        .unwrap_or_default()
}

//! Networks, packets and judgements as text, for tests.

use std::net::{IpAddr, SocketAddr};

use flowlogd_packet::{Addresses, Fragment, Icmp, PacketHeader, QuotedHeader, protocol, tcp_flag};

use crate::{
    Action, Cidr, CompileOptions, ConnectionTable, Direction, Initiator, Interface, Inventory,
    Judgement, NetworkAcl, NetworkAclEntry, Peer, PortMatch, PrefixList, ReservedAddresses, Reuse,
    RuleBook, Ruleset, SecurityGroup, SecurityGroupRule, Subnet, Tick, TrackingTimeouts, Vpc,
};

/// Builds an inventory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network(pub(crate) Inventory);

impl Network {
    pub(crate) fn vpc(&mut self, cidrs: &str) -> usize {
        self.0.vpcs.push(Vpc {
            id: format!("vpc-{}", self.0.vpcs.len()),
            owner: "123456789012".to_owned(),
            cidrs: cidrs_of(cidrs),
        });
        self.0.vpcs.len() - 1
    }

    pub(crate) fn subnet(&mut self, vpc: usize, cidrs: &str, acl: Option<usize>) -> usize {
        self.0.subnets.push(Subnet {
            id: format!("subnet-{}", self.0.subnets.len()),
            vpc,
            cidrs: cidrs_of(cidrs),
            network_acl: acl,
            availability_zone_id: None,
            availability_zone: None,
            route_table: None,
        });
        self.0.subnets.len() - 1
    }

    /// Entries like `100 deny tcp 22 198.51.100.0/24`.
    pub(crate) fn acl(&mut self, id: &str, ingress: &[&str], egress: &[&str]) -> usize {
        let entries = |texts: &[&str]| texts.iter().map(|text| acl_entry(text)).collect();
        self.0.network_acls.push(NetworkAcl {
            id: id.to_owned(),
            ingress: entries(ingress),
            egress: entries(egress),
        });
        self.0.network_acls.len() - 1
    }

    pub(crate) fn prefix_list(&mut self, id: &str, entries: &str) {
        self.0.prefix_lists.push(PrefixList { id: id.to_owned(), entries: cidrs_of(entries) });
    }

    /// Rules like `sgr-1 tcp 22 203.0.113.0/24`; `-` for one without an id.
    pub(crate) fn group(&mut self, id: &str, ingress: &[&str], egress: &[&str]) -> usize {
        let index = self.0.security_groups.len();
        self.0.security_groups.push(SecurityGroup {
            id: id.to_owned(),
            vpc: Some(0),
            ingress: Vec::new(),
            egress: Vec::new(),
        });
        let rules = |texts: &[&str]| texts.iter().map(|text| group_rule(&self.0, text)).collect();
        let (ingress, egress) = (rules(ingress), rules(egress));
        let group = self.0.security_groups.last_mut().unwrap();
        group.ingress = ingress;
        group.egress = egress;
        index
    }

    pub(crate) fn interface(
        &mut self,
        id: &str,
        subnet: usize,
        addresses: &str,
        groups: &[usize],
    ) -> &mut Interface {
        let mut interface = Interface {
            id: id.to_owned(),
            owner: "123456789012".to_owned(),
            subnet,
            vpc: self.0.subnets[subnet].vpc,
            primary_ipv4: None,
            ipv4_addresses: Vec::new(),
            ipv6_addresses: Vec::new(),
            prefixes: Vec::new(),
            mac: None,
            security_groups: groups.to_vec(),
            source_dest_check: true,
            interface_type: "interface".to_owned(),
            instance_id: None,
            region: None,
            availability_zone_id: None,
            timeouts: TrackingTimeouts::default(),
        };
        for address in addresses.split_whitespace() {
            match address.parse() {
                Ok(IpAddr::V4(v4)) => {
                    interface.primary_ipv4.get_or_insert(v4);
                    interface.ipv4_addresses.push(v4);
                }
                Ok(IpAddr::V6(v6)) => interface.ipv6_addresses.push(v6),
                Err(_) => interface.prefixes.push(address.parse().unwrap()),
            }
        }
        self.0.interfaces.push(interface);
        self.0.interfaces.last_mut().unwrap()
    }
}

/// A rule set in use, with its connections and a clock.
pub(crate) struct Bench {
    pub(crate) book: RuleBook,
    pub(crate) ruleset: Ruleset,
    pub(crate) connections: ConnectionTable,
    pub(crate) tick: Tick,
}

impl Bench {
    pub(crate) fn new(network: Network) -> Self {
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(network.0, CompileOptions::default(), &mut book);
        let connections = ConnectionTable::new(1000, None);
        Self { book, ruleset, connections, tick: Tick(1_000) }
    }

    /// Takes the next generation into use.
    pub(crate) fn change(&mut self, network: Network) {
        self.ruleset = Ruleset::compile(network.0, CompileOptions::default(), &mut self.book);
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.tick.0 += seconds;
    }

    /// Judges and learns.
    pub(crate) fn judge(&mut self, eni: &str, direction: Direction, text: &str) -> Judgement {
        let index = self.book.interface_index(eni).unwrap();
        let packet = packet(text);
        self.ruleset.evaluate(&mut self.connections, &packet, index, direction, self.tick)
    }

    /// `ACCEPT sgr-1 src`, `REJECT implicit-deny:sg-a - sgr-1:port`.
    pub(crate) fn ingress(&mut self, eni: &str, text: &str) -> String {
        let judgement = self.judge(eni, Direction::Ingress, text);
        self.text(judgement)
    }

    pub(crate) fn egress(&mut self, eni: &str, text: &str) -> String {
        let judgement = self.judge(eni, Direction::Egress, text);
        self.text(judgement)
    }

    pub(crate) fn reuse(&mut self, eni: &str, direction: Direction, text: &str) -> Reuse {
        match self.judge(eni, direction, text) {
            Judgement::Decided(verdict) => verdict.reuse,
            Judgement::Excluded(exclusion) => panic!("{exclusion:?}"),
        }
    }

    pub(crate) fn text(&self, judgement: Judgement) -> String {
        judgement_text(&self.book, judgement)
    }
}

pub(crate) fn judgement_text(book: &RuleBook, judgement: Judgement) -> String {
    let verdict = match judgement {
        Judgement::Excluded(exclusion) => return format!("{exclusion:?}"),
        Judgement::Decided(verdict) => verdict,
    };
    let action = match verdict.action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
    };
    let tracked = if verdict.decision.tracked { "tracked:" } else { "" };
    let ground = book.ground(verdict.decision.ground).unwrap();
    let initiator = match verdict.initiator {
        Initiator::Source => "src",
        Initiator::Destination => "dst",
        Initiator::Unknown => "-",
    };
    let miss = verdict.decision.nearest_miss.map_or(String::new(), |miss| {
        format!(" {}:{}", book.ground(miss.rule).unwrap(), miss.lacking)
    });
    format!("{action} {tracked}{ground} {initiator}{miss}")
}

/// Reads `tcp 10.0.0.1:1 > 10.0.0.2:2 SA`, `udp …`, `icmp 10.0.0.1 > 10.0.0.2 8/0 7`,
/// `132 10.0.0.1:1 > …`; `later` at the end makes it a later fragment.
pub(crate) fn packet(text: &str) -> PacketHeader {
    let words: Vec<&str> = text.split_whitespace().collect();
    let protocol = protocol_of(words[0]).unwrap();
    let (src, srcport) = endpoint(words[1]);
    let (dst, dstport) = endpoint(words[3]);
    let mut packet = PacketHeader {
        addresses: addresses(src, dst),
        protocol,
        srcport,
        dstport,
        tcp_flags: None,
        icmp: None,
        fragment: Fragment::Whole,
        bytes: 60,
        quoted: None,
    };
    for word in &words[4..] {
        if *word == "later" {
            packet.fragment = Fragment::Later { id: 1 };
        } else if let Some((kind, code)) = word.split_once('/') {
            let (kind, code) = (kind.parse().unwrap(), code.parse().unwrap());
            packet.icmp = Some(Icmp { kind, code, id: 0 });
        } else if let (Some(icmp), Ok(id)) = (&mut packet.icmp, word.parse()) {
            icmp.id = id;
        } else {
            packet.tcp_flags = Some(word.chars().map(flag).sum());
        }
    }
    packet
}

/// Returns what an ICMP error says of a packet.
pub(crate) fn quoting(mut error: PacketHeader, text: &str) -> PacketHeader {
    let quoted = packet(text);
    error.quoted = Some(QuotedHeader {
        addresses: quoted.addresses,
        protocol: quoted.protocol,
        srcport: quoted.srcport,
        dstport: quoted.dstport,
        icmp: quoted.icmp,
    });
    error
}

pub(crate) fn addresses(src: IpAddr, dst: IpAddr) -> Addresses {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => Addresses::V4 { src, dst },
        (IpAddr::V6(src), IpAddr::V6(dst)) => Addresses::V6 { src, dst },
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            panic!("{src} > {dst}")
        }
    }
}

pub(crate) fn options(reserved_addresses: ReservedAddresses) -> CompileOptions {
    CompileOptions { reserved_addresses }
}

fn endpoint(text: &str) -> (IpAddr, u16) {
    match text.parse::<SocketAddr>() {
        Ok(socket) => (socket.ip(), socket.port()),
        Err(_) => (text.parse().unwrap(), 0),
    }
}

fn flag(letter: char) -> u8 {
    match letter {
        'F' => tcp_flag::FIN,
        'S' => tcp_flag::SYN,
        'R' => tcp_flag::RST,
        'A' => tcp_flag::ACK,
        other => panic!("{other}"),
    }
}

fn cidrs_of(text: &str) -> Vec<Cidr> {
    text.split_whitespace().map(|cidr| cidr.parse().unwrap()).collect()
}

fn protocol_of(text: &str) -> Option<u8> {
    match text {
        "any" => None,
        "tcp" => Some(protocol::TCP),
        "udp" => Some(protocol::UDP),
        "icmp" => Some(protocol::ICMP),
        "icmpv6" => Some(protocol::ICMPV6),
        number => Some(number.parse().unwrap()),
    }
}

/// `*`, `22`, `80-443`, `8/*`.
fn ports_of(text: &str) -> PortMatch {
    let number = |text: &str| text.parse().ok();
    if text == "*" {
        PortMatch::Any
    } else if let Some((kind, code)) = text.split_once('/') {
        PortMatch::Icmp { kind: number(kind), code: number(code) }
    } else {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        PortMatch::Range { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }
}

fn acl_entry(text: &str) -> NetworkAclEntry {
    let [number, action, protocol, ports, cidr] = words(text);
    NetworkAclEntry {
        number: number.parse().unwrap(),
        allow: action == "allow",
        protocol: protocol_of(protocol),
        ports: ports_of(ports),
        cidr: cidr.parse().unwrap(),
    }
}

fn group_rule(inventory: &Inventory, text: &str) -> SecurityGroupRule {
    let [id, protocol, ports, peer] = words(text);
    let peer = if peer.starts_with("sg-") {
        let group = inventory.security_groups.iter().position(|group| group.id == peer);
        group.map_or_else(|| Peer::UnknownGroup(peer.to_owned()), Peer::SecurityGroup)
    } else if peer.starts_with("pl-") {
        let list = inventory.prefix_lists.iter().position(|list| list.id == peer);
        Peer::PrefixList(list.unwrap())
    } else {
        Peer::Cidr(peer.parse().unwrap())
    };
    SecurityGroupRule {
        id: (id != "-").then(|| id.to_owned()),
        protocol: protocol_of(protocol),
        ports: ports_of(ports),
        peer,
    }
}

fn words<const N: usize>(text: &str) -> [&str; N] {
    text.split_whitespace().collect::<Vec<_>>().try_into().unwrap()
}

//! What an inventory says, before it is written as JSON.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::Cidr;
use serde_json::{Value, json};

use crate::inventory::{ends, next};
use crate::rng::Rng;

/// One VPC with everything in it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    vpc: u8,
    subnets: u8,
    interfaces: Vec<Interface>,
    groups: Vec<Group>,
    lists: Vec<Vec<Cidr>>,
    /// By subnet; empty: the file has no network ACLs.
    acls: Vec<Vec<Entry>>,
    has_rule_ids: bool,
}

#[derive(Clone, Debug)]
struct Interface {
    subnet: u8,
    kind: &'static str,
    is_checked: bool,
    v4: u8,
    v6: u8,
    has_prefixes: bool,
    groups: Vec<usize>,
    /// TCP established, UDP stream, UDP.
    timeouts: Option<(u32, u32, u32)>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    is_egress: bool,
    service: Service,
    peer: Peer,
}

/// Protocol, and ports or ICMP type and code.
#[derive(Clone, Debug)]
struct Service {
    protocol: &'static str,
    from: i32,
    to: i32,
}

#[derive(Clone, Debug)]
enum Peer {
    Cidr(Cidr),
    Group(usize),
    List(usize),
}

#[derive(Clone, Debug)]
struct Entry {
    is_egress: bool,
    number: u16,
    allows: bool,
    service: Service,
    cidr: Cidr,
}

/// Ports that rules and packets have in common.
pub(crate) const PORTS: &[u16] =
    &[0, 22, 53, 67, 68, 80, 81, 123, 443, 546, 547, 1023, 1024, 5000, 40000, 40001, 65535];
/// Other addresses of the Internet.
pub(crate) const OUTSIDE: &[&str] = &[
    "192.0.2.1", "198.51.100.7", "198.51.100.8", "203.0.113.9", "10.200.1.1", "172.16.5.5", "0.0.0.0",
    "255.255.255.255", "224.0.0.251", "2001:db8:ffff::1", "2001:db8:ffff::2", "fe80::1", "ff02::1", "::",
    "2a00:1450::5",
];

impl Plan {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut plan = Self {
            vpc: u8::try_from(rng.within(1, 99)).expect("small"),
            subnets: 2,
            interfaces: Vec::new(),
            groups: Vec::new(),
            lists: Vec::new(),
            acls: Vec::new(),
            has_rule_ids: rng.percent(60),
        };
        plan.lists = vec![plan.list(rng, true), plan.list(rng, false)];
        let groups = rng.within(2, 5);
        for _ in 0..groups {
            plan.groups.push(Group::default());
        }
        for number in 0..rng.within(5, 10) {
            let interface = plan.interface(rng, u8::try_from(number).expect("small"));
            plan.interfaces.push(interface);
        }
        for group in 0..plan.groups.len() {
            plan.groups[group].rules = plan.rules(rng);
        }
        if rng.percent(75) {
            plan.acls = (0..plan.subnets).map(|_| plan.entries(rng)).collect();
        }
        plan
    }

    /// Changes something.
    pub(crate) fn change(&mut self, rng: &mut Rng) {
        let group = rng.below(u32::try_from(self.groups.len()).expect("few")) as usize;
        let interface = rng.below(u32::try_from(self.interfaces.len()).expect("few")) as usize;
        match rng.below(9) {
            0 => self.groups[group].rules = self.rules(rng),
            1 => {
                let rule = self.rule(rng);
                self.groups[group].rules.push(rule);
            }
            2 => self.groups[group].rules.clear(),
            3 => {
                self.groups[group].rules.pop();
            }
            4 | 5 if !self.acls.is_empty() => {
                let subnet = rng.below(self.subnets.into()) as usize;
                self.acls[subnet] = self.entries(rng);
            }
            6 => self.acls = if rng.percent(50) { Vec::new() } else { (0..self.subnets).map(|_| self.entries(rng)).collect() },
            7 => self.interfaces[interface].groups = self.groups_of(rng),
            _ => {
                let new = self.interface(rng, u8::try_from(interface).expect("few"));
                self.interfaces[interface] = new;
            }
        }
    }

    fn subnet_v4(&self, subnet: u8) -> Cidr {
        cidr(Ipv4Addr::new(10, self.vpc, subnet * 16, 0).into(), 20)
    }

    fn subnet_v6(&self, subnet: u8) -> Cidr {
        cidr(v6([0x2001, 0xdb8, self.vpc.into(), subnet.into(), 0, 0, 0, 0]), 64)
    }

    /// Its number makes its addresses its own.
    fn interface(&self, rng: &mut Rng, number: u8) -> Interface {
        const KINDS: &[&str] = &[
            "interface", "interface", "interface", "interface", "interface", "interface", "lambda", "nat_gateway",
            "vpc_endpoint", "network_load_balancer",
        ];
        let times = (*rng.pick(&[60, 61, 350, 3600, 432_000]), *rng.pick(&[60, 120, 180]), *rng.pick(&[30, 45, 60]));
        Interface {
            subnet: number % self.subnets,
            kind: rng.pick::<&str>(KINDS),
            is_checked: rng.percent(75),
            v4: if rng.percent(10) { 12 } else { u8::try_from(rng.within(1, 3)).expect("small") },
            v6: u8::try_from(rng.below(3)).expect("small"),
            has_prefixes: rng.percent(20),
            groups: self.groups_of(rng),
            timeouts: rng.percent(60).then_some(times),
        }
    }

    fn groups_of(&self, rng: &mut Rng) -> Vec<usize> {
        (0..self.groups.len()).filter(|_| rng.percent(50)).take(3).collect()
    }

    fn addresses(&self, number: usize) -> (Vec<Ipv4Addr>, Vec<Ipv6Addr>) {
        let interface = &self.interfaces[number];
        let place = u8::try_from(number).expect("few");
        let block = interface.subnet * 16 + place;
        let v4 = (0..interface.v4).map(|host| Ipv4Addr::new(10, self.vpc, block, 128 + host));
        let v6 = (0..interface.v6).map(|host| {
            let words = [0x2001, 0xdb8, self.vpc.into(), interface.subnet.into(), 0, 0, place.into(), 5 + u16::from(host)];
            Ipv6Addr::from(words)
        });
        (v4.collect(), v6.collect())
    }

    fn list(&self, rng: &mut Rng, is_v4: bool) -> Vec<Cidr> {
        let mut list: Vec<Cidr> = (0..rng.below(5)).map(|_| self.block(rng, is_v4)).collect();
        list.sort_unstable();
        list.dedup();
        list
    }

    /// A block around an address that there is traffic with, of any length.
    fn block(&self, rng: &mut Rng, is_v4: bool) -> Cidr {
        let most = if is_v4 { 32 } else { 128 };
        let len = match rng.below(10) {
            0..=1 => 0,
            2..=4 => most,
            5..=6 => *rng.pick(&[8, 16, 20, 24, 28, 31]),
            _ => u8::try_from(rng.within(1, most.into())).expect("small"),
        };
        let len = if is_v4 || len == most { len } else { (len * 2).min(most) };
        cidr(self.place(rng, is_v4), len)
    }

    fn place(&self, rng: &mut Rng, is_v4: bool) -> IpAddr {
        let subnet = u8::try_from(rng.below(self.subnets.into())).expect("small");
        if rng.percent(50) {
            let number = u8::try_from(rng.below(12)).expect("small");
            if is_v4 {
                return Ipv4Addr::new(10, self.vpc, subnet * 16 + number, 128).into();
            }
            return v6([0x2001, 0xdb8, self.vpc.into(), subnet.into(), 0, 0, number.into(), 5]);
        }
        loop {
            let address: IpAddr = rng.pick(OUTSIDE).parse().expect("an address");
            if address.is_ipv4() == is_v4 {
                return address;
            }
        }
    }

    fn rules(&self, rng: &mut Rng) -> Vec<Rule> {
        let mut rules = Vec::new();
        let v4 = cidr(Ipv4Addr::UNSPECIFIED.into(), 0);
        let v6 = cidr(Ipv6Addr::UNSPECIFIED.into(), 0);
        let all = |is_egress, cidr, protocol| Rule {
            is_egress,
            service: Service { protocol, from: 0, to: 65535 },
            peer: Peer::Cidr(cidr),
        };
        if rng.percent(55) {
            rules.push(all(true, v4, "-1"));
            rules.push(all(true, v6, "-1"));
        }
        if rng.percent(20) {
            rules.push(all(false, v4, *rng.pick(&["-1", "tcp", "udp"])));
            rules.push(all(false, v6, *rng.pick(&["-1", "tcp", "udp"])));
        }
        // Lists of several chunks.
        if rng.percent(8) {
            let peer = Peer::Cidr(self.block(rng, rng.clone().percent(70)));
            for port in 0..i32::try_from(rng.within(15, 40)).expect("small") {
                let service = Service { protocol: "tcp", from: 400 + port, to: 400 + port + i32::from(rng.byte() & 63) };
                rules.push(Rule { is_egress: rng.percent(20), service, peer: peer.clone() });
            }
        }
        for _ in 0..rng.within(1, 7) {
            rules.push(self.rule(rng));
        }
        rules
    }

    fn rule(&self, rng: &mut Rng) -> Rule {
        let is_v4 = rng.percent(65);
        let peer = match rng.below(10) {
            0..=1 => Peer::Group(rng.below(u32::try_from(self.groups.len()).expect("few")) as usize),
            2 => Peer::List(rng.below(2) as usize),
            _ => Peer::Cidr(self.block(rng, is_v4)),
        };
        Rule { is_egress: rng.percent(45), service: Service::of_rule(rng), peer }
    }

    fn entries(&self, rng: &mut Rng) -> Vec<Entry> {
        let mut entries = Vec::new();
        for is_egress in [false, true] {
            let mut number = 0;
            for _ in 0..rng.below(6) {
                number += u16::try_from(rng.within(1, 40)).expect("small");
                let is_v4 = rng.percent(65);
                let cidr = self.block(rng, is_v4);
                let service = Service::of_entry(rng);
                entries.push(Entry { is_egress, number, allows: rng.percent(50), service, cidr });
            }
            // Mostly what no entry denies is allowed: else there would be nothing but refusals.
            if rng.percent(80) {
                for (number, base) in [(1000, IpAddr::V4(Ipv4Addr::UNSPECIFIED)), (1001, IpAddr::V6(Ipv6Addr::UNSPECIFIED))] {
                    let service = Service { protocol: "-1", from: 0, to: 0 };
                    entries.push(Entry { is_egress, number, allows: true, service, cidr: cidr(base, 0) });
                }
            }
        }
        // The file's order is not theirs.
        if rng.percent(50) {
            entries.reverse();
        }
        entries
    }

    /// Returns addresses at the edges of all blocks, and those of all interfaces.
    pub(crate) fn peers(&self) -> Vec<IpAddr> {
        let rules = self.groups.iter().flat_map(|group| &group.rules);
        let of_rules = rules.filter_map(|rule| match rule.peer {
            Peer::Cidr(cidr) => Some(cidr),
            Peer::Group(_) | Peer::List(_) => None,
        });
        let blocks = of_rules
            .chain(self.lists.iter().flatten().copied())
            .chain(self.acls.iter().flatten().map(|entry| entry.cidr));
        let mut peers = Vec::new();
        for block in blocks {
            let [low, high] = ends(block.address(), block.prefix_len());
            peers.extend([low, high, next(high)]);
        }
        for number in 0..self.interfaces.len() {
            let (v4, v6) = self.addresses(number);
            peers.extend(v4.into_iter().map(IpAddr::V4));
            peers.extend(v6.into_iter().map(IpAddr::V6));
        }
        for subnet in 0..self.subnets {
            for block in [self.subnet_v4(subnet), self.subnet_v6(subnet)] {
                // Router, name server, and somebody else.
                peers.extend([1, 2, 77].into_iter().filter_map(|n| block.nth(n)));
            }
        }
        peers.extend(OUTSIDE.iter().map(|text| text.parse::<IpAddr>().expect("an address")));
        peers.sort_unstable();
        peers.dedup();
        peers
    }

    pub(crate) fn json(&self) -> String {
        let mut file = json!({
            "Vpcs": [{
                "VpcId": "vpc-1", "CidrBlock": format!("10.{}.0.0/16", self.vpc),
                "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": format!("2001:db8:{:x}::/48", self.vpc), "Ipv6CidrBlockState": { "State": "associated" } }],
            }],
            "Subnets": (0..self.subnets).map(|subnet| json!({
                "SubnetId": format!("subnet-{subnet}"), "VpcId": "vpc-1", "CidrBlock": self.subnet_v4(subnet).to_string(),
                "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": self.subnet_v6(subnet).to_string(), "Ipv6CidrBlockState": { "State": "associated" } }],
            })).collect::<Vec<_>>(),
            "NetworkInterfaces": (0..self.interfaces.len()).map(|number| self.interface_json(number)).collect::<Vec<_>>(),
            "PrefixLists": [{ "PrefixListId": "pl-0" }, { "PrefixListId": "pl-1" }],
            "PrefixListEntries": {
                "pl-0": entries_json(&self.lists[0]), "pl-1": entries_json(&self.lists[1]),
            },
        });
        self.groups_json(&mut file);
        if !self.acls.is_empty() {
            let acls = self.acls.iter().enumerate().map(|(subnet, entries)| json!({
                "NetworkAclId": format!("acl-{subnet}"), "VpcId": "vpc-1",
                "Associations": [{ "SubnetId": format!("subnet-{subnet}") }],
                "Entries": entries.iter().map(Entry::json).collect::<Vec<_>>(),
            }));
            file["NetworkAcls"] = acls.collect();
        }
        file.to_string()
    }

    fn interface_json(&self, number: usize) -> Value {
        let interface = &self.interfaces[number];
        let (v4, v6) = self.addresses(number);
        let v4 = v4.iter().enumerate().map(|(place, address)| json!({ "PrivateIpAddress": address, "Primary": place == 0 }));
        let v6 = v6.iter().map(|address| json!({ "Ipv6Address": address }));
        let mut item = json!({
            "NetworkInterfaceId": format!("eni-{number}"), "SubnetId": format!("subnet-{}", interface.subnet), "VpcId": "vpc-1",
            "InterfaceType": interface.kind, "SourceDestCheck": interface.is_checked,
            "PrivateIpAddresses": v4.collect::<Vec<_>>(), "Ipv6Addresses": v6.collect::<Vec<_>>(),
            "Groups": interface.groups.iter().map(|group| json!({ "GroupId": format!("sg-{group}") })).collect::<Vec<_>>(),
        });
        if interface.has_prefixes {
            let block = usize::from(interface.subnet) * 16 + number;
            item["Ipv4Prefixes"] = json!([{ "Ipv4Prefix": format!("10.{}.{block}.16/28", self.vpc) }]);
            item["Ipv6Prefixes"] = json!([{ "Ipv6Prefix": format!("2001:db8:{:x}:{:x}:{:x}::/80", self.vpc, interface.subnet, 0x100 + number) }]);
        }
        if let Some((tcp, stream, udp)) = interface.timeouts {
            item["ConnectionTrackingConfiguration"] =
                json!({ "TcpEstablishedTimeout": tcp, "UdpStreamTimeout": stream, "UdpTimeout": udp });
        }
        item
    }

    fn groups_json(&self, file: &mut Value) {
        let mut rules = Vec::new();
        let mut groups = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let id = format!("sg-{number}");
            let mut item = json!({ "GroupId": id, "VpcId": "vpc-1" });
            if self.has_rule_ids {
                rules.extend(group.rules.iter().enumerate().map(|(place, rule)| rule.json(&id, &format!("sgr-{number}-{place}"))));
            } else {
                for (member, is_egress) in [("IpPermissions", false), ("IpPermissionsEgress", true)] {
                    let rules = group.rules.iter().filter(|rule| rule.is_egress == is_egress);
                    item[member] = rules.map(Rule::permission).collect();
                }
            }
            groups.push(item);
        }
        file["SecurityGroups"] = groups.into();
        if self.has_rule_ids {
            file["SecurityGroupRules"] = rules.into();
        }
    }
}

impl Service {
    fn of_rule(rng: &mut Rng) -> Self {
        let mut service = Self::random(rng, &["tcp", "tcp", "tcp", "udp", "udp", "icmp", "icmpv6", "-1", "47", "50", "132", "6", "17", "1", "58"]);
        // Of security groups: no code without a type.
        if service.is_icmp() && service.from == -1 {
            service.to = -1;
        }
        service
    }

    fn of_entry(rng: &mut Rng) -> Self {
        Self::random(rng, &["6", "6", "17", "17", "1", "58", "-1", "47", "132", "50"])
    }

    fn random(rng: &mut Rng, protocols: &[&'static str]) -> Self {
        let mut service = Self { protocol: rng.pick::<&'static str>(protocols), from: 0, to: 65535 };
        if service.is_icmp() {
            service.from = *rng.pick(&[-1, -1, 0, 3, 8, 11, 13, 128, 129, 135, 1]);
            service.to = *rng.pick(&[-1, -1, -1, 0, 1, 4]);
        } else {
            let (one, other) = (*rng.pick(PORTS), *rng.pick(PORTS));
            match rng.below(5) {
                0..=1 => {}
                2 => (service.from, service.to) = (one.into(), one.into()),
                _ => (service.from, service.to) = (one.min(other).into(), one.max(other).into()),
            }
        }
        service
    }

    fn is_icmp(&self) -> bool {
        matches!(self.protocol, "icmp" | "icmpv6" | "1" | "58")
    }
}

impl Rule {
    fn json(&self, group: &str, id: &str) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({
            "SecurityGroupRuleId": id, "GroupId": group, "IsEgress": self.is_egress, "IpProtocol": protocol,
            "FromPort": from, "ToPort": to,
        });
        match &self.peer {
            Peer::Cidr(cidr) if cidr.address().is_ipv4() => item["CidrIpv4"] = cidr.to_string().into(),
            Peer::Cidr(cidr) => item["CidrIpv6"] = cidr.to_string().into(),
            Peer::Group(group) => item["ReferencedGroupInfo"] = json!({ "GroupId": format!("sg-{group}") }),
            Peer::List(list) => item["PrefixListId"] = format!("pl-{list}").into(),
        }
        item
    }

    fn permission(&self) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({ "IpProtocol": protocol, "FromPort": from, "ToPort": to });
        match &self.peer {
            Peer::Cidr(cidr) if cidr.address().is_ipv4() => item["IpRanges"] = json!([{ "CidrIp": cidr.to_string() }]),
            Peer::Cidr(cidr) => item["Ipv6Ranges"] = json!([{ "CidrIpv6": cidr.to_string() }]),
            Peer::Group(group) => item["UserIdGroupPairs"] = json!([{ "GroupId": format!("sg-{group}") }]),
            Peer::List(list) => item["PrefixListIds"] = json!([{ "PrefixListId": format!("pl-{list}") }]),
        }
        item
    }
}

impl Entry {
    fn json(&self) -> Value {
        let Service { protocol, from, to } = self.service;
        let mut item = json!({
            "RuleNumber": self.number, "Egress": self.is_egress, "RuleAction": if self.allows { "allow" } else { "deny" },
            "Protocol": protocol,
        });
        let member = if self.cidr.address().is_ipv4() { "CidrBlock" } else { "Ipv6CidrBlock" };
        item[member] = self.cidr.to_string().into();
        match protocol {
            "6" | "17" => item["PortRange"] = json!({ "From": from, "To": to }),
            "1" | "58" => item["IcmpTypeCode"] = json!({ "Type": from, "Code": to }),
            _ => {}
        }
        item
    }
}

fn entries_json(list: &[Cidr]) -> Value {
    list.iter().map(|cidr| json!({ "Cidr": cidr.to_string() })).collect()
}

fn cidr(address: IpAddr, len: u8) -> Cidr {
    Cidr::new(address, len).expect("the family has so many bits")
}

fn v6(words: [u16; 8]) -> IpAddr {
    Ipv6Addr::from(words).into()
}

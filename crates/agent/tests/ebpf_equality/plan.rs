//! What an inventory says, before it is written as JSON.

mod json;
mod rules;
mod service;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::Cidr;

use crate::inventory::{ends, next};
use crate::rng::Rng;
use service::Service;

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
    "192.0.2.1",
    "198.51.100.7",
    "198.51.100.8",
    "203.0.113.9",
    "10.200.1.1",
    "172.16.5.5",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.251",
    "2001:db8:ffff::1",
    "2001:db8:ffff::2",
    "fe80::1",
    "ff02::1",
    "::",
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
            6 => {
                self.acls = if rng.percent(50) {
                    Vec::new()
                } else {
                    (0..self.subnets).map(|_| self.entries(rng)).collect()
                }
            }
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
            "interface",
            "interface",
            "interface",
            "interface",
            "interface",
            "interface",
            "lambda",
            "nat_gateway",
            "vpc_endpoint",
            "network_load_balancer",
        ];
        let times = (
            *rng.pick(&[60, 61, 350, 3600, 432_000]),
            *rng.pick(&[60, 120, 180]),
            *rng.pick(&[30, 45, 60]),
        );
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
            let words = [
                0x2001,
                0xdb8,
                self.vpc.into(),
                interface.subnet.into(),
                0,
                0,
                place.into(),
                5 + u16::from(host),
            ];
            Ipv6Addr::from(words)
        });
        (v4.collect(), v6.collect())
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
}

fn cidr(address: IpAddr, len: u8) -> Cidr {
    Cidr::new(address, len).expect("the family has so many bits")
}

fn v6(words: [u16; 8]) -> IpAddr {
    Ipv6Addr::from(words).into()
}

//! Random rules, entries and lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::Cidr;

use super::service::Service;
use super::{Entry, OUTSIDE, Peer, Plan, Rule, cidr, v6};
use crate::rng::Rng;

impl Plan {
    pub(super) fn list(&self, rng: &mut Rng, is_v4: bool) -> Vec<Cidr> {
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

    pub(super) fn rules(&self, rng: &mut Rng) -> Vec<Rule> {
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
                let service = Service {
                    protocol: "tcp",
                    from: 400 + port,
                    to: 400 + port + i32::from(rng.byte() & 63),
                };
                rules.push(Rule { is_egress: rng.percent(20), service, peer: peer.clone() });
            }
        }
        for _ in 0..rng.within(1, 7) {
            rules.push(self.rule(rng));
        }
        rules
    }

    pub(super) fn rule(&self, rng: &mut Rng) -> Rule {
        let is_v4 = rng.percent(65);
        let peer = match rng.below(10) {
            0..=1 => {
                Peer::Group(rng.below(u32::try_from(self.groups.len()).expect("few")) as usize)
            }
            2 => Peer::List(rng.below(2) as usize),
            _ => Peer::Cidr(self.block(rng, is_v4)),
        };
        Rule { is_egress: rng.percent(45), service: Service::of_rule(rng), peer }
    }

    pub(super) fn entries(&self, rng: &mut Rng) -> Vec<Entry> {
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
                for (number, base) in [
                    (1000, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                    (1001, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
                ] {
                    let service = Service { protocol: "-1", from: 0, to: 0 };
                    entries.push(Entry {
                        is_egress,
                        number,
                        allows: true,
                        service,
                        cidr: cidr(base, 0),
                    });
                }
            }
        }
        // The file's order is not theirs.
        if rng.percent(50) {
            entries.reverse();
        }
        entries
    }
}

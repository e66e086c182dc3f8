//! Random inventories, written as `aws ec2 describe-*` prints them and read as the agent reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::{
    CompileOptions, FlatRules, InterfaceIndex, Inventory, ReservedAddresses, RuleBook, Ruleset,
};

use crate::plan::Plan;
use crate::rng::Rng;

/// An inventory before and after a change, compiled.
pub(crate) struct World {
    pub(crate) before: Ruleset,
    pub(crate) after: Ruleset,
    pub(crate) book: RuleBook,
    pub(crate) sites: Vec<Site>,
    /// Addresses that some rule or entry has an opinion of.
    pub(crate) peers: Vec<IpAddr>,
}

/// An interface that packets are seen at.
pub(crate) struct Site {
    pub(crate) index: InterfaceIndex,
    pub(crate) before: FlatRules,
    pub(crate) after: FlatRules,
    pub(crate) own: Vec<IpAddr>,
    /// Idle times after which connections of it end, in seconds.
    pub(crate) timeouts: Vec<u32>,
}

impl World {
    /// Makes up an inventory and a change of it.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let plan = Plan::random(rng);
        let mut changed = plan.clone();
        // Now and then new rules say what the old ones said.
        if !rng.percent(10) {
            for _ in 0..rng.within(1, 4) {
                changed.change(rng);
            }
        }
        let reserved = [ReservedAddresses::Aws, ReservedAddresses::None];
        let options = CompileOptions { reserved_addresses: *rng.pick(&reserved) };
        let mut book = RuleBook::default();
        let before = Ruleset::compile(read(&plan), options, &mut book);
        let after = Ruleset::compile(read(&changed), options, &mut book);
        let sites = before.inventory().interfaces.iter().map(|interface| {
            let index = book.interface_index(&interface.id).expect("it was compiled");
            let flat = |rules: &Ruleset| rules.flat(index).expect("no interface goes");
            let timeouts = interface.timeouts;
            Site {
                index,
                before: flat(&before),
                after: flat(&after),
                own: own(interface),
                timeouts: vec![timeouts.tcp_established, timeouts.udp_stream, timeouts.udp],
            }
        });
        let sites = sites.collect();
        Self { sites, before, after, book, peers: plan.peers() }
    }
}

fn read(plan: &Plan) -> Inventory {
    let text = plan.json();
    Inventory::from_json(&text).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

/// Returns single addresses of an interface; of its prefixes the first and the last, and one that is not in them.
fn own(interface: &flowlogd_vpc::Interface) -> Vec<IpAddr> {
    let mut own: Vec<IpAddr> = interface.ipv4_addresses.iter().map(|v4| IpAddr::V4(*v4)).collect();
    own.extend(interface.ipv6_addresses.iter().map(|v6| IpAddr::V6(*v6)));
    for prefix in &interface.prefixes {
        let [low, high] = ends(prefix.address(), prefix.prefix_len());
        own.extend([low, high, next(high)]);
    }
    own
}

/// Returns the lowest and the highest address of a block.
pub(crate) fn ends(base: IpAddr, prefix_len: u8) -> [IpAddr; 2] {
    match base {
        IpAddr::V4(v4) => {
            let host = u32::MAX.checked_shr(prefix_len.into()).unwrap_or(0);
            [base, Ipv4Addr::from_bits(v4.to_bits() | host).into()]
        }
        IpAddr::V6(v6) => {
            let host = u128::MAX.checked_shr(prefix_len.into()).unwrap_or(0);
            [base, Ipv6Addr::from_bits(v6.to_bits() | host).into()]
        }
    }
}

/// Returns the address after another, of the last one the first.
pub(crate) fn next(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits().wrapping_add(1)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits().wrapping_add(1)).into(),
    }
}

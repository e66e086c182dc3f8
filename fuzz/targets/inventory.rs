//! An inventory file, compiled and asked; and the same text as changes of rules.

use std::net::IpAddr;
use std::sync::LazyLock;

use flowlogd_packet::{
    Addresses, Fragment, Icmp, LinkInfo, PacketHeader, QuotedHeader, protocol, tcp_flag,
};
use flowlogd_vpc::{
    Action, CompileOptions, ConnectionTable, Direction, InterfaceIndex, Inventory, InventoryError,
    Judgement, ReservedAddresses, Reuse, RuleBook, Ruleset, Tick, Verdict,
};

use super::assert_one_line;

/// What changes are made to.
static NETWORK: LazyLock<Inventory> = LazyLock::new(|| {
    Inventory::from_json(include_str!("../../tests/explain/vpc.json")).expect("a sound inventory")
});

/// Some interfaces speak for all.
const MAX_ASKED: usize = 8;

/// An inventory; one without faults judges packets at its interfaces.
pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Inventory::from_json(text) {
        Ok(inventory) => {
            inventory.ignored.iter().for_each(|note| assert_one_line(note));
            check_references(&inventory);
            for reserved_addresses in [ReservedAddresses::Aws, ReservedAddresses::None] {
                ask(inventory.clone(), CompileOptions { reserved_addresses });
            }
        }
        Err(faults) => check_faults(&faults),
    }
    match NETWORK.changed(text) {
        Ok(changed) => {
            check_references(&changed);
            ask(changed, CompileOptions::default());
        }
        Err(faults) => check_faults(&faults),
    }
}

fn check_faults(faults: &[InventoryError]) {
    assert!(!faults.is_empty(), "refused without a reason");
    assert!(faults.len() <= 101, "{} faults", faults.len());
    for fault in faults {
        assert_one_line(&fault.to_string());
    }
}

/// References are indexes and always valid.
fn check_references(inventory: &Inventory) {
    for subnet in &inventory.subnets {
        assert!(subnet.vpc < inventory.vpcs.len(), "{}: VPC", subnet.id);
        assert!(subnet.network_acl.is_none_or(|acl| acl < inventory.network_acls.len()));
        assert!(subnet.route_table.is_none_or(|table| table < inventory.route_tables.len()));
    }
    for interface in &inventory.interfaces {
        let subnet = inventory.subnet(interface).expect("an interface is in a subnet");
        assert_eq!(interface.vpc, subnet.vpc, "{}: of two VPCs", interface.id);
        let groups = interface.security_groups.iter();
        let groups = groups.map(|group| inventory.security_groups.get(*group));
        let ids: Vec<_> = groups.map(|group| &group.expect("a group of the list").id).collect();
        assert!(ids.is_sorted(), "{}: {ids:?}", interface.id);
        assert!(interface.primary_ipv4.is_none_or(|primary| interface.owns(primary.into())));
    }
}

/// Judges each kind of packet at some interfaces, in both directions.
fn ask(inventory: Inventory, options: CompileOptions) {
    let mut book = RuleBook::default();
    let again = Ruleset::compile(inventory.clone(), options, &mut book);
    let ruleset = Ruleset::compile(inventory, options, &mut book);
    let mut connections = ConnectionTable::new(1000, None);
    for interface in ruleset.inventory().interfaces.iter().take(MAX_ASKED) {
        let index = book.interface_index(&interface.id).expect("compiling numbers interfaces");
        assert_eq!(ruleset.interface(index), Some(interface));
        assert_eq!(ruleset.revision(index), again.revision(index), "two revisions of the same");
        assert!(ruleset.revision_text(index).is_some_and(|text| !text.is_empty()));

        let v4 = interface.ipv4_addresses.iter().copied().map(IpAddr::V4);
        let v6 = interface.ipv6_addresses.iter().copied().map(IpAddr::V6);
        let own: Vec<IpAddr> = v4.take(2).chain(v6.take(2)).collect();
        for local in own {
            for peer in peers(&ruleset, local) {
                check_points(&ruleset, index, local, peer);
                for direction in [Direction::Ingress, Direction::Egress] {
                    let (src, dst) = match direction {
                        Direction::Ingress => (peer, local),
                        Direction::Egress => (local, peer),
                    };
                    for packet in packets(src, dst) {
                        judge(&ruleset, &book, &mut connections, &packet, index, direction);
                    }
                }
            }
        }
    }
}

/// A stranger, a neighbour, and the addresses that the subnet reserves.
fn peers(ruleset: &Ruleset, local: IpAddr) -> Vec<IpAddr> {
    let inventory = ruleset.inventory();
    let neighbours = inventory.interfaces.iter().rev().flat_map(|interface| {
        let v4 = interface.ipv4_addresses.iter().copied().map(IpAddr::V4);
        v4.chain(interface.ipv6_addresses.iter().copied().map(IpAddr::V6))
    });
    let reserved = inventory.subnets.iter().flat_map(|subnet| &subnet.cidrs);
    let reserved = reserved.flat_map(|cidr| [cidr.nth(1), cidr.nth(2)]).flatten();
    let stranger: IpAddr = if local.is_ipv4() {
        [198, 51, 100, 7].into()
    } else {
        [0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 7].into()
    };
    let others = neighbours.take(4).chain(reserved.take(4));
    others.chain([stranger]).filter(|peer| peer.is_ipv4() == local.is_ipv4()).collect()
}

/// An interface sends what comes from its addresses, and receives what goes to them.
fn check_points(ruleset: &Ruleset, index: InterfaceIndex, local: IpAddr, peer: IpAddr) {
    let link = LinkInfo::default();
    let sent = ruleset.points(&link, &addresses(local, peer)).egress;
    let received = ruleset.points(&link, &addresses(peer, local)).ingress;
    assert!(ruleset.members(sent).contains(&index), "{local} is nobody's");
    assert_eq!(sent, received, "{local} has other owners as the destination");
}

/// TCP and UDP to known ports, ICMP that asks and that complains, and a protocol without ports.
fn packets(src: IpAddr, dst: IpAddr) -> Vec<PacketHeader> {
    let icmp = if src.is_ipv4() { protocol::ICMP } else { protocol::ICMPV6 };
    let (echo, unreachable) = if src.is_ipv4() { (8, 3) } else { (128, 1) };
    let plain = PacketHeader {
        addresses: addresses(src, dst),
        protocol: protocol::TCP,
        srcport: 49_152,
        dstport: 443,
        tcp_flags: Some(tcp_flag::SYN),
        icmp: None,
        fragment: Fragment::Whole,
        bytes: 60,
        quoted: None,
    };
    let without_ports = PacketHeader { srcport: 0, dstport: 0, tcp_flags: None, ..plain };
    let quoted = QuotedHeader {
        addresses: addresses(dst, src),
        protocol: protocol::UDP,
        srcport: 49_152,
        dstport: 53,
        icmp: None,
    };
    let kind = |kind| Some(Icmp { kind, code: 0, id: 7 });
    vec![
        plain,
        PacketHeader { dstport: 22, tcp_flags: Some(tcp_flag::ACK), ..plain },
        PacketHeader { protocol: protocol::UDP, dstport: 53, tcp_flags: None, ..plain },
        PacketHeader { protocol: icmp, icmp: kind(echo), ..without_ports },
        PacketHeader {
            protocol: icmp,
            icmp: kind(unreachable),
            quoted: Some(quoted),
            ..without_ports
        },
        PacketHeader { protocol: 47, ..without_ports },
    ]
}

fn judge(
    ruleset: &Ruleset,
    book: &RuleBook,
    connections: &mut ConnectionTable,
    packet: &PacketHeader,
    interface: InterfaceIndex,
    direction: Direction,
) {
    let tick = Tick(1_700_000_000);
    let ask = |connections: &mut ConnectionTable| {
        ruleset.evaluate(connections, packet, interface, direction, tick)
    };
    let Judgement::Decided(first) = ask(connections) else { return };
    let Judgement::Decided(second) = ask(connections) else {
        panic!("excluded, though it was decided a moment ago");
    };

    assert_eq!(first.action, second.action, "another action for the same packet");
    for Verdict { action, decision, .. } in [first, second] {
        let ground = book.ground(decision.ground).expect("the ground is in the book");
        assert_one_line(&ground.to_string());
        if let Some(miss) = decision.nearest_miss {
            assert_eq!(action, Action::Reject, "what is accepted misses nothing");
            assert!(book.ground(miss.rule).is_some(), "the nearest miss is in the book");
        }
    }
    if second.reuse == Reuse::RulesOnly {
        let reused = ruleset.evaluate_refused(
            connections,
            packet,
            interface,
            direction,
            tick,
            second.decision,
        );
        assert_eq!(reused, Judgement::Decided(second), "the shorter way leads elsewhere");
    }
}

fn addresses(src: IpAddr, dst: IpAddr) -> Addresses {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => Addresses::V4 { src, dst },
        (IpAddr::V6(src), IpAddr::V6(dst)) => Addresses::V6 { src, dst },
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            unreachable!("peers are of the same family")
        }
    }
}

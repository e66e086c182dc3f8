//! What is in no record, and what passes unfiltered (semantics.md 15).

use crate::testing::{Bench, Network, judgement_text, options, packet};
use crate::{
    ConnectionTable, Direction, InterfaceIndex, ReservedAddresses, RuleBook, Ruleset, Tick,
};

fn network() -> Network {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16 10.9.0.0/16 2001:db8::/48");
    let subnet = network.subnet(vpc, "10.0.1.0/24 2001:db8:1::/64", None);
    let group = network.group("sg-a", &["sgr-in udp 53 0.0.0.0/0"], &["sgr-out udp 53 0.0.0.0/0"]);
    network.interface("eni-1", subnet, "10.0.1.5 2001:db8:1::5 10.0.1.64/28", &[group]);
    network
}

#[test]
fn reserved_addresses_are_ordinary_machines_where_they_are_not_awss() {
    let text = |reserved, packet_text: &str| {
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(network().0, options(reserved), &mut book);
        let mut connections = ConnectionTable::new(10, None);
        let judgement = ruleset.evaluate(
            &mut connections,
            &packet(packet_text),
            InterfaceIndex(0),
            Direction::Egress,
            Tick(1),
        );
        judgement_text(&book, judgement)
    };
    let router = "udp 10.0.1.5:40000 > 10.0.1.1:53";
    let dns = "udp 10.0.1.5:40000 > 10.0.0.2:53";
    let metadata = "tcp 10.0.1.5:40000 > 169.254.169.254:80 S";

    assert_eq!(text(ReservedAddresses::Aws, router), "VpcRouter");
    assert_eq!(text(ReservedAddresses::Aws, dns), "AmazonDns");
    assert_eq!(text(ReservedAddresses::Aws, metadata), "InstanceMetadata");
    assert_eq!(text(ReservedAddresses::None, router), "ACCEPT sgr-out src");
    assert_eq!(text(ReservedAddresses::None, dns), "ACCEPT sgr-out src");
    assert_eq!(text(ReservedAddresses::None, metadata), "InstanceMetadata");
}

#[test]
fn only_the_primary_block_has_a_dns_server() {
    let mut bench = Bench::new(network());

    assert_eq!(bench.egress("eni-1", "udp 10.0.1.5:9 > 10.9.0.2:53"), "ACCEPT sgr-out src");
    // The subnet's own base + 2 is nobody's.
    assert_eq!(bench.egress("eni-1", "udp 10.0.1.5:9 > 10.0.1.2:53"), "ACCEPT sgr-out src");
}

#[test]
fn dhcp_and_neighbour_discovery_are_excluded() {
    let mut bench = Bench::new(network());

    assert_eq!(bench.egress("eni-1", "udp 0.0.0.0:68 > 255.255.255.255:67"), "Dhcp");
    assert_eq!(bench.ingress("eni-1", "udp [fe80::1]:547 > [fe80::2]:546"), "Dhcp");
    let hidden = bench.egress("eni-1", "udp 10.0.1.5:68 > 192.0.2.1:53");
    assert_eq!(hidden, "ACCEPT sgr-out src");
    for kind in 133..=137 {
        let text = format!("icmpv6 2001:db8:1::5 > ff02::1 {kind}/0");
        assert_eq!(bench.egress("eni-1", &text), "NeighbourDiscovery");
    }
    let other = bench.egress("eni-1", "icmpv6 2001:db8:1::5 > ff02::1 138/0");
    assert_eq!(other, "REJECT implicit-deny:sg-a -");
}

#[test]
fn traffic_between_an_endpoint_and_a_load_balancer_is_excluded() {
    let mut network = network();
    network.interface("eni-endpoint", 0, "10.0.1.6", &[]).interface_type =
        "vpc_endpoint".to_owned();
    network.interface("eni-balancer", 0, "10.0.1.7", &[]).interface_type =
        "network_load_balancer".to_owned();
    let elsewhere = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(elsewhere, "10.0.2.0/24", None);
    network.interface("eni-far", subnet, "10.0.2.7", &[]).interface_type =
        "network_load_balancer".to_owned();
    let mut bench = Bench::new(network);
    let excluded = "EndpointToLoadBalancer";

    assert_eq!(bench.egress("eni-endpoint", "tcp 10.0.1.6:9 > 10.0.1.7:80 S"), excluded);
    assert_eq!(bench.ingress("eni-balancer", "tcp 10.0.1.6:9 > 10.0.1.7:80 S"), excluded);
    let other_vpc = bench.egress("eni-endpoint", "tcp 10.0.1.6:9 > 10.0.2.7:80 S");
    assert_eq!(other_vpc, "REJECT implicit-deny:- src");
    let plain = bench.egress("eni-1", "tcp 10.0.1.5:9 > 10.0.1.7:80 S");
    assert_eq!(plain, "REJECT implicit-deny:sg-a src");
}

#[test]
fn what_the_interface_neither_sends_nor_receives_is_excluded_where_that_is_checked() {
    let mut open = network();
    open.0.interfaces[0].source_dest_check = false;
    let mut checked = Bench::new(network());
    let mut open = Bench::new(open);
    let passing = "udp 192.0.2.1:9 > 192.0.2.2:53";

    assert_eq!(checked.egress("eni-1", passing), "SourceDestinationCheck");
    assert_eq!(checked.ingress("eni-1", passing), "SourceDestinationCheck");
    assert_eq!(open.ingress("eni-1", passing), "ACCEPT sgr-in src");
    // A delegated prefix is the interface's own.
    let delegated = checked.egress("eni-1", "udp 10.0.1.70:9 > 192.0.2.2:53");
    assert_eq!(delegated, "ACCEPT sgr-out src");
}

#[test]
fn container_credentials_are_recorded_though_no_rule_allows_them() {
    let mut bench = Bench::new(network());

    let metadata = bench.egress("eni-1", "tcp 10.0.1.5:40000 > 169.254.170.2:80 S");
    let other_port = bench.egress("eni-1", "tcp 10.0.1.5:40000 > 169.254.170.2:81 S");

    assert_eq!(metadata, "ACCEPT - src");
    assert_eq!(other_port, "REJECT implicit-deny:sg-a src");
    assert!(bench.connections.is_empty());
}

#[test]
fn at_an_interface_of_no_generation_nothing_is_recorded() {
    let mut bench = Bench::new(network());
    let judgement = bench.ruleset.evaluate(
        &mut bench.connections,
        &packet("udp 10.0.1.5:9 > 192.0.2.1:53"),
        InterfaceIndex(u32::MAX),
        Direction::Egress,
        Tick(1),
    );

    assert_eq!(bench.text(judgement), "SourceDestinationCheck");
}

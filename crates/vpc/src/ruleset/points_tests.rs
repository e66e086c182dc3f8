//! Where frames are judged (semantics.md 13).

use flowlogd_packet::{FrameDirection, LinkInfo, MacAddress};

use crate::testing::{Network, addresses};
use crate::{CompileOptions, InterfaceIndex, InterfaceSet, Points, RuleBook, Ruleset};

const NAT_MAC: MacAddress = [2, 0, 0, 0, 0, 1];
const INSTANCE_MAC: MacAddress = [2, 0, 0, 0, 0, 2];

const INSTANCE: InterfaceIndex = InterfaceIndex(0);
const NAT: InterfaceIndex = InterfaceIndex(1);
const TWIN: InterfaceIndex = InterfaceIndex(2);

/// An instance, a NAT gateway, and in another VPC a twin of the instance's address.
fn ruleset() -> Ruleset {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(vpc, "10.0.1.0/24", None);
    let other = network.vpc("10.0.0.0/16");
    let other_subnet = network.subnet(other, "10.0.1.0/24", None);
    network.interface("eni-i", subnet, "10.0.1.5 10.0.1.9 2001:db8::5", &[]).mac =
        Some(INSTANCE_MAC);
    let nat = network.interface("eni-n", subnet, "10.0.0.220 10.0.2.0/28 2001:db8:2::/80", &[]);
    nat.mac = Some(NAT_MAC);
    network.interface("eni-t", other_subnet, "10.0.1.9 10.0.2.0/24", &[]);
    Ruleset::compile(network.0, CompileOptions::default(), &mut RuleBook::default())
}

fn frame(direction: Option<FrameDirection>, src_mac: MacAddress, dst_mac: MacAddress) -> LinkInfo {
    LinkInfo { src_mac: Some(src_mac), dst_mac: Some(dst_mac), direction }
}

fn points(ruleset: &Ruleset, link: &LinkInfo, src: &str, dst: &str) -> [Vec<InterfaceIndex>; 2] {
    let addresses = addresses(src.parse().unwrap(), dst.parse().unwrap());
    let points = ruleset.points(link, &addresses);
    [ruleset.members(points.egress).to_vec(), ruleset.members(points.ingress).to_vec()]
}

#[test]
fn the_four_frames_of_a_nat_gateway_are_judged_at_both_its_sides() {
    let ruleset = ruleset();
    let out = frame(None, INSTANCE_MAC, NAT_MAC);
    let back = frame(None, NAT_MAC, INSTANCE_MAC);
    let none = LinkInfo::default();

    // flow-logs.md §6.6: instance → NAT, NAT → host, host → NAT, NAT → instance.
    let host = "203.0.113.5";
    assert_eq!(points(&ruleset, &out, "10.0.1.5", host), [vec![INSTANCE], vec![NAT]]);
    assert_eq!(points(&ruleset, &none, "10.0.0.220", host), [vec![NAT], vec![]]);
    assert_eq!(points(&ruleset, &none, host, "10.0.0.220"), [vec![], vec![NAT]]);
    assert_eq!(points(&ruleset, &back, host, "10.0.1.5"), [vec![NAT], vec![INSTANCE]]);
}

#[test]
fn a_known_direction_leaves_one_side() {
    let ruleset = ruleset();
    let link = |direction| frame(Some(direction), INSTANCE_MAC, NAT_MAC);
    let [egress, ingress] =
        points(&ruleset, &link(FrameDirection::Outgoing), "10.0.1.5", "10.0.0.220");
    assert_eq!((egress, ingress), (vec![INSTANCE], vec![]));

    let [egress, ingress] =
        points(&ruleset, &link(FrameDirection::Incoming), "10.0.1.5", "192.0.2.1");
    assert_eq!((egress, ingress), (vec![], vec![NAT]));
}

#[test]
fn an_address_of_several_vpcs_has_several_owners() {
    let ruleset = ruleset();
    let none = LinkInfo::default();

    let [egress, _] = points(&ruleset, &none, "10.0.1.9", "192.0.2.1");
    assert_eq!(egress, [INSTANCE, TWIN]);
    // Delegated prefixes, one around the other.
    let [egress, _] = points(&ruleset, &none, "10.0.2.3", "192.0.2.1");
    assert_eq!(egress, [NAT, TWIN]);
    let [egress, _] = points(&ruleset, &none, "10.0.2.99", "192.0.2.1");
    assert_eq!(egress, [TWIN]);
    let [egress, _] = points(&ruleset, &none, "2001:db8:2::9", "2001:db8:9::1");
    assert_eq!(egress, [NAT]);
}

#[test]
fn a_frame_of_strangers_is_foreign() {
    let addresses = addresses("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
    let ruleset = ruleset();

    assert_eq!(ruleset.points(&LinkInfo::default(), &addresses), Points::NONE);
    assert_eq!(ruleset.points_at(NAT, &LinkInfo::default(), &addresses), Points::NONE);
}

#[test]
fn at_one_interface_direction_comes_before_addresses_and_those_before_the_mac() {
    let ruleset = ruleset();
    let at = |interface, link: LinkInfo, src: &str, dst: &str| {
        let addresses = addresses(src.parse().unwrap(), dst.parse().unwrap());
        let points = ruleset.points_at(interface, &link, &addresses);
        assert!(points.egress.single().is_none_or(|single| single == interface));
        (!points.egress.is_empty(), !points.ingress.is_empty())
    };
    let none = LinkInfo::default();
    let outgoing = LinkInfo { direction: Some(FrameDirection::Outgoing), ..none };
    let incoming = LinkInfo { direction: Some(FrameDirection::Incoming), ..none };
    let from_nat = frame(None, NAT_MAC, INSTANCE_MAC);
    let to_nat = frame(None, INSTANCE_MAC, NAT_MAC);

    assert_eq!(at(NAT, outgoing, "192.0.2.1", "10.0.0.220"), (true, false));
    assert_eq!(at(NAT, incoming, "10.0.0.220", "192.0.2.1"), (false, true));
    assert_eq!(at(NAT, to_nat, "10.0.0.220", "192.0.2.1"), (true, false));
    assert_eq!(at(NAT, from_nat, "192.0.2.1", "10.0.2.3"), (false, true));
    assert_eq!(at(NAT, none, "10.0.0.220", "10.0.2.3"), (true, true));
    assert_eq!(at(NAT, from_nat, "192.0.2.1", "10.0.1.5"), (true, false));
    assert_eq!(at(NAT, to_nat, "10.0.1.5", "192.0.2.1"), (false, true));
    assert_eq!(at(TWIN, none, "10.0.1.9", "192.0.2.1"), (true, false));
    assert_eq!(at(InterfaceIndex(7), outgoing, "10.0.1.9", "192.0.2.1"), (false, false));
}

#[test]
fn a_set_tells_its_single_member() {
    let ruleset = ruleset();
    let owner = |address: &str| {
        let addresses = addresses(address.parse().unwrap(), "192.0.2.1".parse().unwrap());
        ruleset.points(&LinkInfo::default(), &addresses).egress
    };

    assert_eq!(owner("10.0.1.5").single(), Some(INSTANCE));
    assert_eq!(owner("10.0.1.9").single(), None);
    assert!(!owner("10.0.1.9").is_empty());
    assert_eq!(owner("192.0.2.9"), InterfaceSet::EMPTY);
    assert_eq!(InterfaceSet::EMPTY.single(), None);
}

#[test]
fn numbers_stay_over_generations_though_interfaces_come_and_go() {
    let mut book = RuleBook::default();
    let generation = |book: &mut RuleBook, enis: &[(&str, &str)]| {
        let mut network = Network::default();
        let vpc = network.vpc("10.0.0.0/16");
        let subnet = network.subnet(vpc, "10.0.1.0/24", None);
        for (eni, address) in enis {
            network.interface(eni, subnet, address, &[]);
        }
        Ruleset::compile(network.0, CompileOptions::default(), book)
    };
    let first = generation(&mut book, &[("eni-a", "10.0.1.5"), ("eni-b", "10.0.1.6")]);
    let second = generation(&mut book, &[("eni-c", "10.0.1.5"), ("eni-b", "10.0.1.6")]);

    let id = |ruleset: &Ruleset, number| {
        ruleset.interface(InterfaceIndex(number)).map(|interface| interface.id.clone())
    };
    assert_eq!(
        [0, 1, 2].map(|number| id(&first, number)),
        [Some("eni-a".to_owned()), Some("eni-b".to_owned()), None]
    );
    assert_eq!(
        [0, 1, 2].map(|number| id(&second, number)),
        [None, Some("eni-b".to_owned()), Some("eni-c".to_owned())]
    );
    assert!(second.revision(InterfaceIndex(0)).is_none());
}

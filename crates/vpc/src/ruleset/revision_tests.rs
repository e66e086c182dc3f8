//! The examples of `docs/rule-revision.md`, and what moves a revision.

use crate::testing::{Network, options};
use crate::{InterfaceIndex, ReservedAddresses, Revision, RuleBook, Ruleset};

/// The first example: what the most ordinary interface has.
fn plain() -> Network {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let acl = network.acl("acl-1", &["100 allow any * 0.0.0.0/0"], &["100 allow any * 0.0.0.0/0"]);
    let subnet = network.subnet(vpc, "10.0.1.0/24", Some(acl));
    let group = network.group(
        "sg-web",
        &["sgr-1 tcp 443 0.0.0.0/0", "sgr-2 icmp 8/* 10.0.0.0/8"],
        &["sgr-3 any * 0.0.0.0/0"],
    );
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    network
}

/// The second: everything that the grammar knows.
fn elaborate() -> Network {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16 2001:db8::/48");
    network.prefix_list("pl-1", "10.2.0.0/16 10.1.0.0/16");
    let acl = network.acl(
        "acl-2",
        &["90 deny icmpv6 128/0 ::/0", "100 allow tcp 1024-65535 0.0.0.0/0"],
        &[],
    );
    let subnet = network.subnet(vpc, "10.0.1.0/24 2001:db8:1::/64", Some(acl));
    let first = network.group("sg-b", &["- 50 * sg-gone", "sgr-2 udp 0-65535 pl-1"], &[]);
    let second = network.group("sg-a", &["sgr-1 tcp 22 sg-b"], &[]);
    let endpoint =
        network.interface("eni-1", subnet, "10.0.1.5 2001:db8:1::5 10.0.1.64/28", &[first, second]);
    endpoint.interface_type = "vpc_endpoint".to_owned();
    endpoint.source_dest_check = false;
    endpoint.timeouts.tcp_established = 350;
    network.interface("eni-2", subnet, "10.0.1.7", &[]).interface_type =
        "network_load_balancer".to_owned();
    network
}

fn revision(network: Network, reserved: ReservedAddresses) -> (String, Revision) {
    let mut book = RuleBook::default();
    let ruleset = Ruleset::compile(network.0, options(reserved), &mut book);
    let index = InterfaceIndex(0);
    (ruleset.revision_text(index).unwrap(), ruleset.revision(index).unwrap())
}

#[test]
fn the_documented_examples_are_true() {
    let document = include_str!("../../../../docs/rule-revision.md");
    for (network, reserved) in
        [(plain(), ReservedAddresses::Aws), (elaborate(), ReservedAddresses::None)]
    {
        let (text, revision) = revision(network, reserved);

        let example = format!("```text\n{text}```\n\nRevision: `{revision}`\n");
        assert!(document.contains(&example), "{example}");
    }
}

#[test]
fn equal_inputs_give_equal_revisions_in_whatever_order_they_come() {
    let mut turned = elaborate();
    turned.0.prefix_lists[0].entries.reverse();
    turned.0.subnets[0].cidrs.reverse();
    turned.0.interfaces[0].security_groups.reverse();
    turned.0.security_groups[0].ingress.reverse();

    let reserved = ReservedAddresses::None;
    assert_eq!(revision(turned, reserved), revision(elaborate(), reserved));
}

#[test]
fn whatever_evaluation_reads_moves_the_revision() {
    let changes: [fn(&mut Network); 9] = [
        |network| network.0.interfaces[0].ipv4_addresses.push("10.0.1.6".parse().unwrap()),
        |network| network.0.interfaces[0].timeouts.udp = 31,
        |network| network.0.interfaces[0].source_dest_check = true,
        |network| network.0.interfaces[0].interface_type = "interface".to_owned(),
        |network| network.0.subnets[0].cidrs.truncate(1),
        |network| network.0.network_acls[0].ingress[0].allow = true,
        |network| network.0.prefix_lists[0].entries.truncate(1),
        // The address of another member of a group that a rule refers to.
        |network| {
            network.interface("eni-3", 0, "10.0.1.8", &[0]);
        },
        |network| network.0.security_groups[1].ingress[0].protocol = None,
    ];
    let reserved = ReservedAddresses::None;
    let (_, before) = revision(elaborate(), reserved);

    for (number, change) in changes.iter().enumerate() {
        let mut changed = elaborate();
        change(&mut changed);
        assert_ne!(revision(changed, reserved).1, before, "change {number}");
    }
    assert_ne!(revision(elaborate(), ReservedAddresses::Aws).1, before);
}

#[test]
fn what_evaluation_does_not_read_leaves_the_revision() {
    let mut changed = elaborate();
    changed.0.interfaces[0].owner = "210987654321".to_owned();
    changed.0.interfaces[0].mac = Some([2, 0, 0, 0, 0, 1]);
    changed.0.subnets[0].availability_zone = Some("us-east-1a".to_owned());
    changed.group_of_nobody();

    let reserved = ReservedAddresses::None;
    assert_eq!(revision(changed, reserved), revision(elaborate(), reserved));
}

impl Network {
    fn group_of_nobody(&mut self) {
        self.group("sg-nobody", &["sgr-9 any * 0.0.0.0/0"], &[]);
    }
}

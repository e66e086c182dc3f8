//! The seventeen rows of vpc-filtering.md §15.3: the interface has 10.0.1.5, its security groups let
//! everything out unless the row says otherwise.

use crate::testing::{Bench, Network};

const ALL_OUT: &[&str] = &["sgr-out any * 0.0.0.0/0", "sgr-out6 any * ::/0"];
const ALLOW_ALL: &[&str] = &["100 allow any * 0.0.0.0/0", "101 allow any * ::/0"];
const DENY_ALL: &[&str] = &[];

/// Subnet A with eni-1 in sg-a; subnet B with nothing in it.
fn network(ingress: &[&str], egress: &[&str], acl_in: &[&str], acl_out: &[&str]) -> Network {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let acl = network.acl("acl-1", acl_in, acl_out);
    let subnet = network.subnet(vpc, "10.0.1.0/24 2001:db8:1::/64", Some(acl));
    network.subnet(vpc, "10.0.2.0/24", Some(acl));
    let group = network.group("sg-a", ingress, egress);
    network.interface("eni-1", subnet, "10.0.1.5 2001:db8:1::5", &[group]);
    network
}

fn bench(ingress: &[&str], acl_in: &[&str], acl_out: &[&str]) -> Bench {
    Bench::new(network(ingress, ALL_OUT, acl_in, acl_out))
}

#[test]
fn row_1_a_reply_leaves_by_state() {
    let mut bench = bench(&["sgr-ssh tcp 22 203.0.113.0/24"], ALLOW_ALL, ALLOW_ALL);

    let request = bench.ingress("eni-1", "tcp 203.0.113.7:40000 > 10.0.1.5:22 S");
    let reply = bench.egress("eni-1", "tcp 10.0.1.5:22 > 203.0.113.7:40000 SA");

    assert_eq!(request, "ACCEPT sgr-ssh src");
    assert_eq!(reply, "ACCEPT tracked:sgr-ssh dst");
}

#[test]
fn row_2_a_stranger_is_refused() {
    let mut bench = bench(&["sgr-ssh tcp 22 203.0.113.0/24"], ALLOW_ALL, ALLOW_ALL);

    let request = bench.ingress("eni-1", "tcp 198.51.100.9:5 > 10.0.1.5:22 S");

    assert_eq!(request, "REJECT implicit-deny:sg-a src sgr-ssh:peer");
    assert!(bench.connections.is_empty());
}

#[test]
fn row_3_the_network_acl_refuses_the_reply_of_an_allowed_ping() {
    let deny_icmp = &["90 deny icmp */* 0.0.0.0/0", "100 allow any * 0.0.0.0/0"];
    let mut bench = bench(&["sgr-icmp icmp */* 0.0.0.0/0"], ALLOW_ALL, deny_icmp);

    let request = bench.ingress("eni-1", "icmp 203.0.113.12 > 10.0.1.5 8/0 7");
    let reply = bench.egress("eni-1", "icmp 10.0.1.5 > 203.0.113.12 0/0 7");

    assert_eq!(request, "ACCEPT sgr-icmp src");
    assert_eq!(reply, "REJECT acl-1:egress:90 dst");
}

#[test]
fn row_4_a_ping_without_a_rule_is_refused() {
    let allow_icmp = &["100 allow icmp */* 0.0.0.0/0"];
    let mut bench = bench(&["sgr-ssh tcp 22 0.0.0.0/0"], allow_icmp, allow_icmp);

    let request = bench.ingress("eni-1", "icmp 203.0.113.12 > 10.0.1.5 8/0 7");

    assert_eq!(request, "REJECT implicit-deny:sg-a -");
}

#[test]
fn row_5_the_reply_to_ones_own_ping_enters_by_state() {
    let mut bench = bench(&[], ALLOW_ALL, ALLOW_ALL);

    let request = bench.egress("eni-1", "icmp 10.0.1.5 > 203.0.113.12 8/0 7");
    let reply = bench.ingress("eni-1", "icmp 203.0.113.12 > 10.0.1.5 0/0 7");

    assert_eq!(request, "ACCEPT sgr-out src");
    assert_eq!(reply, "ACCEPT tracked:sgr-out dst");
}

#[test]
fn row_6_the_first_matching_entry_of_the_network_acl_decides() {
    let acl_in = &["100 deny any * 198.51.100.0/24", "200 allow any * 0.0.0.0/0"];
    let mut bench = bench(&["sgr-web tcp 443 0.0.0.0/0"], acl_in, ALLOW_ALL);

    let denied = bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:443 S");
    let allowed = bench.ingress("eni-1", "tcp 198.51.101.9:40000 > 10.0.1.5:443 S");

    assert_eq!(denied, "REJECT acl-1:ingress:100 src");
    assert_eq!(allowed, "ACCEPT sgr-web src");
}

#[test]
fn row_7_a_network_acl_without_ephemeral_ports_refuses_the_answer() {
    let acl_in = &["100 allow tcp 443 0.0.0.0/0"];
    let acl_out = &["100 allow tcp 443 0.0.0.0/0"];
    let mut bench = bench(&["sgr-web tcp 443 0.0.0.0/0"], acl_in, acl_out);

    let syn = bench.ingress("eni-1", "tcp 203.0.113.7:40000 > 10.0.1.5:443 S");
    let syn_ack = bench.egress("eni-1", "tcp 10.0.1.5:443 > 203.0.113.7:40000 SA");

    assert_eq!(syn, "ACCEPT sgr-web src");
    assert_eq!(syn_ack, "REJECT acl-1:egress:* dst");
}

#[test]
fn row_8_inside_the_subnet_no_network_acl_is_consulted() {
    let mut network =
        network(&["sgr-self any * sg-a"], &["sgr-out any * sg-a"], DENY_ALL, DENY_ALL);
    network.interface("eni-2", 0, "10.0.1.6", &[0]);
    let mut bench = Bench::new(network);

    let sent = bench.egress("eni-2", "tcp 10.0.1.6:40000 > 10.0.1.5:5432 S");
    let received = bench.ingress("eni-1", "tcp 10.0.1.6:40000 > 10.0.1.5:5432 S");

    assert_eq!(sent, "ACCEPT sgr-out src");
    assert_eq!(received, "ACCEPT sgr-self src");
}

#[test]
fn row_9_a_reference_reaches_across_subnets() {
    let mut network = network(&["sgr-self any * sg-a"], ALL_OUT, ALLOW_ALL, ALLOW_ALL);
    network.interface("eni-2", 1, "10.0.2.6", &[0]);
    let mut bench = Bench::new(network);

    let received = bench.ingress("eni-1", "tcp 10.0.2.6:40000 > 10.0.1.5:5432 S");

    assert_eq!(received, "ACCEPT sgr-self src");
}

/// Opens a session from 203.0.113.7, replaces the network, and judges the next packet.
fn session_through_a_change(before: Network, after: Network) -> [String; 2] {
    let mut bench = Bench::new(before);
    bench.ingress("eni-1", "tcp 203.0.113.7:40000 > 10.0.1.5:22 S");
    bench.egress("eni-1", "tcp 10.0.1.5:22 > 203.0.113.7:40000 SA");
    bench.ingress("eni-1", "tcp 203.0.113.7:40000 > 10.0.1.5:22 A");
    bench.egress("eni-1", "tcp 10.0.1.5:22 > 203.0.113.7:40000 A");

    bench.change(after);
    bench.wait(1);
    [
        bench.ingress("eni-1", "tcp 203.0.113.7:40000 > 10.0.1.5:22 A"),
        bench.egress("eni-1", "tcp 10.0.1.5:22 > 203.0.113.7:40000 A"),
    ]
}

#[test]
fn row_10_a_tracked_session_outlives_its_rule() {
    let everyone = &["sgr-ssh tcp 22 0.0.0.0/0"];
    let narrow_out = &["sgr-out tcp 443 0.0.0.0/0"];
    let allowed = "ACCEPT tracked:sgr-ssh";

    // The other direction is not open to everyone.
    let tracked = session_through_a_change(
        network(everyone, narrow_out, ALLOW_ALL, ALLOW_ALL),
        network(&[], narrow_out, ALLOW_ALL, ALLOW_ALL),
    );
    assert_eq!(tracked, [format!("{allowed} src"), format!("{allowed} dst")]);

    // The peer is narrower than everyone.
    let tracked = session_through_a_change(
        network(&["sgr-ssh tcp 22 203.0.113.0/24"], ALL_OUT, ALLOW_ALL, ALLOW_ALL),
        network(&[], ALL_OUT, ALLOW_ALL, ALLOW_ALL),
    );
    assert_eq!(tracked, [format!("{allowed} src"), format!("{allowed} dst")]);
}

#[test]
fn row_10_an_untracked_session_ends_with_its_rule() {
    let untracked = session_through_a_change(
        network(&["sgr-ssh tcp 22 0.0.0.0/0"], ALL_OUT, ALLOW_ALL, ALLOW_ALL),
        network(&["sgr-web tcp 80 0.0.0.0/0"], ALL_OUT, ALLOW_ALL, ALLOW_ALL),
    );

    assert_eq!(untracked[0], "REJECT implicit-deny:sg-a - sgr-web:port");
}

#[test]
fn row_11_a_network_acl_ends_every_session() {
    for ingress in ["sgr-ssh tcp 22 203.0.113.0/24", "sgr-ssh tcp 22 0.0.0.0/0"] {
        let [received, sent] = session_through_a_change(
            network(&[ingress], ALL_OUT, ALLOW_ALL, ALLOW_ALL),
            network(&[ingress], ALL_OUT, &["50 deny tcp 22 0.0.0.0/0"], DENY_ALL),
        );

        assert!(received.starts_with("REJECT acl-1:ingress:50 "), "{received}");
        assert!(sent.starts_with("REJECT acl-1:egress:* "), "{sent}");
    }
}

#[test]
fn row_12_only_members_of_the_group_reach_each_other() {
    let mut network = network(&["sgr-self any * sg-a"], ALL_OUT, ALLOW_ALL, ALLOW_ALL);
    let other = network.group("sg-b", &[], ALL_OUT);
    network.interface("eni-2", 0, "10.0.1.7", &[other]);
    let mut bench = Bench::new(network);

    let received = bench.ingress("eni-1", "tcp 10.0.1.7:40000 > 10.0.1.5:22 S");

    assert_eq!(received, "REJECT implicit-deny:sg-a src sgr-self:peer");
}

#[test]
fn row_13_without_egress_rules_nothing_is_opened() {
    let mut bench = Bench::new(network(&["sgr-in any * 0.0.0.0/0"], &[], ALLOW_ALL, ALLOW_ALL));

    let sent = bench.egress("eni-1", "tcp 10.0.1.5:40000 > 8.8.8.8:443 S");

    assert_eq!(sent, "REJECT implicit-deny:sg-a src");
}

#[test]
fn row_14_an_entry_of_a_prefix_list_counts() {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(vpc, "10.0.1.0/24", None);
    network.prefix_list("pl-1", "10.1.0.0/16 10.2.0.0/16");
    let group = network.group("sg-a", &["sgr-list tcp 80 pl-1"], ALL_OUT);
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    let mut bench = Bench::new(network);

    let inside = bench.ingress("eni-1", "tcp 10.2.3.4:40000 > 10.0.1.5:80 S");
    let outside = bench.ingress("eni-1", "tcp 10.3.3.4:40000 > 10.0.1.5:80 S");

    assert_eq!(inside, "ACCEPT sgr-list src");
    assert_eq!(outside, "REJECT implicit-deny:sg-a src sgr-list:peer");
}

#[test]
fn row_15_the_dns_server_of_the_vpc_is_not_logged() {
    let mut bench = bench(&[], DENY_ALL, DENY_ALL);

    let query = bench.egress("eni-1", "udp 10.0.1.5:40000 > 10.0.0.2:53");
    let answer = bench.ingress("eni-1", "udp 10.0.0.2:53 > 10.0.1.5:40000");

    assert_eq!(query, "AmazonDns");
    assert_eq!(answer, "AmazonDns");
}

#[test]
fn row_16_a_rule_of_one_family_allows_nothing_of_the_other() {
    let mut bench = bench(&["sgr-ssh tcp 22 0.0.0.0/0"], ALLOW_ALL, ALLOW_ALL);

    let v6 = bench.ingress("eni-1", "tcp [2001:db8:9::1]:40000 > [2001:db8:1::5]:22 S");

    assert_eq!(v6, "REJECT implicit-deny:sg-a src sgr-ssh:family");
}

#[test]
fn row_17_a_reference_covers_private_addresses_alone() {
    let mut network = network(&["sgr-self any * sg-a"], ALL_OUT, ALLOW_ALL, ALLOW_ALL);
    network.interface("eni-2", 1, "10.0.2.6", &[0]);
    let mut bench = Bench::new(network);

    // The elastic address of eni-2, as the internet gateway presents it.
    let received = bench.ingress("eni-1", "tcp 198.51.100.80:40000 > 10.0.1.5:22 S");

    assert_eq!(received, "REJECT implicit-deny:sg-a src sgr-self:peer");
}

#[test]
fn a_group_of_a_thousand_and_a_list_of_a_thousand_decide_like_small_ones() {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/8");
    let subnet = network.subnet(vpc, "10.1.0.0/16", None);
    let list: Vec<String> =
        (0..1000).map(|n| format!("172.16.{}.{}/31", n / 100, n % 100 * 2)).collect();
    network.prefix_list("pl-1", &list.join(" "));
    let rules: Vec<String> = (0..20)
        .map(|n| format!("sgr-{n} tcp {n} sg-a"))
        .chain(["sgr-list udp 53 pl-1".to_owned(), "sgr-wide tcp 0-19 10.1.0.0/16".to_owned()])
        .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    // A group that refers to itself by name.
    network.group("sg-a", &[], &[]);
    let with_rules = network.group("sg-rules", &rules, &[]);
    for n in 0..1000 {
        let address = format!("10.1.{}.{}", n / 200, n % 200 + 4);
        network.interface(&format!("eni-{n}"), subnet, &address, &[0, with_rules]);
    }
    let mut bench = Bench::new(network);

    let member = bench.ingress("eni-7", "tcp 10.1.4.203:9 > 10.1.0.11:19 S");
    let stranger = bench.ingress("eni-7", "tcp 10.1.9.9:9 > 10.1.0.11:19 S");
    let listed = bench.ingress("eni-999", "udp 172.16.9.199:9 > 10.1.4.203:53");
    let unlisted = bench.ingress("eni-999", "udp 172.16.9.200:9 > 10.1.4.203:53");

    assert_eq!(member, "ACCEPT sgr-19 src");
    assert_eq!(stranger, "ACCEPT sgr-wide src");
    assert_eq!(listed, "ACCEPT sgr-list src");
    assert_eq!(unlisted, "REJECT implicit-deny:sg-a,sg-rules - sgr-list:peer");
}

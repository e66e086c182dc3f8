//! Connections from the first packet to the last, judged by rules that allow only what opens them.

use crate::testing::{Bench, Network, packet, quoting};
use crate::{ConnectionTable, Direction, Reuse, Tick};

/// Lets in TCP 22, UDP 53, ping and SCTP of one neighbour, and nothing out.
fn bench() -> Bench {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(vpc, "10.0.1.0/24", None);
    let rules = [
        "sgr-ssh tcp 22 198.51.100.0/24",
        "sgr-dns udp 53 198.51.100.0/24",
        "sgr-ping icmp 8/* 198.51.100.0/24",
        "sgr-sctp 132 * 198.51.100.0/24",
    ];
    let group = network.group("sg-a", &rules, &[]);
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    Bench::new(network)
}

const SYN: &str = "tcp 198.51.100.9:40000 > 10.0.1.5:22 S";
const SYN_ACK: &str = "tcp 10.0.1.5:22 > 198.51.100.9:40000 SA";
const ACK: &str = "tcp 198.51.100.9:40000 > 10.0.1.5:22 A";
const ANSWER: &str = "tcp 10.0.1.5:22 > 198.51.100.9:40000 A";
const REFUSED: &str = "REJECT implicit-deny:sg-a -";

impl Bench {
    fn handshake(&mut self) {
        self.ingress("eni-1", SYN);
        self.egress("eni-1", SYN_ACK);
        self.ingress("eni-1", ACK);
    }
}

#[test]
fn an_unanswered_syn_is_remembered_for_sixty_seconds() {
    for (wait, alive) in [(60, true), (61, false)] {
        let mut bench = bench();
        bench.ingress("eni-1", SYN);
        bench.wait(wait);

        let late = bench.egress("eni-1", SYN_ACK);

        assert_eq!(late.starts_with("ACCEPT tracked:sgr-ssh"), alive, "{wait}: {late}");
    }
}

#[test]
fn an_established_connection_lives_as_long_as_the_interface_says() {
    for (wait, alive) in [(432_000, true), (432_001, false)] {
        let mut bench = bench();
        bench.handshake();
        bench.wait(wait);

        let late = bench.egress("eni-1", ANSWER);

        assert_eq!(late.starts_with("ACCEPT tracked:sgr-ssh"), alive, "{wait}: {late}");
    }
}

#[test]
fn an_expired_connection_does_not_come_back_with_longer_timeouts() {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(vpc, "10.0.1.0/24", None);
    let group = network.group("sg-a", &["sgr-dns udp 53 198.51.100.0/24"], &[]);
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    let mut longer = network.clone();
    longer.0.interfaces[0].timeouts.udp = 60;
    let mut bench = Bench::new(network);
    bench.ingress("eni-1", "udp 198.51.100.9:40000 > 10.0.1.5:53");

    bench.wait(31);
    bench.change(longer);

    assert_eq!(bench.egress("eni-1", "udp 10.0.1.5:53 > 198.51.100.9:40000"), REFUSED);
    assert!(bench.connections.is_empty());
}

#[test]
fn a_bare_ack_of_the_responder_establishes_from_the_next_second_on() {
    let mut bench = bench();
    bench.ingress("eni-1", SYN);

    assert_eq!(bench.reuse("eni-1", Direction::Egress, ANSWER), Reuse::Never);
    bench.wait(1);
    assert_eq!(bench.reuse("eni-1", Direction::Egress, ANSWER), Reuse::WithinTick);
}

#[test]
fn the_syn_ack_establishes_at_once() {
    let mut bench = bench();
    bench.ingress("eni-1", SYN);
    bench.egress("eni-1", SYN_ACK);

    assert_eq!(bench.reuse("eni-1", Direction::Ingress, ACK), Reuse::WithinTick);
}

#[test]
fn an_ack_of_the_initiator_establishes_nothing() {
    let mut bench = bench();
    bench.ingress("eni-1", SYN);
    bench.wait(1);

    assert_eq!(bench.reuse("eni-1", Direction::Ingress, ACK), Reuse::Never);
}

#[test]
fn a_closing_connection_lasts_two_seconds_whatever_passes_on_it() {
    for (last, alive) in [(2, true), (3, false)] {
        let mut bench = bench();
        bench.handshake();
        bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 R");
        bench.wait(1);
        assert_eq!(bench.reuse("eni-1", Direction::Egress, ANSWER), Reuse::Never);
        bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 RA");
        bench.wait(last - 1);

        let late = bench.egress("eni-1", ANSWER);

        assert_eq!(late.starts_with("ACCEPT tracked:sgr-ssh"), alive, "{last}: {late}");
    }
}

#[test]
fn one_fin_closes_half_and_two_close_the_connection() {
    let mut bench = bench();
    bench.handshake();

    bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 FA");
    bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 FA");
    bench.wait(100);
    assert_eq!(bench.egress("eni-1", ANSWER), "ACCEPT tracked:sgr-ssh dst");

    bench.egress("eni-1", "tcp 10.0.1.5:22 > 198.51.100.9:40000 FA");
    bench.wait(3);
    assert_eq!(bench.egress("eni-1", ANSWER), REFUSED);
}

#[test]
fn a_syn_reopens_a_closing_connection_only_if_it_is_allowed() {
    let mut bench = bench();
    bench.handshake();
    bench.egress("eni-1", "tcp 10.0.1.5:22 > 198.51.100.9:40000 R");

    let own = bench.egress("eni-1", "tcp 10.0.1.5:22 > 198.51.100.9:40000 S");
    assert_eq!(own, "REJECT implicit-deny:sg-a src");
    assert_eq!(bench.egress("eni-1", ANSWER), "ACCEPT tracked:sgr-ssh dst");

    assert_eq!(bench.ingress("eni-1", SYN), "ACCEPT sgr-ssh src");
    bench.wait(60);
    assert_eq!(bench.egress("eni-1", SYN_ACK), "ACCEPT tracked:sgr-ssh dst");
}

#[test]
fn a_syn_that_goes_untracked_ends_the_connection_that_was_closing() {
    let network = |peer: &str, egress: &[&str]| {
        let mut network = Network::default();
        let vpc = network.vpc("10.0.0.0/16");
        let subnet = network.subnet(vpc, "10.0.1.0/24", None);
        let group = network.group("sg-a", &[&format!("sgr-{} tcp 22 {peer}", peer.len())], egress);
        network.interface("eni-1", subnet, "10.0.1.5", &[group]);
        network
    };
    let mut bench = Bench::new(network("198.51.100.0/24", &[]));
    bench.handshake();
    bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 R");
    bench.change(network("0.0.0.0/0", &["sgr-out any * 0.0.0.0/0"]));

    assert_eq!(bench.ingress("eni-1", ACK), "ACCEPT tracked:sgr-15 src");
    assert_eq!(bench.ingress("eni-1", SYN), "ACCEPT sgr-9 src");
    assert_eq!(bench.ingress("eni-1", ACK), "ACCEPT sgr-9 -");
    assert!(bench.connections.is_empty());
}

#[test]
fn a_syn_on_an_established_connection_is_tracked() {
    let mut bench = bench();
    bench.handshake();

    let own = bench.egress("eni-1", "tcp 10.0.1.5:22 > 198.51.100.9:40000 S");

    assert_eq!(own, "ACCEPT tracked:sgr-ssh dst");
}

#[test]
fn a_reset_opens_nothing_and_a_packet_from_the_middle_does() {
    let mut bench = bench();

    let reset = bench.ingress("eni-1", "tcp 198.51.100.9:40000 > 10.0.1.5:22 R");
    assert_eq!(reset, "ACCEPT sgr-ssh -");
    assert!(bench.connections.is_empty());

    assert_eq!(bench.ingress("eni-1", ACK), "ACCEPT sgr-ssh src");
    bench.wait(1_000);
    assert_eq!(bench.egress("eni-1", ANSWER), "ACCEPT tracked:sgr-ssh dst");
}

#[test]
fn udp_becomes_a_stream_when_both_directions_were_seen_in_two_seconds() {
    let request = "udp 198.51.100.9:40000 > 10.0.1.5:53";
    let answer = "udp 10.0.1.5:53 > 198.51.100.9:40000";
    let mut bench = bench();
    bench.ingress("eni-1", request);
    bench.egress("eni-1", answer);
    bench.egress("eni-1", answer);
    bench.ingress("eni-1", request);
    bench.wait(31);
    assert_eq!(bench.egress("eni-1", answer), REFUSED);

    bench.ingress("eni-1", request);
    bench.egress("eni-1", answer);
    bench.wait(1);
    bench.ingress("eni-1", request);
    bench.egress("eni-1", answer);
    bench.wait(180);
    assert_eq!(bench.egress("eni-1", answer), "ACCEPT tracked:sgr-dns dst");
    bench.wait(181);
    assert_eq!(bench.egress("eni-1", answer), REFUSED);
}

#[test]
fn a_request_of_the_other_side_is_no_reply() {
    let mut bench = bench();
    let request = bench.ingress("eni-1", "icmp 198.51.100.9 > 10.0.1.5 8/0 7");
    let own = bench.egress("eni-1", "icmp 10.0.1.5 > 198.51.100.9 8/0 7");
    let other_id = bench.egress("eni-1", "icmp 10.0.1.5 > 198.51.100.9 0/0 8");
    let reply = bench.egress("eni-1", "icmp 10.0.1.5 > 198.51.100.9 0/0 7");

    assert_eq!(request, "ACCEPT sgr-ping src");
    assert_eq!(own, REFUSED);
    assert_eq!(other_id, REFUSED);
    assert_eq!(reply, "ACCEPT tracked:sgr-ping dst");
    bench.wait(31);
    assert_eq!(bench.egress("eni-1", "icmp 10.0.1.5 > 198.51.100.9 0/0 7"), REFUSED);
}

#[test]
fn an_error_about_a_live_connection_is_related_to_it() {
    let mut bench = bench();
    let eni = bench.book.interface_index("eni-1").unwrap();
    let error = |from: &str| packet(&format!("icmp {from} > 10.0.1.5 3/4"));
    let judge = |bench: &mut Bench, from: &str, quoted: &str| {
        let error = quoting(error(from), quoted);
        let judgement = bench.ruleset.evaluate(
            &mut bench.connections,
            &error,
            eni,
            Direction::Ingress,
            bench.tick,
        );
        bench.text(judgement)
    };

    assert_eq!(judge(&mut bench, "192.0.2.1", SYN_ACK), "REJECT implicit-deny:sg-a -");
    bench.ingress("eni-1", SYN);
    assert_eq!(judge(&mut bench, "192.0.2.1", SYN_ACK), "ACCEPT tracked:sgr-ssh -");
    assert_eq!(judge(&mut bench, "198.51.100.9", SYN_ACK), "ACCEPT tracked:sgr-ssh src");
    // What this interface received it cannot have sent.
    assert_eq!(judge(&mut bench, "192.0.2.1", SYN), "REJECT implicit-deny:sg-a -");

    // The error did not keep the connection alive.
    bench.wait(50);
    judge(&mut bench, "192.0.2.1", SYN_ACK);
    bench.wait(11);
    assert_eq!(judge(&mut bench, "192.0.2.1", SYN_ACK), "REJECT implicit-deny:sg-a -");
}

#[test]
fn other_protocols_are_tracked_by_address_for_ten_minutes() {
    let mut bench = bench();
    let request = bench.ingress("eni-1", "132 198.51.100.9:1000 > 10.0.1.5:2000");
    bench.wait(600);

    // Another association between the same two.
    let answer = bench.egress("eni-1", "132 10.0.1.5:3000 > 198.51.100.9:4000");
    bench.wait(601);
    let late = bench.egress("eni-1", "132 10.0.1.5:2000 > 198.51.100.9:1000");

    assert_eq!(request, "ACCEPT sgr-sctp src");
    assert_eq!(answer, "ACCEPT tracked:sgr-sctp dst");
    assert_eq!(late, REFUSED);
}

#[test]
fn a_fragment_without_known_ports_matches_rules_for_all_ports_alone() {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let subnet = network.subnet(vpc, "10.0.1.0/24", None);
    let low = network.group("sg-low", &["sgr-low udp 0-1024 0.0.0.0/0"], &[]);
    let all = network.group("sg-all", &["sgr-all udp 0-65535 0.0.0.0/0"], &[]);
    network.interface("eni-1", subnet, "10.0.1.5", &[low]);
    network.interface("eni-2", subnet, "10.0.1.6", &[all]);
    let mut bench = Bench::new(network);
    let from = "udp 198.51.100.9:0 >";

    let low = bench.ingress("eni-1", &format!("{from} 10.0.1.5:0 later"));
    let all = bench.ingress("eni-2", &format!("{from} 10.0.1.6:0 later"));
    let whole = bench.ingress("eni-1", &format!("{from} 10.0.1.5:0"));

    assert_eq!(low, "REJECT implicit-deny:sg-low - sgr-low:port");
    assert_eq!(all, "ACCEPT sgr-all -");
    assert_eq!(whole, "ACCEPT sgr-low src");
    // Of a flow that both kinds of packet share no verdict is kept.
    let text = format!("{from} 10.0.1.5:0");
    assert_eq!(bench.reuse("eni-1", Direction::Ingress, &text), Reuse::Never);
}

#[test]
fn an_allowance_refuses_new_connections_of_its_interface_alone() {
    let mut bench = bench();
    bench.connections = ConnectionTable::new(1000, Some(2));
    let request = |port: u16| format!("udp 198.51.100.9:{port} > 10.0.1.5:53");
    bench.ingress("eni-1", &request(1));
    bench.ingress("eni-1", &request(2));

    let third = bench.ingress("eni-1", &request(3));
    let known = bench.ingress("eni-1", &request(2));
    assert_eq!(third, "REJECT conntrack-allowance -");
    assert_eq!(known, "ACCEPT tracked:sgr-dns src");
    assert_eq!(bench.reuse("eni-1", Direction::Ingress, &request(3)), Reuse::Never);

    // As soon as one expires there is room for another.
    bench.wait(20);
    bench.ingress("eni-1", &request(2));
    bench.wait(11);
    assert_eq!(bench.ingress("eni-1", &request(3)), "ACCEPT sgr-dns src");
    assert_eq!(bench.connections.len(), 2);
}

#[test]
fn what_was_open_before_is_let_on_and_outlives_the_grace() {
    let mut bench = bench();
    bench.connections.let_on_until(Tick(bench.tick.0 + 60));
    let data = "tcp 198.51.100.9:40000 > 10.0.1.5:8080 A";
    let syn = "tcp 198.51.100.9:40001 > 10.0.1.5:8080 S";

    assert_eq!(bench.ingress("eni-1", data), "ACCEPT enforcement-grace src");
    assert!(bench.ingress("eni-1", syn).starts_with("REJECT implicit-deny:"));
    // A refusal of its opening does not stand for what goes on.
    let refused = bench.reuse("eni-1", Direction::Ingress, syn);
    assert_eq!(refused, Reuse::RulesOnly);
    bench.wait(60);
    assert_eq!(bench.ingress("eni-1", data), "ACCEPT tracked:enforcement-grace src");
    let answer = "tcp 10.0.1.5:8080 > 198.51.100.9:40000 A";
    assert_eq!(bench.egress("eni-1", answer), "ACCEPT tracked:enforcement-grace dst");
    let late = "tcp 198.51.100.9:40002 > 10.0.1.5:8080 A";
    assert!(bench.ingress("eni-1", late).starts_with("REJECT implicit-deny:"));
}

#[test]
fn without_an_allowance_a_full_table_accepts_untracked_and_counts() {
    let mut bench = bench();
    bench.connections = ConnectionTable::new(1, None);
    bench.ingress("eni-1", "udp 198.51.100.9:1 > 10.0.1.5:53");

    let second = bench.ingress("eni-1", "udp 198.51.100.9:2 > 10.0.1.5:53");
    let answer = bench.egress("eni-1", "udp 10.0.1.5:53 > 198.51.100.9:2");

    assert_eq!(second, "ACCEPT sgr-dns -");
    assert_eq!(answer, REFUSED);
    assert_eq!(bench.connections.untracked_for_lack_of_room(), 1);
    // The next one may find room.
    let third = bench.reuse("eni-1", Direction::Ingress, "udp 198.51.100.9:3 > 10.0.1.5:53");
    assert_eq!(third, Reuse::Never);

    bench.wait(31);
    assert_eq!(bench.ingress("eni-1", "udp 198.51.100.9:2 > 10.0.1.5:53"), "ACCEPT sgr-dns src");
    assert_eq!(bench.connections.len(), 1);
}

#[test]
fn the_dead_make_room_before_a_table_grows() {
    let mut bench = bench();
    bench.connections = ConnectionTable::new(1_000_000, None);
    for round in 0..50 {
        for port in 1..200_u16 {
            bench.ingress("eni-1", &format!("udp 198.51.100.{round}:{port} > 10.0.1.5:53"));
        }
        bench.wait(31);
    }

    assert!(bench.connections.len() < 1_000, "{}", bench.connections.len());
}

#[test]
fn a_clock_that_runs_on_for_a_century_keeps_connections_apart() {
    let mut bench = bench();
    bench.handshake();
    bench.wait(1 << 31);
    assert_eq!(bench.egress("eni-1", ANSWER), REFUSED);

    bench.handshake();
    bench.wait((1 << 31) - 10);
    bench.handshake();
    bench.wait(20);
    assert_eq!(bench.egress("eni-1", ANSWER), "ACCEPT tracked:sgr-ssh dst");
    bench.tick = Tick(u64::MAX);
    assert_eq!(bench.egress("eni-1", ANSWER), REFUSED);
}

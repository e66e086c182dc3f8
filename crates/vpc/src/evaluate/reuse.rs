//! How long verdicts may stand (semantics.md 7).

use crate::testing::{Bench, Network, packet};
use crate::{Action, Decision, Direction, Judgement, Reuse, Verdict};

fn bench() -> Bench {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let acl = network.acl("acl-1", &["100 allow any * 0.0.0.0/0"], &["100 allow tcp * 0.0.0.0/0"]);
    let subnet = network.subnet(vpc, "10.0.1.0/24", Some(acl));
    let group = network.group(
        "sg-a",
        &["sgr-web tcp 80 0.0.0.0/0", "sgr-ping icmp */* 0.0.0.0/0", "sgr-gre 47 * 0.0.0.0/0"],
        &["sgr-out any * 0.0.0.0/0"],
    );
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    Bench::new(network)
}

fn reuse(text: &str) -> Reuse {
    let direction =
        if text.contains("> 10.0.1.5") { Direction::Ingress } else { Direction::Egress };
    bench().reuse("eni-1", direction, text)
}

#[test]
fn an_accepted_untracked_packet_stands_for_its_tick() {
    assert_eq!(reuse("tcp 192.0.2.1:40000 > 10.0.1.5:80 A"), Reuse::WithinTick);
}

#[test]
fn a_packet_that_opens_or_ends_something_stands_for_itself() {
    for flags in ["S", "SA", "FA", "R", "RA"] {
        let text = format!("tcp 192.0.2.1:40000 > 10.0.1.5:80 {flags}");
        assert_eq!(reuse(&text), Reuse::Never, "{flags}");
    }
}

#[test]
fn icmp_and_other_protocols_are_judged_packet_by_packet() {
    assert_eq!(reuse("icmp 192.0.2.1 > 10.0.1.5 8/0 1"), Reuse::Never);
    assert_eq!(reuse("47 192.0.2.1 > 10.0.1.5"), Reuse::Never);
    assert_eq!(reuse("50 192.0.2.1 > 10.0.1.5"), Reuse::Never);
}

#[test]
fn a_refusal_of_tcp_or_udp_saves_the_rules() {
    assert_eq!(reuse("tcp 192.0.2.1:40000 > 10.0.1.5:22 S"), Reuse::RulesOnly);
    // By the network ACL.
    assert_eq!(reuse("udp 10.0.1.5:53 > 192.0.2.1:40000"), Reuse::RulesOnly);
}

#[test]
fn a_refused_flow_passes_as_soon_as_it_belongs_to_a_connection() {
    let mut bench = bench();
    let text = "tcp 192.0.2.1:443 > 10.0.1.5:40000 A";
    let eni = bench.book.interface_index("eni-1").unwrap();
    let Judgement::Decided(refused) = bench.judge("eni-1", Direction::Ingress, text) else {
        panic!("not decided");
    };
    let again = |bench: &mut Bench| {
        bench.ruleset.evaluate_refused(
            &mut bench.connections,
            &packet(text),
            eni,
            Direction::Ingress,
            bench.tick,
            refused.decision,
        )
    };

    assert_eq!(again(&mut bench), Judgement::Decided(refused));
    bench.egress("eni-1", "tcp 10.0.1.5:40000 > 192.0.2.1:443 A");
    let judgement = again(&mut bench);
    assert_eq!(bench.text(judgement), "ACCEPT tracked:sgr-out dst");
}

#[test]
fn a_refused_answer_does_not_stand_for_what_follows_its_connection() {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16");
    let acl = network.acl("acl-1", &["100 allow any * 0.0.0.0/0"], &[]);
    let subnet = network.subnet(vpc, "10.0.1.0/24", Some(acl));
    let group = network.group("sg-a", &["sgr-dns udp 53 0.0.0.0/0"], &[]);
    network.interface("eni-1", subnet, "10.0.1.5", &[group]);
    let mut bench = Bench::new(network);
    let answer = "udp 10.0.1.5:53 > 192.0.2.1:40000";
    bench.ingress("eni-1", "udp 192.0.2.1:40000 > 10.0.1.5:53");

    assert_eq!(bench.egress("eni-1", answer), "REJECT acl-1:egress:* dst");
    assert_eq!(bench.reuse("eni-1", Direction::Egress, answer), Reuse::Never);
    bench.wait(31);
    assert_eq!(bench.egress("eni-1", answer), "REJECT implicit-deny:sg-a -");
    assert_eq!(bench.reuse("eni-1", Direction::Egress, answer), Reuse::RulesOnly);
}

#[test]
fn tracked_and_opening_packets_rest_on_the_same_ground() {
    let mut bench = bench();
    let mut decision = |direction, text| -> Decision {
        let judgement = bench.judge("eni-1", direction, text);
        let Judgement::Decided(Verdict { action: Action::Accept, decision, .. }) = judgement else {
            panic!("{judgement:?}");
        };
        decision
    };

    let opening = decision(Direction::Egress, "tcp 10.0.1.5:40000 > 192.0.2.1:443 S");
    let answer = decision(Direction::Ingress, "tcp 192.0.2.1:443 > 10.0.1.5:40000 SA");

    assert_ne!(opening, answer);
    assert!(answer.rests_on_same_ground(&opening));
}

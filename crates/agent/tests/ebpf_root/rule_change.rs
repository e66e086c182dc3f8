//! Rules are replaced while packets come.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use flowlogd_agent::capture::ebpf::layout::{GROUND_MASK, TRACKED, V6, counter, mark};
use flowlogd_vpc::{Ground, GroundIndex, RuleBook};

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules::{self, Acl};
use crate::stand::{End, Over, Stand, say};
use crate::sums::{ACCEPT, REJECT};
use crate::wire::{GUEST_V4, GUEST_V6, Wire};

const CHANGES: u16 = 250;
/// Of another subnet: inside the guest's own no network ACL is asked.
const PEER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// Even generations allow, odd ones deny. Rules that are in force when an epoch begins are those of before, and all
/// packets after their replacement is done are judged by the next.
#[test]
fn every_packet_is_judged_by_the_rules_before_or_after_a_change_and_none_is_lost() {
    as_root(|| {
        let wire = Wire::new();
        let mut book = RuleBook::default();
        let [allow, deny] = [Acl::Allow, Acl::Deny]
            .map(|acl| rules::compile(&mut book, 1, rules::OPEN, acl).pop().expect("rules"));
        let mut stand = Stand::new(std::slice::from_ref(&allow));
        stand.watch(&wire, 0, End::Host);
        wire.up();
        wire.lengthen();
        let (guest, guest_end) = (&wire.guest, wire.guest_end);
        let src_v6: Ipv6Addr = GUEST_V6.parse().expect("an address");
        let (is_over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        // Without ports no verdict is kept: each packet is judged by itself.
        let short: Vec<_> = (0..64)
            .map(|port| if port < 32 { (1000 + port, 53) } else { (0, 0) })
            .map(|(src, dst)| frame::udp(&[], (GUEST_V4, src), (PEER, dst), 10))
            .collect();
        let lengthy: Vec<_> = (1..5)
            .map(|peer| {
                frame::lengthy(
                    (src_v6, 0),
                    (Ipv6Addr::new(0xfd88, 0, 0, 0, 0, 0, 0, peer), 0),
                    2000,
                )
            })
            .collect();
        let mut by_generation = vec![0; usize::from(CHANGES) + 1];

        thread::scope(|scope| {
            let _over = Over(&is_over);
            for frames in [&short, &lengthy] {
                let (is_over, sent) = (&is_over, &sent);
                scope.spawn(move || {
                    let flood = guest.run(|| Flood::open(Way::Direct));
                    while !is_over.load(Ordering::Relaxed) {
                        flood.send(guest_end, frames);
                        sent.fetch_add(frames.len() as u64, Ordering::Relaxed);
                    }
                });
            }
            stand.take();
            for generation in 1..=CHANGES {
                let rules = if generation % 2 == 0 { &allow } else { &deny };
                stand.plane.set_rules(0, generation, rules, false).expect("rules");
                let counted = stand.take();
                for (key, flow) in &counted.flows {
                    let first = flow.generation;
                    assert!(
                        first == generation || first + 1 == generation,
                        "{first} in {generation}"
                    );
                    by_generation[usize::from(first)] += flow.packets;
                    let expected = if first % 2 == 0 { ACCEPT } else { REJECT };
                    assert_eq!(key.action, expected, "of generation {first}");
                    assert_eq!(flow.ground & TRACKED, 0);
                    assert_eq!(
                        flow.marks & mark::MIXED,
                        0,
                        "one ground in all of a flow's packets"
                    );
                    let ground = book.ground(GroundIndex(flow.ground & GROUND_MASK)).expect("one");
                    let belongs = match ground {
                        Ground::SecurityGroupRule(_) => expected == ACCEPT,
                        Ground::NetworkAclEntry(entry) => {
                            let number = if key.family == V6 { 101 } else { 100 };
                            expected == REJECT && *entry == format!("acl-1:egress:{number}")
                        }
                        Ground::ImplicitDeny(_)
                        | Ground::ConnectionAllowance
                        | Ground::Grace
                        | Ground::NoRules
                        | Ground::NeverFiltered => false,
                    };
                    assert!(belongs, "{ground} in generation {first}");
                }
            }
        });

        let device = stand.take_all_at_host(&wire);
        let sums = &stand.sums;
        let sent = sent.into_inner();
        assert_eq!(device.received, sent);
        sums.assert_frames(0, &device);
        sums.assert_closed(0);
        assert_eq!(sums.of(|_| true).packets, sent);
        let of = |action| sums.of(|kind| kind.action == action).packets;
        assert_eq!(sums.count(0, counter::ACCEPTED), of(ACCEPT));
        assert_eq!(sums.count(0, counter::REJECTED), of(REJECT));
        let missed = by_generation.iter().filter(|packets| **packets == 0).count();
        say(&format!(
            "rule change: sent {sent}, counted {sent}, changes {CHANGES}, without packets {missed}"
        ));
        assert!(missed < usize::from(CHANGES) / 2, "packets came all the while");
    });
}

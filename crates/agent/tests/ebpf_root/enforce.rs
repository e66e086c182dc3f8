//! What is refused is dropped while rules are enforced, and counted as ever.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use flowlogd_agent::capture::ebpf::SlotRules;
use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_vpc::{FlatRules, RuleBook};

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules::{self, Acl};
use crate::stand::{End, Over, Stand, say};
use crate::sums::{ACCEPT, REJECT};
use crate::wire::{GUEST_V4, HOST_MAC, Wire, of_protocol};

const CHANGES: u16 = 200;

fn put(stand: &mut Stand, rules: &FlatRules, generation: u16, is_enforced: bool) {
    let rules =
        SlotRules { slot: 0, generation, rules, has_allowance: false, is_enforced, grace_until: 0 };
    let refused = stand.plane.set_rules_of_all(&[rules]).expect("rules");
    assert!(refused.is_empty());
}

/// Nobody's address, so that nobody answers: the host takes packets to it in, and forwards nothing.
const NOBODY: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 99);

/// A packet of the guest to a port, by way of the host's device.
fn udp(source: u16, port: u16) -> Vec<u8> {
    let mut frame = frame::udp(&[], (GUEST_V4, source), (NOBODY, port), 10);
    frame[..6].copy_from_slice(&HOST_MAC);
    frame
}

/// A guest behind a cable, whose packets to port 9999 no rule allows.
fn guest() -> (Wire, FlatRules, Stand) {
    let wire = Wire::new();
    let compiled = rules::compile(&mut RuleBook::default(), 1, rules::OPEN_BUT_9999, Acl::Allow);
    let mut stand = Stand::new(&compiled);
    stand.watch(&wire, 0, End::Host);
    wire.up();
    (wire, compiled[0].clone(), stand)
}

/// What the host's IP has received of the guest.
fn arrived(wire: &Wire) -> u64 {
    of_protocol(&wire.host, "Ip", "InReceives")
}

#[test]
fn between_observing_and_enforcing_no_packet_and_no_count_is_lost() {
    as_root(|| {
        let (wire, rules, mut stand) = guest();
        let guest_end = wire.guest_end;
        let frames: Vec<_> =
            (0..64).map(|n| udp(2000 + n, if n % 2 == 0 { 53 } else { 9999 })).collect();
        let (is_over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let before = arrived(&wire);

        thread::scope(|scope| {
            let _over = Over(&is_over);
            let (guest, is_over, sent, frames) = (&wire.guest, &is_over, &sent, &frames);
            scope.spawn(move || {
                let flood = guest.run(|| Flood::open(Way::Direct));
                while !is_over.load(Ordering::Relaxed) {
                    flood.send(guest_end, frames);
                    sent.fetch_add(frames.len() as u64, Ordering::Relaxed);
                }
            });
            for generation in 1..=CHANGES {
                put(&mut stand, &rules, generation, generation % 2 == 0);
                stand.take();
            }
        });

        let device = stand.take_all_at_host(&wire);
        let sent = sent.into_inner();
        assert_eq!(device.received, sent);
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_closed(0);
        let of = |action| stand.sums.of(|kind| kind.action == action).packets;
        assert_eq!((of(ACCEPT), of(REJECT)), (sent / 2, sent / 2));
        let dropped = stand.sums.count(0, counter::DROPPED);
        let passed = arrived(&wire) - before;
        say(&format!(
            "enforcing: sent {sent}, dropped {dropped}, arrived {passed}, changes {CHANGES}"
        ));
        assert_eq!(sent - dropped, passed);
        assert!(0 < dropped && dropped < sent / 2, "some were refused while nothing was enforced");
    });
}

#[test]
fn while_rules_are_enforced_nothing_that_they_refuse_arrives() {
    as_root(|| {
        let (wire, rules, mut stand) = guest();
        put(&mut stand, &rules, 1, true);
        // What is cut off cannot be judged.
        let torn = udp(2000, 53)[..24].to_vec();
        let frames = [udp(2000, 53), udp(2000, 9999), torn];
        let before = arrived(&wire);

        let flood = wire.guest.run(|| Flood::open(Way::Direct));
        for _ in 0..1000 {
            flood.send(wire.guest_end, &frames);
        }

        let device = stand.take_all_at_host(&wire);
        assert_eq!(device.received, 3000);
        assert_eq!(arrived(&wire) - before, 1000);
        assert_eq!(stand.sums.count(0, counter::DROPPED), 2000);
        assert_eq!(stand.sums.count(0, counter::REJECTED), 1000);
        stand.sums.assert_closed(0);
    });
}

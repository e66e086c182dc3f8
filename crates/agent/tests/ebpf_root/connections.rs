//! More connections than an interface may have.

use flowlogd_agent::capture::ebpf::layout::{GROUND_MASK, counter};
use flowlogd_vpc::RuleBook;

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules::{self, Acl};
use crate::stand::{End, Stand};
use crate::sums::{ACCEPT, REJECT, Tally};
use crate::wire::{GUEST_V4, HOST_V4, Wire};

const ALLOWANCE: u32 = 100;

fn send(wire: &Wire, connections: u16, times: u16) {
    let frames: Vec<_> = (0..connections)
        .map(|flow| frame::udp(&[], (GUEST_V4, 1000 + flow), (HOST_V4, 53), 20))
        .collect();
    let guest_end = wire.guest_end;
    wire.guest.run(|| {
        let flood = Flood::open(Way::Direct);
        for _ in 0..times {
            flood.send(guest_end, &frames);
        }
    });
}

#[test]
fn an_allowance_that_is_used_up_refuses_what_is_new_and_the_neighbour_feels_nothing() {
    as_root(|| {
        let wires = [Wire::new(), Wire::new()];
        let rules = rules::compile(&mut RuleBook::default(), 2, rules::TRACKED, Acl::Allow);
        let mut stand = Stand::new(&rules);
        for (slot, wire) in (0..).zip(&wires) {
            stand.plane.open_slot(slot, ALLOWANCE).expect("a slot");
            stand.plane.set_rules(slot, 1, &rules[slot as usize], true).expect("rules");
            stand.watch(wire, slot, End::Host);
            wire.up();
        }

        send(&wires[0], 2000, 2);
        send(&wires[1], 100, 2);

        let counted = stand.take();
        let sums = &stand.sums;
        sums.assert_closed(0);
        sums.assert_closed(1);
        let of = |slot, action| sums.of(|kind| (kind.slot, kind.action) == (slot, action));
        let allowed = u64::from(ALLOWANCE);
        assert_eq!(
            of(0, ACCEPT),
            Tally { flows: allowed, packets: 2 * allowed, bytes: 2 * allowed * 48 }
        );
        assert_eq!(of(0, REJECT).packets, 2 * (2000 - allowed));
        assert_eq!(sums.count(0, counter::ALLOWANCE), 2 * (2000 - allowed));
        let refused = counted.flows.iter().filter(|(key, _)| key.action == REJECT);
        for (_, flow) in refused {
            assert_eq!(flow.ground & GROUND_MASK, rules[0].allowance.0);
        }
        assert_eq!(of(1, ACCEPT).packets, 200);
        assert_eq!((of(1, REJECT).packets, sums.count(1, counter::ALLOWANCE)), (0, 0));
        assert_eq!(stand.plane.sweep(0).expect("swept"), allowed);
        assert_eq!(stand.plane.sweep(1).expect("swept"), 100);
    });
}

#[test]
fn without_an_allowance_what_finds_no_room_is_accepted_and_counted_as_untracked() {
    as_root(|| {
        let wire = Wire::new();
        let rules = rules::compile(&mut RuleBook::default(), 1, rules::TRACKED, Acl::Allow);
        let mut stand = Stand::new(&rules);
        stand.plane.open_slot(0, ALLOWANCE).expect("a slot");
        stand.watch(&wire, 0, End::Host);
        wire.up();

        send(&wire, 1000, 1);

        stand.take();
        stand.sums.assert_closed(0);
        assert_eq!(stand.sums.of(|kind| kind.action == ACCEPT).packets, 1000);
        assert_eq!(stand.sums.count(0, counter::UNTRACKED), 1000 - u64::from(ALLOWANCE));
        assert_eq!(stand.sums.count(0, counter::ALLOWANCE), 0);
    });
}

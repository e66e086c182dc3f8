//! More flows than there is room for.

use flowlogd_agent::capture::ebpf::layout::{OVERFLOW_EVENTS, counter};
use flowlogd_vpc::RuleBook;

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules::{self, Acl};
use crate::stand::{End, Stand, options, sizes};
use crate::sums::{ACCEPT, REJECT, Tally};
use crate::wire::{GUEST_V4, HOST_V4, Wire};

/// Flows that a table holds.
const FLOWS: u32 = 512;

fn send(wire: &Wire, first: u16, count: u16, dstport: u16, times: u16) {
    let frames: Vec<_> = (0..count)
        .map(|flow| frame::udp(&[], (GUEST_V4, first + flow), (HOST_V4, dstport), 20))
        .collect();
    let guest_end = wire.guest_end;
    wire.guest.run(|| {
        let flood = Flood::open(Way::Direct);
        for _ in 0..times {
            flood.send(guest_end, &frames);
        }
    });
}

fn stand_of(slots: usize, groups: &str) -> (Vec<Wire>, Stand) {
    let wires: Vec<Wire> = (0..slots).map(|_| Wire::new()).collect();
    let count = u32::try_from(slots).expect("few");
    let rules = rules::compile(&mut RuleBook::default(), count, groups, Acl::Allow);
    let mut stand = Stand::with(options(sizes(FLOWS), None), &rules);
    for (slot, wire) in (0..).zip(&wires) {
        stand.watch(wire, slot, End::Host);
        wire.up();
    }
    // The next epoch knows how many share its tables.
    stand.take();
    stand.take();
    (wires, stand)
}

#[test]
fn who_fills_the_tables_takes_nothing_of_the_neighbours_share() {
    as_root(|| {
        let (wires, mut stand) = stand_of(2, rules::OPEN);
        let share = u64::from(FLOWS) / 4;
        let known = share - share / 16;

        send(&wires[0], 1000, 20_000, 53, 2);
        send(&wires[1], 1000, u16::try_from(known).expect("few"), 53, 3);

        stand.take();
        let sums = &stand.sums;
        sums.assert_closed(0);
        sums.assert_closed(1);
        let of = |slot| sums.of(|kind| kind.slot == slot);
        let alone = |slot| sums.alone(|kind| kind.slot == slot);
        assert_eq!(of(1), Tally { flows: known, packets: 3 * known, bytes: 3 * known * 48 });
        assert_eq!((alone(1).packets, sums.count(1, counter::LOST)), (0, 0));
        // What is anybody's, and a share of the rest.
        let events = u64::from(OVERFLOW_EVENTS);
        assert_eq!(of(0).flows, u64::from(FLOWS) / 2 * 15 / 16 + known);
        assert_eq!(alone(0).packets, events / 2 + events / 4);
        assert!(sums.count(0, counter::LOST) > 0);
        assert_eq!(sums.count(0, counter::SEEN), 40_000);
    });
}

/// Events too are shared: who finds no room in the table finds some there.
#[test]
fn the_neighbours_single_packets_have_a_share_too() {
    as_root(|| {
        let (wires, mut stand) = stand_of(2, rules::OPEN);

        send(&wires[0], 1000, 30_000, 53, 1);
        send(&wires[1], 1000, 1000, 53, 2);

        stand.take();
        let sums = &stand.sums;
        sums.assert_closed(0);
        sums.assert_closed(1);
        assert_eq!(sums.count(1, counter::LOST), 0);
        let (flows, alone) = (sums.of(|kind| kind.slot == 1), sums.alone(|kind| kind.slot == 1));
        assert_eq!(flows.packets + alone.packets, 2000);
        assert!(sums.count(0, counter::LOST) > 0);
    });
}

#[test]
fn one_interface_alone_has_all_the_room_there_is() {
    as_root(|| {
        let (wires, mut stand) = stand_of(1, rules::OPEN);

        send(&wires[0], 1000, 30_000, 53, 1);

        stand.take();
        stand.sums.assert_closed(0);
        let flows = u64::from(FLOWS);
        assert_eq!(stand.sums.of(|_| true).flows, flows - flows / 16);
        assert_eq!(stand.sums.alone(|_| true).packets, u64::from(OVERFLOW_EVENTS));
    });
}

/// Some room is kept for what is refused, however much is accepted.
#[test]
fn refused_flows_find_room_when_accepted_ones_have_filled_theirs() {
    as_root(|| {
        for slots in [1, 2] {
            let (wires, mut stand) = stand_of(slots, rules::OPEN_BUT_9999);

            send(&wires[0], 1000, 5_000, 53, 1);
            send(&wires[0], 1000, 5, 9999, 4);

            stand.take();
            stand.sums.assert_closed(0);
            let of = |action| stand.sums.of(|kind| kind.action == action);
            assert!(of(ACCEPT).flows >= u64::from(FLOWS) / 4);
            assert_eq!(
                of(REJECT),
                Tally { flows: 5, packets: 20, bytes: 20 * 48 },
                "{slots} slots"
            );
        }
    });
}

/// An epoch that was full leaves nothing to the next but one.
#[test]
fn tables_that_were_full_are_empty_again() {
    as_root(|| {
        let (wires, mut stand) = stand_of(1, rules::OPEN);

        for round in 0..4 {
            send(&wires[0], 1000, 30_000, 53, 1);
            let counted = stand.take();
            assert_eq!(counted.flows.len() as u64, u64::from(FLOWS) * 15 / 16, "round {round}");
            assert_eq!(counted.events.len() as u64, u64::from(OVERFLOW_EVENTS), "round {round}");
        }

        stand.sums.assert_closed(0);
        assert_eq!(stand.sums.count(0, counter::SEEN), 120_000);
    });
}

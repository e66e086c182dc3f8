//! What the kernel's tables have counted → flows of windows and books.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use flowlogd_flowlog::{FlowKey, Gathered, Generation, Tally, WindowFlows};
use flowlogd_packet::{Addresses, Fragment, Icmp, PacketHeader};
use flowlogd_vpc::{
    Action, Decision, Direction, Exclusion, Ground, GroundIndex, Initiator, InterfaceIndex,
};

use crate::capture::ebpf::Counted;
use crate::capture::ebpf::layout::{
    self, Address, Counters, GROUND_MASK, TRACKED, V4, counter, mark,
};
use crate::counter::Drained;
use crate::ledger::InterfaceLedger;
use crate::timeline::Timeline;

/// Which interface a slot is of.
pub(crate) type Slots = BTreeMap<u32, InterfaceIndex>;

/// Puts flows and counters of an epoch into the engine's form. What is of a slot that nobody knows is left out; there is
/// none unless tables and journal are not of the same run. Without a timeline flows are unjudged.
pub(crate) fn drained(counted: &Counted, slots: &Slots, timeline: Option<&Timeline>) -> Drained {
    let events = counted.events.iter().map(|event| (&event.key, &event.flow));
    let flows = counted.flows.iter().map(|(key, flow)| (key, flow));
    let mut windows: BTreeMap<u64, Vec<(FlowKey, Tally)>> = BTreeMap::new();
    for (key, flow) in flows.chain(events) {
        let Some(interface) = slots.get(&key.slot.into()) else { continue };
        let named = flow_key(key, *interface);
        let tally = Tally::gathered(&gathered(&named, flow, timeline));
        windows.entry(key.window.into()).or_default().push((named, tally));
    }
    let mut table: BTreeMap<u64, WindowFlows> =
        windows.into_iter().map(|(window, flows)| (window, WindowFlows::gather(flows))).collect();
    let mut books = BTreeMap::new();
    for ((slot, window), counters) in &counted.counters {
        let Some(interface) = slots.get(slot) else { continue };
        let window = u64::from(*window);
        let book = book(counters);
        if book.lost > 0 {
            let lost = &mut table.entry(window).or_default().lost;
            *lost.entry(*interface).or_default() += book.lost;
        }
        books.insert((window, *interface), book);
    }
    Drained { tables: vec![table], books }
}

fn flow_key(key: &layout::FlowKey, interface: InterfaceIndex) -> FlowKey {
    FlowKey {
        interface,
        direction: if key.direction == 0 { Direction::Ingress } else { Direction::Egress },
        addresses: addresses(key.family, key.src, key.dst),
        srcport: key.srcport,
        dstport: key.dstport,
        protocol: key.protocol,
        action: if key.action == 0 { Action::Accept } else { Action::Reject },
    }
}

fn addresses(family: u8, src: Address, dst: Address) -> Addresses {
    if family == V4 {
        let v4 = |[a, b, c, d, ..]: Address| Ipv4Addr::new(a, b, c, d);
        return Addresses::V4 { src: v4(src), dst: v4(dst) };
    }
    Addresses::V6 { src: Ipv6Addr::from(src), dst: Ipv6Addr::from(dst) }
}

fn gathered(key: &FlowKey, flow: &layout::Flow, timeline: Option<&Timeline>) -> Gathered {
    let has = |of: u32| flow.marks & of != 0;
    let [flags, ..] = flow.marks.to_le_bytes();
    Gathered {
        packets: flow.packets,
        bytes: flow.bytes,
        first_sequence: flow.first_ns,
        decision: timeline.map(|timeline| decision(key, flow, timeline)),
        offsets: (flow.first, flow.last),
        tcp_flags: has(mark::FLAGS_KNOWN).then_some(flags),
        is_mixed: has(mark::MIXED),
        initiator: match (has(mark::BY_SOURCE), has(mark::BY_DESTINATION)) {
            (true, _) => Initiator::Source,
            (false, true) => Initiator::Destination,
            (false, false) => Initiator::Unknown,
        },
    }
}

/// Returns what decided the first packet. What the rules lacked is found out here.
fn decision(key: &FlowKey, flow: &layout::Flow, timeline: &Timeline) -> (Decision, Generation) {
    let generation = Generation(flow.generation);
    let mut decision = Decision {
        ground: GroundIndex(flow.ground & GROUND_MASK),
        tracked: flow.ground & TRACKED != 0,
        nearest_miss: None,
    };
    if let Some(Ground::ImplicitDeny(_)) = timeline.book().ground(decision.ground) {
        let rules = timeline.ruleset(generation);
        let refusal = rules.groups_refusal(&header(key, flow), key.interface, key.direction);
        decision.nearest_miss = refusal.and_then(|refusal| refusal.nearest_miss);
    }
    (decision, generation)
}

/// Returns what the rules compared of the first packet.
fn header(key: &FlowKey, flow: &layout::Flow) -> PacketHeader {
    let icmp = Icmp { kind: flow.icmp_type, code: flow.icmp_code, id: 0 };
    PacketHeader {
        addresses: key.addresses,
        protocol: key.protocol,
        srcport: key.srcport,
        dstport: key.dstport,
        tcp_flags: None,
        icmp: (flow.marks & mark::HAS_ICMP != 0).then_some(icmp),
        fragment: if flow.marks & mark::UNKNOWN_PORTS != 0 {
            Fragment::Later { id: 0 }
        } else {
            Fragment::Whole
        },
        bytes: 0,
        quoted: None,
    }
}

fn book(counters: &Counters) -> InterfaceLedger {
    let mut excluded = [0; Exclusion::ALL.len()];
    for (place, cell) in excluded.iter_mut().enumerate() {
        *cell = counters.get(counter::EXCLUDED + place);
    }
    InterfaceLedger {
        seen: counters.get(counter::SEEN),
        excluded,
        lost: counters.get(counter::LOST),
        ..InterfaceLedger::default()
    }
}

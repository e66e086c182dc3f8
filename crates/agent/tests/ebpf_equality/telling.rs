//! What the kernel tells of sequences, put together.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use flowlogd_agent::capture::ebpf::Counted;
use flowlogd_agent::capture::ebpf::layout::{self, FlowKey as KernelKey, counter, mark};
use flowlogd_flowlog::FlowKey;
use flowlogd_packet::Addresses;
use flowlogd_vpc::{Action, Direction, Initiator, InterfaceIndex};

use crate::books::{Books, Flow};

/// What the kernel tells of a sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observed {
    pub(crate) books: Books,
    /// By flow: whether it was put together from several pieces.
    pub(crate) joined: Vec<bool>,
    /// Packets that were told one by one.
    pub(crate) events: u64,
    /// Packets of which nothing was told.
    pub(crate) lost: u64,
}

/// Puts together what epochs, flow tables and single packets tell of each slot.
pub(crate) struct Telling {
    slots: BTreeMap<u32, (InterfaceIndex, Observed, Vec<Piece>)>,
}

/// Part of a flow, and when it began.
struct Piece {
    first_ns: u64,
    flow: Flow,
}

impl Telling {
    /// Begins to listen to slots, each of an interface.
    pub(crate) fn new(slots: impl IntoIterator<Item = (u32, InterfaceIndex)>) -> Self {
        let slots = slots
            .into_iter()
            .map(|(slot, interface)| (slot, (interface, Observed::default(), Vec::new())));
        Self { slots: slots.collect() }
    }

    pub(crate) fn of(&mut self, slot: u32) -> &mut Observed {
        &mut self.slots.get_mut(&slot).expect("nobody else had packets").1
    }

    pub(crate) fn hear(&mut self, counted: &Counted) {
        for (key, flow) in &counted.flows {
            self.hear_flow(key, flow);
        }
        for event in &counted.events {
            self.hear_flow(&event.key, &event.flow);
            self.of(event.key.slot.into()).events += 1;
        }
        for ((slot, window), counters) in &counted.counters {
            let observed = self.of(*slot);
            observed.lost += counters.get(counter::LOST);
            observed.books.counters.entry((*window).into()).or_default().add(counters);
        }
    }

    fn hear_flow(&mut self, key: &KernelKey, flow: &layout::Flow) {
        let (interface, _, pieces) =
            self.slots.get_mut(&key.slot.into()).expect("nobody else had packets");
        let flow = told(key, flow, *interface);
        pieces.push(Piece { first_ns: flow.1, flow: flow.0 });
    }

    /// Returns what was told of each slot.
    pub(crate) fn finish(self) -> BTreeMap<u32, Observed> {
        let put_together =
            |(slot, (_, mut observed, mut pieces)): (u32, (_, Observed, Vec<Piece>))| {
                pieces.sort_by_key(|piece| (piece.flow.window, piece.flow.key, piece.first_ns));
                let mut flows: Vec<Flow> = Vec::with_capacity(pieces.len());
                for piece in pieces {
                    match flows.last_mut() {
                        Some(known)
                            if (known.window, known.key) == (piece.flow.window, piece.flow.key) =>
                        {
                            join(known, &piece.flow);
                            observed.joined.pop();
                            observed.joined.push(true);
                        }
                        Some(_) | None => {
                            flows.push(piece.flow);
                            observed.joined.push(false);
                        }
                    }
                }
                observed.books.flows = flows;
                (slot, observed)
            };
        self.slots.into_iter().map(put_together).collect()
    }
}

/// Adds a later piece of a flow.
fn join(flow: &mut Flow, later: &Flow) {
    flow.packets += later.packets;
    flow.bytes += later.bytes;
    flow.seconds = (flow.seconds.0.min(later.seconds.0), flow.seconds.1.max(later.seconds.1));
    flow.tcp_flags = match (flow.tcp_flags, later.tcp_flags) {
        (Some(one), Some(other)) => Some(one | other),
        (one, other) => one.or(other),
    };
    flow.is_mixed |= later.is_mixed || flow.ground.0 != later.ground.0;
}

/// Returns a flow in the form that both judges have, and when it began.
fn told(key: &KernelKey, flow: &layout::Flow, interface: InterfaceIndex) -> (Flow, u64) {
    let has = |mark: u32| flow.marks & mark != 0;
    let key_of_flow = FlowKey {
        interface,
        direction: if key.direction == 0 { Direction::Ingress } else { Direction::Egress },
        addresses: addresses(key),
        srcport: key.srcport,
        dstport: key.dstport,
        protocol: key.protocol,
        action: if key.action == 0 { Action::Accept } else { Action::Reject },
    };
    let [flags, ..] = flow.marks.to_le_bytes();
    let told = Flow {
        window: key.window.into(),
        key: key_of_flow,
        packets: flow.packets,
        bytes: flow.bytes,
        seconds: (flow.first, flow.last),
        tcp_flags: has(mark::FLAGS_KNOWN).then_some(flags),
        ground: (flow.ground & layout::GROUND_MASK, flow.ground & layout::TRACKED != 0),
        generation: flow.generation,
        initiator: match (has(mark::BY_SOURCE), has(mark::BY_DESTINATION)) {
            (true, _) => Initiator::Source,
            (false, true) => Initiator::Destination,
            (false, false) => Initiator::Unknown,
        },
        icmp: has(mark::HAS_ICMP).then_some((flow.icmp_type, flow.icmp_code)),
        has_unknown_ports: has(mark::UNKNOWN_PORTS),
        is_mixed: has(mark::MIXED),
    };
    (told, flow.first_ns)
}

fn addresses(key: &KernelKey) -> Addresses {
    let v4 = |bytes: &layout::Address| Ipv4Addr::from(*bytes.first_chunk::<4>().expect("16 bytes"));
    if key.family == layout::V4 {
        Addresses::V4 { src: v4(&key.src), dst: v4(&key.dst) }
    } else {
        Addresses::V6 { src: Ipv6Addr::from(key.src), dst: Ipv6Addr::from(key.dst) }
    }
}

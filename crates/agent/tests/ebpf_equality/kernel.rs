//! The kernel program's judgement of many sequences, each at a slot of its own.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use flowlogd_agent::capture::ebpf::layout::{self, Counters, Device, FlowKey as KernelKey, counter, mark};
use flowlogd_agent::capture::ebpf::{Clock, Counted, EbpfError, Plane, PlaneOptions, Sizes, SlotRules, Timing};
use flowlogd_flowlog::{FlowKey, WindowLength};
use flowlogd_packet::Addresses;
use flowlogd_vpc::{Action, Direction, Initiator, InterfaceIndex};

use crate::books::{Books, Flow, Setup};
use crate::inventory::Site;
use crate::oracle::Course;
use crate::traffic::{LONGEST, SECOND, Sequence};

/// The loopback device: test runs want one that exists.
const DEVICE: u32 = 1;
/// Longer than any connection lasts, in seconds.
const REST: u64 = 500_000;

/// A data plane for tests.
pub(crate) struct Bench {
    plane: Plane,
    length: WindowLength,
    setups: Vec<Setup>,
    /// Time since boot at which the next batch can begin, in seconds.
    free_from: u64,
    generation: u16,
    clock: u64,
}

/// A sequence and the slot that it is played at.
pub(crate) struct Part<'a> {
    pub(crate) slot: u32,
    pub(crate) site: &'a Site,
    pub(crate) sequence: &'a Sequence,
}

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

impl Bench {
    /// Loads the program with flow tables of a size.
    pub(crate) fn new(flows: u32, length: WindowLength) -> Result<Self, EbpfError> {
        let sizes = Sizes { flows, ..Sizes::default() };
        let window_length = u32::try_from(length.as_secs()).expect("short");
        let options = PlaneOptions { sizes, clock: Clock::Test, directory: None, window_length };
        let mut plane = Plane::load(options, Timing::fixed(0))?;
        let setups: Vec<Setup> = (0..layout::SLOTS).map(setup).collect();
        let tables: Vec<(u32, u32)> = (0..).zip(setups.iter().map(|setup| setup.connections)).collect();
        plane.open_slots(&tables)?;
        Ok(Self { plane, length, setups, free_from: 600_000, generation: 0, clock: 0 })
    }

    pub(crate) fn setup(&self, slot: u32) -> Setup {
        self.setups[slot as usize]
    }

    pub(crate) fn length(&self) -> WindowLength {
        self.length
    }

    /// Returns the course of the next batch.
    pub(crate) fn course(&mut self, timing: impl FnOnce(u64) -> Timing) -> Course {
        // A whole number of windows of every length, so that a batch does not depend on those before it.
        let start = self.free_from.next_multiple_of(600) * SECOND;
        self.generation = self.generation.wrapping_add(2);
        Course { start, timing: timing(start), length: self.length, generation: self.generation }
    }

    /// Plays sequences, no two at one slot, and returns what the kernel tells of each.
    pub(crate) fn play(
        &mut self,
        parts: &[Part<'_>],
        course: &Course,
        swaps_at_change: bool,
    ) -> Result<Vec<Observed>, EbpfError> {
        // The tables that this batch is counted into have its timing.
        self.swap(course.timing)?;
        let mut telling = Telling::new(parts);
        self.put_rules(parts, course.generation, |site| &site.before)?;
        for part in parts {
            self.play_packets(part, course, 0..part.sequence.before_change)?;
        }
        if swaps_at_change {
            telling.hear(&self.swap(course.timing)?);
        }
        self.put_rules(parts, course.generation.wrapping_add(1), |site| &site.after)?;
        for part in parts {
            self.play_packets(part, course, part.sequence.before_change..usize::MAX)?;
            // It may have no packets after the change.
            if let Some(last) = part.sequence.packets.last() {
                self.set_clock(course.start + last.at)?;
            }
            let alive = self.plane.sweep(part.slot)?;
            telling.of(part.slot).books.connections = alive;
        }
        telling.hear(&self.swap(course.timing)?);
        self.rest(parts, course)?;
        Ok(telling.finish(parts))
    }

    fn put_rules(
        &mut self,
        parts: &[Part<'_>],
        generation: u16,
        rules: impl Fn(&Site) -> &flowlogd_vpc::FlatRules,
    ) -> Result<(), EbpfError> {
        let all: Vec<SlotRules<'_>> = parts
            .iter()
            .map(|part| SlotRules {
                slot: part.slot,
                generation,
                rules: rules(part.site),
                has_allowance: self.setup(part.slot).has_allowance,
            })
            .collect();
        let refused = self.plane.set_rules_of_all(&all)?;
        assert!(refused.is_empty(), "{refused:?}");
        Ok(())
    }

    fn play_packets(&mut self, part: &Part<'_>, course: &Course, places: std::ops::Range<usize>) -> Result<(), EbpfError> {
        let Sequence { received_is, is_raw_ip, packets, .. } = part.sequence;
        let device = Device { slot: part.slot, received_is: *received_is, is_raw_ip: u8::from(*is_raw_ip), zero: 0 };
        self.plane.bind(DEVICE, &device)?;
        let setup = self.setup(part.slot);
        let end = places.end.min(packets.len());
        let mut tick = 0;
        for packet in packets.get(places.start..end).unwrap_or_default() {
            let now = course.start + packet.at;
            self.set_clock(now)?;
            // In production once a second; here at once, as the engine collects when it needs room.
            if setup.is_tight() && now / SECOND != tick {
                tick = now / SECOND;
                self.plane.sweep(part.slot)?;
            }
            self.plane.run(&packet.frame, DEVICE, packet.is_received, 1)?;
        }
        Ok(())
    }

    fn set_clock(&mut self, now: u64) -> Result<(), EbpfError> {
        if self.clock != now {
            self.plane.set_test_clock(now)?;
            self.clock = now;
        }
        Ok(())
    }

    /// Begins an epoch and returns what the one before it counted.
    fn swap(&mut self, timing: Timing) -> Result<Counted, EbpfError> {
        let retired = self.plane.swap(timing)?;
        let counted = self.plane.read(retired)?;
        self.plane.clear(retired)?;
        Ok(counted)
    }

    /// Lets every connection die.
    fn rest(&mut self, parts: &[Part<'_>], course: &Course) -> Result<(), EbpfError> {
        self.free_from = course.start / SECOND + LONGEST + REST;
        self.set_clock(self.free_from * SECOND)?;
        for part in parts {
            assert_eq!(self.plane.sweep(part.slot)?, 0, "a connection outlives every timeout");
        }
        Ok(())
    }
}

/// Some slots have little room for connections, as an allowance or without one.
fn setup(slot: u32) -> Setup {
    match slot % 8 {
        0 => Setup { connections: 1 + slot / 8 % 4, has_allowance: true },
        1 => Setup { connections: 1 + slot / 8 % 4, has_allowance: false },
        _ => Setup { connections: 64, has_allowance: slot % 8 == 2 },
    }
}

/// Puts together what epochs, flow tables and single packets tell of each slot.
struct Telling {
    slots: BTreeMap<u32, (InterfaceIndex, Observed, Vec<Piece>)>,
}

/// Part of a flow, and when it began.
struct Piece {
    first_ns: u64,
    flow: Flow,
}

impl Telling {
    fn new(parts: &[Part<'_>]) -> Self {
        let slots = parts.iter().map(|part| (part.slot, (part.site.index, Observed::default(), Vec::new())));
        Self { slots: slots.collect() }
    }

    fn of(&mut self, slot: u32) -> &mut Observed {
        &mut self.slots.get_mut(&slot).expect("nobody else had packets").1
    }

    fn hear(&mut self, counted: &Counted) {
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
        let (interface, _, pieces) = self.slots.get_mut(&key.slot.into()).expect("nobody else had packets");
        let flow = told(key, flow, *interface);
        pieces.push(Piece { first_ns: flow.1, flow: flow.0 });
    }

    fn finish(mut self, parts: &[Part<'_>]) -> Vec<Observed> {
        let mut all = Vec::new();
        for part in parts {
            let (_, mut observed, mut pieces) = self.slots.remove(&part.slot).expect("no slot twice");
            pieces.sort_by_key(|piece| (piece.flow.window, piece.flow.key, piece.first_ns));
            let mut flows: Vec<Flow> = Vec::with_capacity(pieces.len());
            for piece in pieces {
                match flows.last_mut() {
                    Some(known) if (known.window, known.key) == (piece.flow.window, piece.flow.key) => {
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
            all.push(observed);
        }
        all
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

/// Returns whether all that was seen at an interface is accounted for, flow by flow or by number.
pub(crate) fn closes(counters: &Counters, in_flows: u64) -> bool {
    let excluded: u64 = (0..flowlogd_vpc::Exclusion::ALL.len()).map(|why| counters.get(counter::EXCLUDED + why)).sum();
    counters.get(counter::SEEN) == in_flows + excluded + counters.get(counter::LOST)
        && counters.get(counter::SEEN) == counters.get(counter::ACCEPTED) + counters.get(counter::REJECTED) + excluded
}

//! The kernel program, with every interface of a capture at a slot of its own.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use flowlogd_agent::capture::FrameRef;
use flowlogd_agent::capture::ebpf::layout::{Device, counter};
use flowlogd_agent::capture::ebpf::{
    Clock, EbpfError, Plane, PlaneOptions, Sizes, SlotRules, Timing, Way,
};
use flowlogd_flowlog::Generation;
use flowlogd_packet::{FragmentPorts, LinkInfo, LinkType, ParsedFrame, parse};
use flowlogd_vpc::{
    Action, ConnectionTable, Direction, Exclusion, FlatRules, InterfaceIndex, Judgement, Points,
    Tick,
};

use crate::books::Flow;
use crate::replayed::Told;
use crate::setting::Setting;
use crate::telling::Telling;

/// The loopback device: test runs want one that exists.
const DEVICE: u32 = 1;
const SECOND: u64 = 1_000_000_000;
/// A cooked frame's own header.
const COOKED: usize = 16;

/// Data planes by length of their windows.
#[derive(Default)]
pub(crate) struct Benches {
    benches: BTreeMap<u32, Bench>,
}

pub(crate) struct Bench {
    plane: Plane,
    /// The first slot that no capture has had.
    free: u32,
}

impl Benches {
    pub(crate) fn of(&mut self, window_length: u32) -> Result<&mut Bench, EbpfError> {
        match self.benches.entry(window_length) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let sizes = Sizes { flows: 4096, peers: 1 << 14, chunks: 1 << 12 };
                let options = PlaneOptions {
                    sizes,
                    clock: Clock::Test,
                    way: Way::Links,
                    directory: None,
                    window_length,
                    first_epoch: 1,
                };
                Ok(place.insert(Bench { plane: Plane::load(options, timing(0))?, free: 0 }))
            }
        }
    }

    /// Lets the kernel judge a capture.
    pub(crate) fn play(&mut self, setting: &Setting) -> Result<Told, EbpfError> {
        let window_length = u32::try_from(setting.window.as_secs()).expect("short");
        let bench = self.of(window_length)?;
        let interfaces = u32::try_from(setting.timeline.interfaces()).expect("few");
        let slots: BTreeMap<InterfaceIndex, u32> =
            (0..interfaces).map(|index| (InterfaceIndex(index), bench.free + index)).collect();
        bench.free += interfaces;
        let room = setting.allowance.unwrap_or(1000);
        let tables: Vec<(u32, u32)> = slots.values().map(|slot| (*slot, room)).collect();
        bench.plane.open_slots(&tables)?;
        let telling = Telling::new(slots.iter().map(|(interface, slot)| (*slot, *interface)));
        let capacity = setting.allowance.map(|allowance| allowance as usize);
        let mut run = Run {
            plane: &mut bench.plane,
            setting,
            slots,
            telling,
            late: 0,
            watermark: 0,
            generation: None,
            connections: ConnectionTable::new(1 << 16, capacity),
            fragments: FragmentPorts::new(1000),
        };
        for chunk in &setting.chunks {
            for frame in &chunk.frames {
                run.take(frame, chunk.frame(frame))?;
            }
        }
        run.hear(0)?;
        Ok(run.finish())
    }
}

/// The timing of packets that are so many seconds behind the packets' clock, which tells the time since boot as well.
fn timing(late: u64) -> Timing {
    Timing::fixed(-i64::try_from(late * SECOND).expect("this century"))
}

/// A capture under way.
struct Run<'a> {
    plane: &'a mut Plane,
    setting: &'a Setting,
    slots: BTreeMap<InterfaceIndex, u32>,
    telling: Telling,
    /// How late the packets of this epoch are.
    late: u64,
    watermark: u64,
    generation: Option<Generation>,
    // Only to know which packets do not leave their source (semantics.md 13).
    connections: ConnectionTable,
    fragments: FragmentPorts,
}

impl Run<'_> {
    fn take(&mut self, frame: &FrameRef, bytes: &[u8]) -> Result<(), EbpfError> {
        if frame.secs > self.watermark {
            self.watermark = frame.secs;
            self.set_rules()?;
        }
        let Ok(ParsedFrame { mut header, link }) = parse(frame.link_type, bytes, frame.wire_len)
        else {
            // It is nobody's: no interface is told by it.
            return Ok(());
        };
        let late = self.watermark - frame.secs;
        if late != self.late {
            self.hear(late)?;
        }
        self.plane.set_test_clock(self.watermark * SECOND + u64::from(frame.nanos))?;

        let generation = self.generation.expect("there is one from the first packet on");
        let rules = self.setting.timeline.ruleset(generation);
        let link = LinkInfo { direction: frame.direction.or(link.direction), ..link };
        let Points { egress, ingress } = match self.setting.only {
            None => rules.points(&link, &header.addresses),
            Some(interface) => rules.points_at(interface, &link, &header.addresses),
        };
        self.fragments.resolve(&mut header, self.watermark);
        let (mut sent, mut refused) = (0, 0);
        for (set, direction) in [(egress, Direction::Egress), (ingress, Direction::Ingress)] {
            if direction == Direction::Ingress && sent > 0 && sent == refused {
                break;
            }
            for interface in rules.members(set) {
                self.run(*interface, direction, frame.link_type, bytes)?;
                let tick = Tick(self.watermark);
                let judgement =
                    rules.evaluate(&mut self.connections, &header, *interface, direction, tick);
                sent += 1;
                refused += u32::from(matches!(
                    judgement,
                    Judgement::Decided(verdict) if verdict.action == Action::Reject
                ));
            }
        }
        Ok(())
    }

    /// Puts the generation in force that the packets' clock has come to.
    fn set_rules(&mut self) -> Result<(), EbpfError> {
        let generation = self.setting.timeline.generation_at(self.watermark);
        if self.setting.allowance.is_some() {
            self.plane.set_test_clock(self.watermark * SECOND)?;
            for slot in self.slots.values() {
                self.plane.sweep(*slot)?;
            }
        }
        if self.generation == Some(generation) {
            return Ok(());
        }
        self.generation = Some(generation);
        let rules = self.setting.timeline.ruleset(generation);
        let flat: Vec<(u32, FlatRules)> = self
            .slots
            .iter()
            .filter_map(|(interface, slot)| Some((*slot, rules.flat(*interface)?)))
            .collect();
        let all: Vec<SlotRules<'_>> = flat
            .iter()
            .map(|(slot, rules)| SlotRules {
                slot: *slot,
                generation: generation.0,
                rules,
                has_allowance: self.setting.allowance.is_some(),
                is_enforced: false,
                grace_until: 0,
            })
            .collect();
        assert!(self.plane.set_rules_of_all(&all)?.is_empty());
        Ok(())
    }

    fn run(
        &mut self,
        interface: InterfaceIndex,
        direction: Direction,
        link: LinkType,
        bytes: &[u8],
    ) -> Result<(), EbpfError> {
        // The device receives what the interface does.
        let slot = self.slots.get(&interface).copied().expect("every interface has a slot");
        let is_raw_ip = u8::from(link != LinkType::Ethernet);
        let frame = match link {
            LinkType::LinuxSll => bytes.get(COOKED..).expect("it has a header"),
            LinkType::Ethernet
            | LinkType::RawIp
            | LinkType::Null
            | LinkType::Loop
            | LinkType::LinuxSll2 => bytes,
        };
        self.plane.bind(DEVICE, Device { slot, received_is: 0, is_raw_ip, zero: 0 })?;
        self.plane.run(frame, DEVICE, direction == Direction::Ingress, 1)?;
        Ok(())
    }

    /// Reads what was counted, and goes on with packets that are so many seconds late.
    fn hear(&mut self, late: u64) -> Result<(), EbpfError> {
        let retired = self.plane.swap(timing(late))?;
        self.telling.hear(&self.plane.read(retired)?);
        self.plane.clear(retired)?;
        self.late = late;
        Ok(())
    }

    fn finish(self) -> Told {
        let mut told = Told::default();
        let interfaces: BTreeMap<u32, InterfaceIndex> =
            self.slots.iter().map(|(interface, slot)| (*slot, *interface)).collect();
        for (slot, observed) in self.telling.finish() {
            let flows = observed.books.flows.into_iter();
            // Replay keeps neither with its flows.
            told.flows.extend(flows.map(|flow| Flow {
                icmp: None,
                has_unknown_ports: false,
                ..flow
            }));
            let mut sums = (0, [0; Exclusion::ALL.len()]);
            for counters in observed.books.counters.values() {
                sums.0 += counters.get(counter::SEEN);
                for (why, excluded) in sums.1.iter_mut().enumerate() {
                    *excluded += counters.get(counter::EXCLUDED + why);
                }
            }
            if sums.0 > 0 {
                let interface = interfaces.get(&slot).expect("it was made of them");
                told.books.insert(*interface, sums);
            }
        }
        told.flows.sort_by_key(|flow| (flow.window, flow.key));
        told
    }
}

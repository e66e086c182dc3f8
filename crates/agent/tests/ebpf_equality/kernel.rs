//! The kernel program's judgement of many sequences, each at a slot of its own.

use flowlogd_agent::capture::ebpf::layout::{self, Counters, Device, counter};
use flowlogd_agent::capture::ebpf::{
    Clock, Counted, EbpfError, Plane, PlaneOptions, Sizes, SlotRules, Timing, Way,
};
use flowlogd_flowlog::WindowLength;
use flowlogd_vpc::FlatRules;

use crate::books::Setup;
use crate::course::Course;
use crate::inventory::Site;
use crate::telling::{Observed, Telling};
use crate::traffic::{LONGEST, SECOND, Sequence};

/// The loopback device: test runs want one that exists.
const DEVICE: u32 = 1;
/// `TCX_DROP`.
const DROPPED: u32 = 2;
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

impl Bench {
    /// Loads the program with flow tables of a size.
    pub(crate) fn new(flows: u32, length: WindowLength) -> Result<Self, EbpfError> {
        let sizes = Sizes { flows, ..Sizes::default() };
        let window_length = u32::try_from(length.as_secs()).expect("short");
        let options = PlaneOptions {
            sizes,
            clock: Clock::Test,
            way: Way::Links,
            directory: None,
            window_length,
            first_epoch: 1,
        };
        let mut plane = Plane::load(options, Timing::fixed(0))?;
        let setups: Vec<Setup> = (0..layout::SLOTS).map(setup).collect();
        let tables: Vec<(u32, u32)> =
            (0..).zip(setups.iter().map(|setup| setup.connections)).collect();
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
        let mut telling = Telling::new(parts.iter().map(|part| (part.slot, part.site.index)));
        self.put_rules(parts, course, course.generation, |site| &site.before)?;
        for part in parts {
            let dropped = self.play_packets(part, course, 0..part.sequence.before_change)?;
            telling.of(part.slot).books.dropped = dropped;
        }
        if swaps_at_change {
            telling.hear(&self.swap(course.timing)?);
        }
        self.put_rules(parts, course, course.generation.wrapping_add(1), |site| &site.after)?;
        for part in parts {
            let dropped =
                self.play_packets(part, course, part.sequence.before_change..usize::MAX)?;
            telling.of(part.slot).books.dropped.extend(dropped);
            // It may have no packets after the change.
            if let Some(last) = part.sequence.packets.last() {
                self.set_clock(course.start + last.at)?;
            }
            let alive = self.plane.sweep(part.slot)?;
            telling.of(part.slot).books.connections = alive;
        }
        telling.hear(&self.swap(course.timing)?);
        self.rest(parts, course)?;
        let mut told = telling.finish();
        Ok(parts.iter().filter_map(|part| told.remove(&part.slot)).collect())
    }

    fn put_rules(
        &mut self,
        parts: &[Part<'_>],
        course: &Course,
        generation: u16,
        rules: impl Fn(&Site) -> &FlatRules,
    ) -> Result<(), EbpfError> {
        let all: Vec<SlotRules<'_>> = parts
            .iter()
            .map(|part| {
                let setup = self.setup(part.slot);
                SlotRules {
                    slot: part.slot,
                    generation,
                    rules: rules(part.site),
                    has_allowance: setup.has_allowance,
                    is_enforced: setup.is_enforced,
                    grace_until: u32::try_from(course.tick_after(setup.grace)).expect("few"),
                }
            })
            .collect();
        let refused = self.plane.set_rules_of_all(&all)?;
        assert!(refused.is_empty(), "{refused:?}");
        Ok(())
    }

    fn play_packets(
        &mut self,
        part: &Part<'_>,
        course: &Course,
        places: std::ops::Range<usize>,
    ) -> Result<Vec<bool>, EbpfError> {
        let Sequence { received_is, is_raw_ip, packets, .. } = part.sequence;
        let device = Device {
            slot: part.slot,
            received_is: *received_is,
            is_raw_ip: u8::from(*is_raw_ip),
            zero: 0,
        };
        self.plane.bind(DEVICE, device)?;
        let setup = self.setup(part.slot);
        let end = places.end.min(packets.len());
        let mut tick = 0;
        let mut dropped = Vec::new();
        for packet in packets.get(places.start..end).unwrap_or_default() {
            let now = course.start + packet.at;
            self.set_clock(now)?;
            // In production once a second; here at once, as the engine collects when it needs room.
            if setup.is_tight() && now / SECOND != tick {
                tick = now / SECOND;
                self.plane.sweep(part.slot)?;
            }
            let (frame, is_received) = (&packet.frame, packet.is_received);
            let run = match packet.segments {
                None => self.plane.run(frame, DEVICE, is_received, 1)?,
                Some(segments) => {
                    self.plane.run_super(frame, DEVICE, is_received, segments.each)?
                }
            };
            dropped.push(run.returned == DROPPED);
        }
        Ok(dropped)
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

/// Some slots have little room for connections, as an allowance or without one; some are enforced, and some let on what
/// may have been open before.
fn setup(slot: u32) -> Setup {
    let is_enforced = (slot / 32).is_multiple_of(2);
    let grace = [0, 0, 30, 300][slot as usize / 64 % 4];
    let (connections, has_allowance) = match slot % 8 {
        0 => (1 + slot / 8 % 4, true),
        1 => (1 + slot / 8 % 4, false),
        other => (64, other == 2),
    };
    Setup { connections, has_allowance, is_enforced, grace }
}

/// Returns whether all that was seen at an interface is accounted for, flow by flow or by number.
pub(crate) fn closes(counters: &Counters, in_flows: u64) -> bool {
    let excluded: u64 = (0..flowlogd_vpc::Exclusion::ALL.len())
        .map(|why| counters.get(counter::EXCLUDED + why))
        .sum();
    counters.get(counter::SEEN) == in_flows + excluded + counters.get(counter::LOST)
        && counters.get(counter::SEEN)
            == counters.get(counter::ACCEPTED) + counters.get(counter::REJECTED) + excluded
}

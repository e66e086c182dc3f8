//! What the program has counted of an interface since the agent started, beside the device's own counts.

use flowlogd_aws::flowlogd::KernelReport;

use crate::capture::ebpf::layout::{Counters, counter};

/// Frames received and sent.
type Frames = [u64; 2];

/// Sums of the program's counters, and how they differ from the device's.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    sums: Counters,
    has_allowance: bool,
    /// What device and program had counted when they were first compared: frames; and packets on the wire.
    base: Option<(Frames, Frames, u64)>,
    unseen: u64,
    dropped_behind: u64,
    /// Frames that the program had counted at the drain before.
    before: Frames,
}

/// What a drain was like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    pub(super) flow_table_fill: u32,
    pub(super) drain_micros: u64,
}

impl Tallies {
    pub(super) fn new(has_allowance: bool) -> Self {
        Self { has_allowance, ..Self::default() }
    }

    /// Compares with another device from now on.
    pub(super) const fn begin(&mut self) {
        self.base = None;
    }

    /// Adds what was drained. `device` is what the device had counted when the epoch ended: of what it had received by
    /// then the program has seen all that it will, and what the program had seen sent before, the device has counted.
    pub(super) fn add(&mut self, counters: &Counters, device: Option<Frames>) {
        self.sums.add(counters);
        let (frames, wire) = (self.frames(), self.wire_packets());
        let Some(device) = device else { return };
        let (device_base, frames_base, wire_base) =
            *self.base.get_or_insert((device, frames, wire));
        let passed = |now: u64, base: u64| now.saturating_sub(base);
        // Of packets that offloads have joined, a device may count the parts: never more than there are on the wire.
        let counted = passed(device[0] + device[1], device_base[0] + device_base[1]);
        self.unseen = self.unseen.max(counted.saturating_sub(passed(wire, wire_base)));
        let (sent, seen) =
            (passed(device[1], device_base[1]), passed(self.before[1], frames_base[1]));
        self.dropped_behind = self.dropped_behind.max(seen.saturating_sub(sent));
        self.before = frames;
    }

    fn wire_packets(&self) -> u64 {
        let frames = counter::NOT_IP_ARP..=counter::IP_MALFORMED;
        self.sums.get(counter::SEEN) + frames.map(|counter| self.sums.get(counter)).sum::<u64>()
    }

    fn frames(&self) -> Frames {
        [self.sums.get(counter::FRAMES_RECEIVED), self.sums.get(counter::FRAMES_SENT)]
    }

    pub(super) fn report(&self, connections: u64, room: u64, drain: Drain) -> KernelReport {
        let sum =
            |of: std::ops::RangeInclusive<usize>| of.map(|counter| self.sums.get(counter)).sum();
        KernelReport {
            frames: self.frames(),
            unseen: self.unseen,
            dropped_behind: self.dropped_behind,
            not_ip: sum(counter::NOT_IP_ARP..=counter::NOT_IP_OTHER),
            malformed: sum(counter::LINK_TRUNCATED..=counter::IP_MALFORMED),
            orphan_fragments: self.sums.get(counter::ORPHANS),
            connections,
            connection_room: room,
            has_allowance: self.has_allowance,
            allowance_refusals: self.sums.get(counter::ALLOWANCE),
            untracked: self.sums.get(counter::UNTRACKED),
            flow_table_fill: drain.flow_table_fill,
            drain_micros: drain.drain_micros,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(received: u64, sent: u64) -> Counters {
        let mut counters = Counters::default();
        counters.of[counter::FRAMES_RECEIVED] = received;
        counters.of[counter::FRAMES_SENT] = sent;
        counters.of[counter::SEEN] = received + sent;
        counters
    }

    const DRAIN: Drain = Drain { flow_table_fill: 0, drain_micros: 0 };

    #[test]
    fn what_the_program_does_not_see_is_unseen_and_what_leaves_no_device_is_dropped_behind() {
        let mut tallies = Tallies::new(false);
        tallies.add(&counters(5, 5), Some([100, 100]));
        tallies.add(&counters(10, 10), Some([110, 110]));
        let report = tallies.report(0, 0, DRAIN);
        assert_eq!((report.unseen, report.dropped_behind), (0, 0));

        // Three were taken by somebody before.
        tallies.add(&counters(7, 0), Some([120, 110]));
        assert_eq!(tallies.report(0, 0, DRAIN).unseen, 3);
        // Of the ten sent before, two never left.
        let mut tallies = Tallies::new(false);
        tallies.add(&counters(5, 5), Some([100, 100]));
        tallies.add(&counters(10, 10), Some([110, 110]));
        tallies.add(&counters(7, 0), Some([117, 108]));
        let report = tallies.report(0, 0, DRAIN);
        assert_eq!((report.unseen, report.dropped_behind, report.frames), (0, 2, [22, 15]));
    }

    #[test]
    fn packets_on_their_way_are_neither() {
        let mut tallies = Tallies::new(false);
        tallies.add(&counters(0, 0), Some([0, 0]));
        // The program has seen what the device had not counted yet when it was asked.
        tallies.add(&counters(10, 10), Some([8, 7]));
        tallies.add(&counters(0, 0), Some([10, 10]));
        let report = tallies.report(0, 0, DRAIN);
        assert_eq!((report.unseen, report.dropped_behind), (0, 0));
    }
}

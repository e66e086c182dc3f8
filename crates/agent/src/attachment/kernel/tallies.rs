//! What the program has counted of an interface since the agent started, beside the device's own counts.

use flowlogd_aws::flowlogd::KernelReport;

use crate::attachment::device_counters::Passed;
use crate::capture::ebpf::layout::{Counters, counter};

/// Sums of the program's counters, and how they differ from the device's.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    sums: Counters,
    has_allowance: bool,
    /// What device and program had counted of received packets when they were first compared.
    base: Option<(u64, u64)>,
    /// By how many the device was ahead when they were last compared.
    ahead: u64,
    unseen: u64,
    device_drops: Growth<u64>,
    queue_drops: Growth<u32>,
}

/// What a drain was like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drain {
    pub(super) flow_table_fill: u32,
    pub(super) drain_micros: u64,
}

/// What a device, and the queue before it, had counted at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) device: Passed,
    /// Frames that the queue had dropped, where it tells.
    pub(super) queue: Option<u32>,
}

/// By how much a count has grown that others keep, and may begin anew.
#[derive(Debug, Default)]
struct Growth<T> {
    last: Option<T>,
    sum: u64,
}

impl<T: Copy + Ord + Into<u64>> Growth<T> {
    fn add(&mut self, now: T) {
        self.sum += match self.last {
            Some(last) if last <= now => now.into() - last.into(),
            Some(_) => now.into(),
            None => 0,
        };
        self.last = Some(now);
    }
}

impl Tallies {
    pub(super) fn new(has_allowance: bool) -> Self {
        Self { has_allowance, ..Self::default() }
    }

    /// Another device is to be compared with.
    pub(super) const fn leave(&mut self) {
        self.base = None;
        self.ahead = 0;
        self.device_drops.last = None;
        self.queue_drops.last = None;
    }

    /// Adds what was drained.
    pub(super) fn add(&mut self, counters: &Counters) {
        self.sums.add(counters);
    }

    /// Whether there is a beginning to compare from.
    pub(super) const fn has_begun(&self) -> bool {
        self.base.is_some()
    }

    /// Compares from here on. The device has been asked just after the end of the epoch that was added last: what it
    /// received in between is seen, but not expected.
    pub(super) fn begin(&mut self, told: &Told) {
        self.base = Some((told.device.received, self.received()));
        self.compare(told);
    }

    /// Compares with what a device had counted a moment before the epoch ended.
    pub(super) fn compare(&mut self, told: &Told) {
        let Some((device_base, base)) = self.base else { return };
        let seen = self.received();
        // A device may count the parts of what offloads have joined, or some of them: never more than there are on the
        // wire.
        let ahead = (told.device.received.saturating_sub(device_base)).saturating_sub(seen - base);
        // What is still on its way from the device to the program is so once, and not the next time.
        self.unseen = self.unseen.max(ahead.min(self.ahead));
        self.ahead = ahead;
        self.device_drops.add(told.device.not_sent);
        if let Some(drops) = told.queue {
            self.queue_drops.add(drops);
        }
    }

    /// Packets that were received, as on the wire.
    fn received(&self) -> u64 {
        self.sums.get(counter::FRAMES_RECEIVED) + self.sums.get(counter::JOINED_RECEIVED)
    }

    pub(super) fn report(&self, connections: u64, room: u64, drain: Drain) -> KernelReport {
        let sum =
            |of: std::ops::RangeInclusive<usize>| of.map(|counter| self.sums.get(counter)).sum();
        KernelReport {
            frames: [counter::FRAMES_RECEIVED, counter::FRAMES_SENT]
                .map(|counter| self.sums.get(counter)),
            unseen: self.unseen,
            dropped: self.sums.get(counter::DROPPED),
            queue_drops: self.queue_drops.sum,
            device_drops: self.device_drops.sum,
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

    const DRAIN: Drain = Drain { flow_table_fill: 0, drain_micros: 0 };

    fn told(received: u64) -> Told {
        Told { device: Passed { received, ..Passed::default() }, queue: None }
    }

    fn counted(tallies: &mut Tallies, frames: u64, joined: u64) {
        let mut counters = Counters::default();
        counters.of[counter::FRAMES_RECEIVED] = frames;
        counters.of[counter::JOINED_RECEIVED] = joined;
        // However much is sent says nothing of what is received.
        counters.of[counter::FRAMES_SENT] = 1000;
        tallies.add(&counters);
    }

    fn unseen(tallies: &Tallies) -> u64 {
        tallies.report(0, 0, DRAIN).unseen
    }

    #[test]
    fn what_somebody_takes_before_the_program_is_unseen() {
        let mut tallies = Tallies::new(false);
        counted(&mut tallies, 5, 0);
        tallies.begin(&told(100));
        counted(&mut tallies, 10, 0);
        tallies.compare(&told(110));
        counted(&mut tallies, 7, 0);
        tallies.compare(&told(120));
        counted(&mut tallies, 10, 0);
        tallies.compare(&told(130));
        assert_eq!(unseen(&tallies), 3);
    }

    #[test]
    fn what_is_on_its_way_or_joined_by_offloads_is_not_unseen() {
        let mut tallies = Tallies::new(false);
        tallies.begin(&told(0));
        counted(&mut tallies, 8, 0);
        tallies.compare(&told(10));
        counted(&mut tallies, 12, 0);
        tallies.compare(&told(20));
        // The device has counted 40 segments, or any number of joined ones: the program knows of 44.
        counted(&mut tallies, 2, 42);
        tallies.compare(&told(20 + 40));
        counted(&mut tallies, 0, 0);
        tallies.compare(&told(20 + 40));
        assert_eq!(unseen(&tallies), 0);
    }

    #[test]
    fn drops_of_a_queue_that_is_made_anew_are_added() {
        let mut tallies = Tallies::new(false);
        tallies.begin(&told(0));
        let mut tell = |not_sent, queue| {
            tallies.compare(&Told { device: Passed { not_sent, ..Passed::default() }, queue });
            let report = tallies.report(0, 0, DRAIN);
            (report.device_drops, report.queue_drops)
        };
        assert_eq!(tell(0, Some(50)), (0, 0));
        assert_eq!(tell(7, Some(50)), (7, 0));
        assert_eq!(tell(7, Some(52)), (7, 2));
        assert_eq!(tell(9, Some(3)), (9, 5));
        assert_eq!(tell(9, None), (9, 5));
    }
}

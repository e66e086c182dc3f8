//! What is written when windows close: flows in order, `NODATA` and `SKIPDATA`.

use std::collections::{BTreeMap, BTreeSet};

use flowlogd_vpc::InterfaceIndex;

use crate::key::PackedKey;
use crate::merge::{ClosedWindow, Status};
use crate::window::{CaptureWindow, WindowLength};
use crate::window_flows::WindowFlows;

/// Silence longer than this is told once, not window by window (`semantics.md` 4), in seconds.
const LONGEST_TOLD_GAP: u64 = 24 * 60 * 60;

/// One thing to write out.
#[derive(Debug)]
pub enum Closed {
    /// A window with flows, or with something to say of interfaces without.
    Window(ClosedWindow),
    /// So many windows without any packet that their `NODATA` records are left out.
    LongGap {
        /// The first of them.
        first: CaptureWindow,
        /// How many.
        windows: u64,
    },
}

/// Whether interfaces without traffic are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// By `NODATA` records.
    Reported,
    /// Not at all: a capture without inventory.
    Ignored,
}

/// Puts the tables of all shards together, and knows which interfaces should have had traffic.
#[derive(Debug)]
pub struct Closer {
    length: WindowLength,
    silence: Silence,
    /// Interfaces that had traffic in an earlier window.
    known: BTreeSet<InterfaceIndex>,
    /// The first window that has not been written yet.
    next: Option<u64>,
    /// The end of a long gap that was told last.
    gap_end: Option<u64>,
}

impl Closer {
    /// Creates a closer that knows no interface.
    pub const fn new(length: WindowLength, silence: Silence) -> Self {
        Self { length, silence, known: BTreeSet::new(), next: None, gap_end: None }
    }

    /// Goes on where another closer was: the interfaces it knew, and the first window it had not closed.
    pub fn resume(&mut self, known: BTreeSet<InterfaceIndex>, next: Option<u64>) {
        self.known = known;
        self.next = next;
    }

    /// Returns the interfaces that had traffic, and the first window that is not closed yet.
    pub const fn progress(&self) -> (&BTreeSet<InterfaceIndex>, Option<u64>) {
        (&self.known, self.next)
    }

    /// Takes what [`Aggregator::close`](crate::Aggregator::close) returned for every shard, in the order of
    /// the shards, and returns what is to be written, in order. `closed_before` is `None` at the end of
    /// input, after which no window is expected.
    pub fn close(
        &mut self,
        shards: impl IntoIterator<Item = BTreeMap<u64, WindowFlows>>,
        closed_before: Option<u64>,
    ) -> Vec<Closed> {
        let mut windows: BTreeMap<u64, Vec<WindowFlows>> = BTreeMap::new();
        for shard in shards {
            for (number, flows) in shard {
                windows.entry(number).or_default().push(flows);
            }
        }
        let mut closed = Vec::new();
        for (number, tables) in windows {
            let is_late = self.next.is_some_and(|next| number < next);
            if !is_late {
                self.pass_gap(number, &mut closed);
                self.next = Some(number + 1);
            }
            let mut window =
                ClosedWindow::new(CaptureWindow::numbered(number, self.length), tables);
            let present = window.interfaces();
            if self.silence == Silence::Reported {
                if !is_late {
                    for silent in self.known.difference(&present) {
                        window.statuses.entry(*silent).or_insert(Status::NoData);
                    }
                }
                self.known.extend(present);
            }
            closed.push(Closed::Window(window));
        }
        if let Some(closed_before) = closed_before {
            self.pass_gap(closed_before, &mut closed);
        }
        closed
    }

    /// Tells of the windows without any packet before window `until`.
    fn pass_gap(&mut self, until: u64, closed: &mut Vec<Closed>) {
        let Some(next) = self.next.filter(|next| *next < until) else { return };
        self.next = Some(until);
        if self.known.is_empty() {
            return;
        }
        // A packet within the grace period ends a silence but for one window, which belongs to it.
        let is_rest = self.gap_end.take() == Some(next) && until - next == 1;
        if is_rest || (until - next).saturating_mul(self.length.as_secs()) > LONGEST_TOLD_GAP {
            let first = CaptureWindow::numbered(next, self.length);
            closed.push(Closed::LongGap { first, windows: until - next });
            self.gap_end = (!is_rest).then_some(until);
            return;
        }
        for number in next..until {
            let mut window =
                ClosedWindow::new(CaptureWindow::numbered(number, self.length), Vec::new());
            window.statuses.extend(self.known.iter().map(|silent| (*silent, Status::NoData)));
            closed.push(Closed::Window(window));
        }
    }
}

/// Returns the interfaces that have flows in a sorted table.
pub(crate) fn interfaces_of<K: PackedKey>(
    sorted: &[crate::Entry<K>],
    found: &mut BTreeSet<InterfaceIndex>,
) {
    let mut rest = sorted;
    while let Some(entry) = rest.first() {
        let interface = entry.key.head() >> 1;
        found.insert(InterfaceIndex(interface));
        let end = rest.partition_point(|other| other.key.head() >> 1 == interface);
        rest = rest.get(end..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::net::Ipv4Addr;

    use flowlogd_vpc::{Direction, Tick};

    use super::*;
    use crate::aggregator::Aggregator;
    use crate::key::KeyV4;
    use crate::tally::Sighting;

    struct Run {
        aggregator: Aggregator,
        closer: Closer,
        text: String,
    }

    impl Run {
        fn new(max_flows: usize, silence: Silence) -> Self {
            Self {
                aggregator: Aggregator::new(WindowLength::ONE_MINUTE, max_flows),
                closer: Closer::new(WindowLength::ONE_MINUTE, silence),
                text: String::new(),
            }
        }

        /// A packet from `10.0.0.<host>` at an interface.
        fn packet(&mut self, interface: u32, host: u8, secs: u64) {
            let key = KeyV4::new(Ipv4Addr::new(10, 0, 0, host), Ipv4Addr::LOCALHOST, 1, 2, 17)
                .at(InterfaceIndex(interface), Direction::Ingress);
            let seen = Sighting {
                secs,
                tick: Tick(secs),
                sequence: secs,
                packets: 1,
                bytes: 100,
                protocol: 17,
                tcp_flags: None,
            };
            self.aggregator.count(key, key.hash(), &seen);
        }

        fn close(&mut self, closed_before: Option<u64>) {
            let tables = self.aggregator.close(closed_before.unwrap_or(u64::MAX));
            for closed in self.closer.close([tables], closed_before) {
                match closed {
                    Closed::LongGap { first, windows } => {
                        writeln!(self.text, "gap of {windows} from {first:?}").unwrap();
                    }
                    Closed::Window(window) => {
                        for part in window.parts(1) {
                            let text = &mut self.text;
                            part.for_each(|item| match item {
                                crate::Item::Flow(key, tally) => {
                                    let (first, last) = tally.offsets();
                                    writeln!(
                                        text,
                                        "{:?} eni{} {} {}+{first}..{last} packets={}",
                                        window.window(),
                                        key.interface.0,
                                        key.addresses.src(),
                                        window.window().start(),
                                        tally.packets()
                                    )
                                    .unwrap();
                                }
                                crate::Item::Status(interface, status) => {
                                    writeln!(
                                        text,
                                        "{:?} eni{} {status:?}",
                                        window.window(),
                                        interface.0
                                    )
                                    .unwrap();
                                }
                            });
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_interface_that_falls_silent_has_a_nodata_record_a_window() {
        let mut run = Run::new(10, Silence::Reported);
        run.packet(0, 1, 0);
        run.packet(0, 1, 59);
        run.packet(1, 1, 60);
        run.packet(0, 2, 240);

        run.close(Some(4));
        run.close(None);

        insta::assert_snapshot!(run.text, @r"
        [0, 60) eni0 10.0.0.1 0+0..59 packets=2
        [60, 120) eni0 NoData
        [60, 120) eni1 10.0.0.1 60+0..0 packets=1
        [120, 180) eni0 NoData
        [120, 180) eni1 NoData
        [180, 240) eni0 NoData
        [180, 240) eni1 NoData
        [240, 300) eni0 10.0.0.2 240+0..0 packets=1
        [240, 300) eni1 NoData
        ");
    }

    #[test]
    fn a_late_packet_is_one_more_record_of_its_own_window() {
        let mut run = Run::new(10, Silence::Reported);
        run.packet(0, 1, 0);
        run.packet(0, 1, 70);
        run.close(Some(1));
        run.packet(0, 1, 5);
        run.packet(1, 1, 6);

        run.close(None);

        insta::assert_snapshot!(run.text, @r"
        [0, 60) eni0 10.0.0.1 0+0..0 packets=1
        [0, 60) eni0 10.0.0.1 0+5..5 packets=1
        [0, 60) eni1 10.0.0.1 0+6..6 packets=1
        [60, 120) eni0 10.0.0.1 60+10..10 packets=1
        [60, 120) eni1 NoData
        ");
    }

    #[test]
    fn flows_that_find_no_room_make_a_skipdata_record_with_their_count() {
        let mut run = Run::new(2, Silence::Reported);
        for host in 1..=4 {
            run.packet(0, host, 1);
        }
        run.packet(0, 1, 2);
        run.packet(1, 9, 3);

        run.close(None);

        insta::assert_snapshot!(run.text, @r"
        [0, 60) eni0 10.0.0.1 0+1..2 packets=2
        [0, 60) eni0 10.0.0.2 0+1..1 packets=1
        [0, 60) eni0 SkipData { lost_packets: 2 }
        [0, 60) eni1 SkipData { lost_packets: 1 }
        ");
    }

    #[test]
    fn silence_of_more_than_a_day_is_told_once() {
        let mut run = Run::new(10, Silence::Reported);
        run.packet(0, 1, 0);
        run.close(Some(1 + 1440));
        assert_eq!(run.text.lines().count(), 1 + 1440);
        run.text.clear();

        run.close(Some(1 + 1440 + 1441));

        insta::assert_snapshot!(run.text, @"gap of 1441 from [86460, 86520)");
    }

    #[test]
    fn the_window_before_a_packet_within_the_grace_period_is_of_the_silence() {
        let mut run = Run::new(10, Silence::Reported);
        run.packet(0, 1, 0);
        let at = 2000 * 60 + 1;
        run.close(Some(WindowLength::ONE_MINUTE.closed_before(at)));
        run.packet(0, 1, at);
        run.close(None);

        insta::assert_snapshot!(run.text, @r"
        [0, 60) eni0 10.0.0.1 0+0..0 packets=1
        gap of 1998 from [60, 120)
        gap of 1 from [119940, 120000)
        [120000, 120060) eni0 10.0.0.1 120000+1..1 packets=1
        ");
    }

    #[test]
    fn a_jump_to_the_end_of_time_is_no_loop() {
        let mut run = Run::new(10, Silence::Reported);
        run.packet(0, 1, 0);
        run.packet(0, 1, u64::MAX / 2);

        run.close(Some(WindowLength::ONE_MINUTE.closed_before(u64::MAX / 2)));
        run.close(None);

        assert_eq!(run.text.lines().count(), 3);
    }

    #[test]
    fn without_an_inventory_nobody_is_missed() {
        let mut run = Run::new(10, Silence::Ignored);
        run.packet(0, 1, 0);
        run.packet(0, 1, 600);

        run.close(Some(10));
        run.close(None);

        assert_eq!(run.text.lines().count(), 2);
    }
}

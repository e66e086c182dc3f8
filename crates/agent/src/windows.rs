//! Windows of an attachment between the flow tables and the records: drained pieces put together, the base
//! interval closed, ten of them summed up to the long one (`semantics.md` 2, 4, 5).

use std::collections::{BTreeMap, BTreeSet};

use flowlogd_flowlog::{CaptureWindow, Closed, Closer, Silence, WindowFlows, WindowLength};
use flowlogd_vpc::InterfaceIndex;

use crate::counter::Tables;

/// Base windows in a long one: `MaxAggregationInterval` 600 to 60.
const BASES_IN_LONG: u64 = 10;

/// What is over, at one moment of the packets' clock.
#[derive(Debug)]
pub struct ClosedWindows {
    /// The first second that is still open.
    pub until: u64,
    /// The closing's own: `until` where that grows, and greater than those before in any case (a clock that was set back,
    /// late packets at the end of input).
    pub number: u64,
    /// Windows of the base interval, in order.
    pub base: Vec<Closed>,
    /// Windows of the long interval, in order.
    pub long: Vec<Closed>,
}

/// Where [`Windows`] stands: what a journal keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Flows of base windows that are not closed, by number.
    pub base: BTreeMap<u64, WindowFlows>,
    /// Flows of long windows that are not closed, by number.
    pub long: BTreeMap<u64, WindowFlows>,
    /// Interfaces that had traffic.
    pub known: BTreeSet<InterfaceIndex>,
    /// The first base window that is not closed.
    pub next_base: Option<u64>,
    /// The first long window that is not closed.
    pub next_long: Option<u64>,
    /// The number of the last closing; 0 before the first.
    pub last_closing: u64,
}

/// Flows of windows that are not over yet.
#[derive(Debug)]
pub struct Windows {
    base: WindowLength,
    long: WindowLength,
    open_base: BTreeMap<u64, WindowFlows>,
    open_long: BTreeMap<u64, WindowFlows>,
    base_closer: Closer,
    long_closer: Closer,
    wants_long: bool,
    last_closing: u64,
}

impl Windows {
    /// Creates windows of a base interval of at most 60 seconds.
    pub fn new(base: WindowLength) -> Self {
        let long = WindowLength::try_from(base.as_secs() * BASES_IN_LONG)
            .unwrap_or(WindowLength::TEN_MINUTES);
        Self {
            base,
            long,
            open_base: BTreeMap::new(),
            open_long: BTreeMap::new(),
            base_closer: Closer::new(base, Silence::Reported),
            long_closer: Closer::new(long, Silence::Reported),
            wants_long: false,
            last_closing: 0,
        }
    }

    /// Whether somebody wants the long interval. Without, nothing is kept for it.
    pub fn want_long(&mut self, wanted: bool) {
        self.wants_long = wanted;
        if !wanted {
            self.open_long.clear();
        }
    }

    /// Goes on where an earlier process stood.
    pub fn resume(&mut self, standing: Standing) {
        self.open_base = standing.base;
        self.open_long = standing.long;
        self.base_closer.resume(standing.known.clone(), standing.next_base);
        self.long_closer.resume(standing.known, standing.next_long);
        self.last_closing = standing.last_closing;
    }

    /// Returns where it stands.
    pub fn standing(&self) -> Standing {
        let (known, next_base) = self.base_closer.progress();
        let (known_long, next_long) = self.long_closer.progress();
        Standing {
            base: self.open_base.clone(),
            long: self.open_long.clone(),
            known: known.union(known_long).copied().collect(),
            next_base,
            next_long,
            last_closing: self.last_closing,
        }
    }

    /// Returns the number of the last base window that has flows and is not closed.
    pub fn last_open(&self) -> Option<u64> {
        self.open_base.last_key_value().map(|(number, _)| *number)
    }

    /// Adds what was counted.
    pub fn add(&mut self, tables: Tables) {
        for (number, flows) in tables.into_iter().flatten() {
            self.open_base.entry(number).or_default().absorb(flows);
        }
    }

    /// Returns the number of the base window that is open now, given the packets' clock.
    pub const fn base(&self) -> WindowLength {
        self.base
    }

    /// Closes the base windows with a number below `closed_before`, and the long ones that end with them.
    pub fn close(&mut self, closed_before: u64) -> ClosedWindows {
        self.take(Some(closed_before))
    }

    /// Closes everything: at the end of input.
    pub fn finish(&mut self) -> ClosedWindows {
        self.take(None)
    }

    fn take(&mut self, closed_before: Option<u64>) -> ClosedWindows {
        let still_open = match closed_before {
            Some(closed_before) => self.open_base.split_off(&closed_before),
            None => BTreeMap::new(),
        };
        let over = std::mem::replace(&mut self.open_base, still_open);
        let last = over.last_key_value().map_or(0, |(number, _)| number + 1);
        let until = closed_before.unwrap_or(last).saturating_mul(self.base.as_secs());
        if self.wants_long {
            for (number, flows) in &over {
                let window = CaptureWindow::numbered(*number, self.base);
                let long = CaptureWindow::containing(window.start(), self.long);
                self.open_long
                    .entry(long.number())
                    .or_default()
                    .absorb(flows.clone().moved(window, long));
            }
        }
        let base = self.base_closer.close([over], closed_before);

        let long_before = closed_before.map(|_| until / self.long.as_secs());
        let still_open = match long_before {
            Some(long_before) => self.open_long.split_off(&long_before),
            None => BTreeMap::new(),
        };
        let over = std::mem::replace(&mut self.open_long, still_open);
        let long =
            if self.wants_long { self.long_closer.close([over], long_before) } else { Vec::new() };
        self.last_closing = until.max(self.last_closing + 1);
        ClosedWindows { until, number: self.last_closing, base, long }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::net::Ipv4Addr;

    use flowlogd_flowlog::{Aggregator, Item, KeyV4, PackedKey as _, Sighting};
    use flowlogd_vpc::{Direction, Tick};

    use super::*;

    fn packet(aggregator: &mut Aggregator, host: u8, secs: u64) {
        let key = KeyV4::new(Ipv4Addr::new(10, 0, 0, host), Ipv4Addr::LOCALHOST, 1, 2, 17)
            .at(InterfaceIndex(0), Direction::Ingress);
        let seen = Sighting {
            secs,
            tick: Tick(secs),
            sequence: secs,
            packets: 1,
            bytes: 100,
            protocol: 17,
            tcp_flags: None,
        };
        aggregator.count(key, key.hash(), &seen);
    }

    fn told(closed: &[Closed]) -> String {
        let mut text = String::new();
        for closed in closed {
            let Closed::Window(window) = closed else { continue };
            for part in window.parts(1) {
                part.for_each(|item| match item {
                    Item::Flow(key, tally) => {
                        let (first, last) = tally.offsets();
                        let _ = writeln!(
                            text,
                            "{:?} {} {} packets, +{first}..{last}",
                            window.window(),
                            key.addresses.src(),
                            tally.packets()
                        );
                    }
                    Item::Status(_, status) => {
                        let _ = writeln!(text, "{:?} {status:?}", window.window());
                    }
                });
            }
        }
        text
    }

    #[test]
    fn ten_base_windows_are_one_long_one_with_true_times() {
        let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 100);
        let mut windows = Windows::new(WindowLength::ONE_MINUTE);
        windows.want_long(true);
        let mut long = String::new();
        let mut base = String::new();
        for minute in 0..21 {
            if minute != 3 && minute < 12 {
                packet(&mut aggregator, 1, minute * 60 + 7);
                windows.add(vec![aggregator.drain()]);
                packet(&mut aggregator, 1, minute * 60 + 59);
            }
            windows.add(vec![aggregator.close(minute + 1)]);
            let closed = windows.close(minute + 1);
            assert_eq!(closed.until, (minute + 1) * 60);
            base += &told(&closed.base);
            long += &told(&closed.long);
        }

        insta::assert_snapshot!(long, @r"
        [0, 600) 10.0.0.1 18 packets, +7..599
        [600, 1200) 10.0.0.1 4 packets, +7..119
        ");
        assert_eq!(base.lines().filter(|line| line.contains("2 packets, +7..59")).count(), 11);
        assert_eq!(base.lines().filter(|line| line.contains("NoData")).count(), 10);
    }

    #[test]
    fn a_resumed_standing_closes_as_the_first_would_have() {
        let feed = |windows: &mut Windows, minutes: std::ops::Range<u64>| {
            let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 100);
            minutes.for_each(|minute| packet(&mut aggregator, 2, minute * 60 + 1));
            windows.add(vec![aggregator.drain()]);
        };
        let mut first = Windows::new(WindowLength::ONE_MINUTE);
        first.want_long(true);
        feed(&mut first, 0..4);
        let _ = first.close(2);

        let mut second = Windows::new(WindowLength::ONE_MINUTE);
        second.want_long(true);
        second.resume(first.standing());

        assert_eq!(second.standing(), first.standing());
        let (a, b) = (first.close(10), second.close(10));
        assert_eq!(told(&a.base), told(&b.base));
        assert_eq!(told(&a.long), told(&b.long));
        assert!(told(&a.long).contains("4 packets"));
    }

    #[test]
    fn closings_have_growing_numbers_though_the_clock_is_set_back() {
        let mut windows = Windows::new(WindowLength::ONE_MINUTE);
        assert_eq!(windows.close(10).number, 600);
        assert_eq!(windows.close(12).number, 720);
        let mut resumed = Windows::new(WindowLength::ONE_MINUTE);
        resumed.resume(windows.standing());
        for windows in [&mut windows, &mut resumed] {
            let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 100);
            packet(&mut aggregator, 1, 301);
            windows.add(vec![aggregator.drain()]);
            assert_eq!(windows.last_open(), Some(5));

            let closed = windows.close(6);

            assert_eq!((closed.until, closed.number), (360, 721));
            assert_eq!(told(&closed.base), "[300, 360) 10.0.0.1 1 packets, +1..1\n");
            assert_eq!((windows.close(7).number, windows.close(20).number), (722, 1200));
        }
    }

    #[test]
    fn nobody_pays_for_a_long_window_that_nobody_wants() {
        let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 100);
        let mut windows = Windows::new(WindowLength::ONE_MINUTE);
        packet(&mut aggregator, 1, 1);
        windows.add(vec![aggregator.drain()]);
        let closed = windows.close(30);

        assert!(closed.long.is_empty());
        assert!(windows.standing().long.is_empty());
    }
}

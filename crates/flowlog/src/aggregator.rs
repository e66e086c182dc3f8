//! Gathers packets into flows until their capture window is over.

use std::collections::BTreeMap;

use flowlogd_packet::Addresses;
use flowlogd_vpc::{Action, ConnectionHint, Decision, Exclusion, InterfaceIndex, Judgement};

use crate::key::{FlowKey, KeyV4, KeyV6, PackedKey, at_point};
use crate::table::{Entry, FlowTable};
use crate::tally::{Generation, Sighting, Tally};
use crate::window::{CaptureWindow, WindowLength};
use crate::window_flows::WindowFlows;

/// What became of a packet at an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in a flow with this action.
    Counted(Action),
    /// It is in no record, by rule.
    Excluded(Exclusion),
    /// It belongs to a flow that found no room: its window will have a `SKIPDATA` record.
    Lost(Action),
}

/// What the table already knows of the flow whose packet is to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Nothing that may be reused.
    Unknown,
    /// This generation's rules refuse it; only a connection could let it pass.
    RefusedByRules(Decision),
    /// This generation has accepted a packet of it, whose connection was there.
    Accepted(ConnectionHint),
}

#[derive(Debug)]
struct OpenWindow {
    number: u64,
    start: u64,
    v4: FlowTable<KeyV4>,
    v6: FlowTable<KeyV6>,
}

/// The flow tables of a set of interfaces.
///
/// The caller owns the clock and the event loop:
///
/// 1. whenever the packets' clock closes a window ([`WindowLength::closed_before`] grows), call
///    [`close`](Self::close) and write out what it returns;
/// 2. call [`observe`](Self::observe) or [`count`](Self::count) for every packet.
///
/// A packet of a closed window is counted in its own window all the same, and comes out of the next
/// closing as one more record of its flow (`semantics.md` 2).
#[derive(Debug)]
pub struct Aggregator {
    length: WindowLength,
    max_flows: usize,
    flows: usize,
    closed_before: u64,
    /// Ascending; hardly ever more than two.
    open: Vec<OpenWindow>,
    /// IPv4 and IPv6 flows of the last window that was closed.
    last: (usize, usize),
    // A map: late packets are few, and their windows may be many.
    late: BTreeMap<(u64, FlowKey), Tally>,
    lost: BTreeMap<(u64, InterfaceIndex), u64>,
}

impl Aggregator {
    /// Creates an aggregator that holds at most `max_flows` flows of all windows together.
    pub const fn new(length: WindowLength, max_flows: usize) -> Self {
        Self {
            length,
            max_flows,
            flows: 0,
            closed_before: 0,
            open: Vec::new(),
            last: (0, 0),
            late: BTreeMap::new(),
            lost: BTreeMap::new(),
        }
    }

    /// Loads what [`observe`](Self::observe) will look at first for a key with this hash, so that the
    /// waits of several packets overlap. The value means nothing.
    #[inline]
    pub fn warm<K: WindowKey>(&self, hash: u64) -> u64 {
        self.open.last().map_or(0, |open| K::table(open).warm(hash))
    }

    /// Counts a packet of an interface without rules. `hash` is the key's.
    #[inline]
    pub fn count<K: WindowKey>(&mut self, key: K, hash: u64, seen: &Sighting) -> Outcome {
        let key = key.with_action(Action::Accept);
        let Some((open, offset)) = Self::open_window(
            &mut self.open,
            self.length,
            self.closed_before,
            self.last,
            seen.secs,
        ) else {
            return self.observe_late(key, seen, Tally::count);
        };
        let table = K::table_mut(open);
        if let Some(tally) = table.find_accepted(key, hash) {
            tally.count(seen, offset);
            return Outcome::Counted(Action::Accept);
        }
        if self.flows >= self.max_flows {
            return self.lose(key, seen);
        }
        self.flows += 1;
        table.insert(key, hash).count(seen, offset);
        Outcome::Counted(Action::Accept)
    }

    /// Counts a packet, asking `judge` unless the verdict on an earlier packet stands. `hash` is the key's.
    #[inline]
    pub fn observe<K: WindowKey>(
        &mut self,
        key: K,
        hash: u64,
        seen: &Sighting,
        generation: Generation,
        judge: impl FnOnce(Prior) -> Judgement,
    ) -> Outcome {
        let Some((open, offset)) = Self::open_window(
            &mut self.open,
            self.length,
            self.closed_before,
            self.last,
            seen.secs,
        ) else {
            return self.judge_late(key, seen, generation, judge);
        };
        let table = K::table_mut(open);
        let places = table.find(key, hash);
        let mut prior = Prior::Unknown;
        if let Some(tally) = places.accept.and_then(|place| table.get_mut(place)) {
            if tally.stands_for(seen, generation) {
                tally.count(seen, offset);
                return Outcome::Counted(Action::Accept);
            }
            let connection = tally.connection(generation);
            if connection != ConnectionHint::NONE {
                prior = Prior::Accepted(connection);
            }
        } else if let Some(tally) = places.reject.and_then(|place| table.get(place))
            && let Some(refusal) = tally.refusal_by_rules(generation)
        {
            prior = Prior::RefusedByRules(refusal);
        }
        let verdict = match judge(prior) {
            Judgement::Excluded(exclusion) => return Outcome::Excluded(exclusion),
            Judgement::Decided(verdict) => verdict,
        };
        let key = key.with_action(verdict.action);
        let place = match (verdict.action, places.accept) {
            (Action::Accept, accept) => accept,
            (Action::Reject, None) => places.reject,
            // The search stopped at the accepted entry.
            (Action::Reject, Some(_)) => table.find_rejected(key, hash),
        };
        let tally = match place.and_then(|place| table.get_mut(place)) {
            Some(tally) => tally,
            None if self.flows >= self.max_flows => return self.lose(key, seen),
            None => {
                self.flows += 1;
                table.insert(key, hash)
            }
        };
        tally.learn(&verdict, generation, seen.tick);
        tally.count(seen, offset);
        Outcome::Counted(verdict.action)
    }

    /// Finds or opens the window of a packet, and its second in it; none if the window is closed.
    ///
    /// Takes the fields, not `self`, so that the caller can still count what it loses.
    #[inline]
    fn open_window(
        open: &mut Vec<OpenWindow>,
        length: WindowLength,
        closed_before: u64,
        last: (usize, usize),
        secs: u64,
    ) -> Option<(&mut OpenWindow, u16)> {
        // The newest window is nearly always the one.
        let is_newest =
            open.last().is_some_and(|newest| secs.wrapping_sub(newest.start) < length.as_secs());
        let index = if is_newest {
            open.len() - 1
        } else {
            Self::index_of_window(
                open,
                CaptureWindow::containing(secs, length),
                closed_before,
                last,
            )?
        };
        let found = open.get_mut(index)?;
        let offset = offset_in_window(secs, found.start);
        Some((found, offset))
    }

    #[cold]
    fn index_of_window(
        open: &mut Vec<OpenWindow>,
        window: CaptureWindow,
        closed_before: u64,
        last: (usize, usize),
    ) -> Option<usize> {
        if window.number() < closed_before {
            return None;
        }
        let (number, start) = (window.number(), window.start());
        let index = open.partition_point(|other| other.number < number);
        if open.get(index).is_none_or(|other| other.number != number) {
            // Half of what the last window needed at once, so that a busy table grows but a few times.
            let v4 = FlowTable::with_room_for(last.0 / 2);
            let v6 = FlowTable::with_room_for(last.1 / 2);
            open.insert(index, OpenWindow { number, start, v4, v6 });
        }
        Some(index)
    }

    #[cold]
    fn judge_late<K: WindowKey>(
        &mut self,
        key: K,
        seen: &Sighting,
        generation: Generation,
        judge: impl FnOnce(Prior) -> Judgement,
    ) -> Outcome {
        match judge(Prior::Unknown) {
            Judgement::Excluded(exclusion) => Outcome::Excluded(exclusion),
            Judgement::Decided(verdict) => {
                self.observe_late(key.with_action(verdict.action), seen, |tally, seen, offset| {
                    tally.learn(&verdict, generation, seen.tick);
                    tally.count(seen, offset);
                })
            }
        }
    }

    #[cold]
    fn observe_late<K: WindowKey>(
        &mut self,
        key: K,
        seen: &Sighting,
        count: impl FnOnce(&mut Tally, &Sighting, u16),
    ) -> Outcome {
        let window = CaptureWindow::containing(seen.secs, self.length);
        let unpacked = key.unpack();
        let slot = (window.number(), unpacked);
        if !self.late.contains_key(&slot) {
            if self.flows >= self.max_flows {
                return self.lose(key, seen);
            }
            self.flows += 1;
        }
        let offset = offset_in_window(seen.secs, window.start());
        count(self.late.entry(slot).or_insert(Tally::EMPTY), seen, offset);
        Outcome::Counted(unpacked.action)
    }

    #[cold]
    fn lose<K: WindowKey>(&mut self, key: K, seen: &Sighting) -> Outcome {
        let key = key.unpack();
        self.lose_unseen(key.interface, seen.secs, u64::from(seen.packets));
        Outcome::Lost(key.action)
    }

    /// Counts packets of an interface that were lost at second `secs`: its window will have a `SKIPDATA`
    /// record.
    pub fn lose_unseen(&mut self, interface: InterfaceIndex, secs: u64, packets: u64) {
        let slot = (CaptureWindow::containing(secs, self.length).number(), interface);
        // Bounded as the flows are: what a flood of windows adds beyond that is told of the last one.
        let is_full = self.lost.len() >= self.max_flows.max(1) && !self.lost.contains_key(&slot);
        let slot = match self.lost.last_key_value() {
            Some((last, _)) if is_full => *last,
            Some(_) | None => slot,
        };
        *self.lost.entry(slot).or_default() += packets;
    }

    /// Takes the flows of all windows with a number below `closed_before`, and what came late; by window
    /// number.
    pub fn close(&mut self, closed_before: u64) -> BTreeMap<u64, WindowFlows> {
        self.closed_before = self.closed_before.max(closed_before);
        self.take(closed_before)
    }

    /// Takes all flows counted so far, of open windows too, which stay open: what comes after that is
    /// the same flow in another table.
    pub fn drain(&mut self) -> BTreeMap<u64, WindowFlows> {
        self.take(u64::MAX)
    }

    fn take(&mut self, closed_before: u64) -> BTreeMap<u64, WindowFlows> {
        let mut closed: BTreeMap<u64, WindowFlows> = BTreeMap::new();
        let still_open = self.open.partition_point(|open| open.number < closed_before);
        for open in self.open.drain(..still_open) {
            self.flows -= open.v4.len() + open.v6.len();
            self.last = (open.v4.len(), open.v6.len());
            let flows = WindowFlows {
                v4: open.v4.into_sorted(),
                v6: open.v6.into_sorted(),
                lost: BTreeMap::new(),
            };
            closed.insert(open.number, flows);
        }
        for ((window, key), tally) in std::mem::take(&mut self.late) {
            self.flows -= 1;
            let flows = closed.entry(window).or_default();
            match key.addresses {
                Addresses::V4 { src, dst } => {
                    let packed = KeyV4::new(src, dst, key.srcport, key.dstport, key.protocol);
                    flows.v4.push(Entry { key: at_point(packed, &key), tally });
                }
                Addresses::V6 { src, dst } => {
                    let packed = KeyV6::new(src, dst, key.srcport, key.dstport, key.protocol);
                    flows.v6.push(Entry { key: at_point(packed, &key), tally });
                }
            }
        }
        let open_lost = self.lost.split_off(&(closed_before, InterfaceIndex(0)));
        for ((window, interface), packets) in std::mem::replace(&mut self.lost, open_lost) {
            *closed.entry(window).or_default().lost.entry(interface).or_default() += packets;
        }
        closed
    }

    /// Takes everything: at the end of input.
    pub fn close_all(&mut self) -> BTreeMap<u64, WindowFlows> {
        self.close(u64::MAX)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a window is at most 600 s long")]
const fn offset_in_window(secs: u64, start: u64) -> u16 {
    secs.wrapping_sub(start) as u16
}

/// A key that knows which of a window's tables it belongs to. Sealed: the families are IPv4 and IPv6.
pub trait WindowKey: PackedKey + sealed::Table {}

impl WindowKey for KeyV4 {}
impl WindowKey for KeyV6 {}

mod sealed {
    use super::{FlowTable, KeyV4, KeyV6, OpenWindow};

    #[expect(private_interfaces, reason = "sealed: cannot be named outside")]
    pub trait Table: Sized {
        fn table(open: &OpenWindow) -> &FlowTable<Self>;
        fn table_mut(open: &mut OpenWindow) -> &mut FlowTable<Self>;
    }

    #[expect(private_interfaces, reason = "sealed: cannot be named outside")]
    impl Table for KeyV4 {
        #[inline]
        fn table(open: &OpenWindow) -> &FlowTable<Self> {
            &open.v4
        }

        #[inline]
        fn table_mut(open: &mut OpenWindow) -> &mut FlowTable<Self> {
            &mut open.v4
        }
    }

    #[expect(private_interfaces, reason = "sealed: cannot be named outside")]
    impl Table for KeyV6 {
        #[inline]
        fn table(open: &OpenWindow) -> &FlowTable<Self> {
            &open.v6
        }

        #[inline]
        fn table_mut(open: &mut OpenWindow) -> &mut FlowTable<Self> {
            &mut open.v6
        }
    }
}

//! The flows of one closed window from many tables, in the order in which they are written.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use flowlogd_vpc::InterfaceIndex;

use crate::closing::interfaces_of;
use crate::key::{FlowKey, KeyV4, KeyV6, PackedKey};
use crate::table::Entry;
use crate::tally::Tally;
use crate::window::CaptureWindow;
use crate::window_flows::WindowFlows;

/// What a window says of an interface besides its flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No loggable traffic.
    NoData,
    /// Packets were lost.
    SkipData {
        /// How many.
        lost_packets: u64,
    },
}

/// One thing to write.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A flow.
    Flow(FlowKey, &'a Tally),
    /// After the flows of the interface, if it has any.
    Status(InterfaceIndex, Status),
}

/// A window that is over, with the flows of all shards.
#[derive(Debug)]
pub struct ClosedWindow {
    window: CaptureWindow,
    tables: Vec<WindowFlows>,
    pub(crate) statuses: BTreeMap<InterfaceIndex, Status>,
}

/// A stretch of a window's items. Written one after the other, the parts are the window.
#[derive(Debug)]
pub struct Part<'a> {
    v4: Vec<&'a [Entry<KeyV4>]>,
    v6: Vec<&'a [Entry<KeyV6>]>,
    statuses: Vec<(InterfaceIndex, Status)>,
}

impl ClosedWindow {
    pub(crate) fn new(window: CaptureWindow, tables: Vec<WindowFlows>) -> Self {
        let mut lost: BTreeMap<InterfaceIndex, u64> = BTreeMap::new();
        for (interface, packets) in tables.iter().flat_map(|table| &table.lost) {
            *lost.entry(*interface).or_default() += packets;
        }
        let statuses = lost
            .into_iter()
            .map(|(interface, lost_packets)| (interface, Status::SkipData { lost_packets }))
            .collect();
        Self { window, tables, statuses }
    }

    /// Returns the stretch of time.
    pub const fn window(&self) -> CaptureWindow {
        self.window
    }

    /// Adds packets of an interface that were lost before they could be counted in a flow.
    pub fn add_lost(&mut self, interface: InterfaceIndex, packets: u64) {
        let status = self.statuses.entry(interface).or_insert(Status::NoData);
        let before = match *status {
            Status::NoData => 0,
            Status::SkipData { lost_packets } => lost_packets,
        };
        *status = Status::SkipData { lost_packets: before + packets };
    }

    /// Returns the packets in flows, by interface.
    pub fn packets(&self) -> BTreeMap<InterfaceIndex, u64> {
        let mut sum = BTreeMap::new();
        for (interface, packets) in self.tables.iter().flat_map(WindowFlows::packets) {
            *sum.entry(interface).or_default() += packets;
        }
        sum
    }

    /// Takes the flows out again, as the parts of a longer window.
    pub fn into_flows(self) -> Vec<WindowFlows> {
        self.tables
    }

    /// Returns the number of flows, those that several tables share counted in each.
    pub fn flows(&self) -> usize {
        self.tables.iter().map(|table| table.v4.len() + table.v6.len()).sum()
    }

    /// Returns the number of flows of each interface, those that several tables share counted in each.
    pub fn flows_by_interface(&self) -> BTreeMap<InterfaceIndex, u64> {
        let mut flows: BTreeMap<InterfaceIndex, u64> = BTreeMap::new();
        for table in &self.tables {
            let heads = table.v4.iter().map(|entry| entry.key.head());
            for head in heads.chain(table.v6.iter().map(|entry| entry.key.head())) {
                *flows.entry(InterfaceIndex(head >> 1)).or_default() += 1;
            }
        }
        flows
    }

    /// Returns the interfaces that have flows or lost packets.
    pub(crate) fn interfaces(&self) -> BTreeSet<InterfaceIndex> {
        let mut found = self.statuses.keys().copied().collect();
        for table in &self.tables {
            interfaces_of(&table.v4, &mut found);
            interfaces_of(&table.v6, &mut found);
        }
        found
    }

    /// Returns what the window says of one interface.
    pub fn part_of(&self, interface: InterfaceIndex) -> Part<'_> {
        Part {
            v4: self.tables.iter().map(|table| flows_at(&table.v4, interface)).collect(),
            v6: self.tables.iter().map(|table| flows_at(&table.v6, interface)).collect(),
            statuses: self
                .statuses
                .get(&interface)
                .map(|status| (interface, *status))
                .into_iter()
                .collect(),
        }
    }

    /// Cuts the window into at least one and about `count` parts of similar size.
    pub fn parts(&self, count: usize) -> Vec<Part<'_>> {
        let v4: usize = self.tables.iter().map(|table| table.v4.len()).sum();
        let v6: usize = self.tables.iter().map(|table| table.v6.len()).sum();
        if v4 >= v6 {
            let cuts = cuts(self.tables.iter().map(|table| table.v4.as_slice()), count);
            // IPv6 flows of an interface and direction come after its IPv4 flows.
            self.cut(
                &cuts,
                |entry, cut| entry.key < *cut,
                |entry, cut| entry.key.head() < cut.head(),
            )
        } else {
            let cuts = cuts(self.tables.iter().map(|table| table.v6.as_slice()), count);
            self.cut(
                &cuts,
                |entry, cut| entry.key.head() <= cut.head(),
                |entry, cut| entry.key < *cut,
            )
        }
    }

    fn cut<C: PackedKey>(
        &self,
        cuts: &[C],
        v4_before: impl Fn(&Entry<KeyV4>, &C) -> bool,
        v6_before: impl Fn(&Entry<KeyV6>, &C) -> bool,
    ) -> Vec<Part<'_>> {
        let mut rest_v4: Vec<_> = self.tables.iter().map(|table| table.v4.as_slice()).collect();
        let mut rest_v6: Vec<_> = self.tables.iter().map(|table| table.v6.as_slice()).collect();
        let mut statuses =
            self.statuses.iter().map(|(interface, status)| (*interface, *status)).peekable();
        let mut parts: Vec<_> = cuts
            .iter()
            .map(|cut| Part {
                v4: rest_v4
                    .iter_mut()
                    .map(|rest| take_while(rest, |entry| v4_before(entry, cut)))
                    .collect(),
                v6: rest_v6
                    .iter_mut()
                    .map(|rest| take_while(rest, |entry| v6_before(entry, cut)))
                    .collect(),
                statuses: std::iter::from_fn(|| {
                    statuses.next_if(|(interface, _)| interface.0 < cut.head() >> 1)
                })
                .collect(),
            })
            .collect();
        parts.push(Part { v4: rest_v4, v6: rest_v6, statuses: statuses.collect() });
        parts
    }
}

/// Returns the stretch of a sorted run that is of one interface.
fn flows_at<K: PackedKey>(run: &[Entry<K>], interface: InterfaceIndex) -> &[Entry<K>] {
    let first = run.partition_point(|entry| entry.key.head() >> 1 < interface.0);
    let end = run.partition_point(|entry| entry.key.head() >> 1 <= interface.0);
    run.get(first..end).unwrap_or_default()
}

/// Takes the sorted run's head off.
fn take_while<'a, T>(rest: &mut &'a [T], before: impl Fn(&T) -> bool) -> &'a [T] {
    let (head, tail) = rest.split_at(rest.partition_point(before));
    *rest = tail;
    head
}

/// Picks keys that cut the tables together into about `count` stretches: from samples, since the tables
/// are pieces of one set by a hash of the addresses.
fn cuts<'a, K: PackedKey + 'a>(
    tables: impl Iterator<Item = &'a [Entry<K>]>,
    count: usize,
) -> Vec<K> {
    const SAMPLES_PER_TABLE: usize = 64;
    let mut samples: Vec<K> = tables
        .flat_map(|table| table.iter().step_by(table.len().div_ceil(SAMPLES_PER_TABLE).max(1)))
        .map(|entry| entry.key)
        .collect();
    samples.sort_unstable();
    let mut cuts: Vec<K> =
        (1..count).filter_map(|part| samples.get(samples.len() * part / count)).copied().collect();
    cuts.dedup();
    cuts
}

impl Part<'_> {
    /// Visits the items in the order of `semantics.md` 3: interface, direction, key.
    pub fn for_each(&self, mut visit: impl FnMut(Item<'_>)) {
        let mut v4 = Merge::new(&self.v4);
        let mut v6 = Merge::new(&self.v6);
        let mut statuses = self.statuses.iter().peekable();
        loop {
            let (head_v4, head_v6) =
                (v4.peek().map(PackedKey::head), v6.peek().map(PackedKey::head));
            let next = match (head_v4, head_v6) {
                (Some(v4), Some(v6)) => Some(v4.min(v6)),
                (one, other) => one.or(other),
            };
            while let Some((interface, status)) =
                statuses.next_if(|(interface, _)| next.is_none_or(|head| interface.0 < head >> 1))
            {
                visit(Item::Status(*interface, *status));
            }
            let Some(head) = next else { return };
            if head_v4 == Some(head) {
                v4.next_flow(|key, tally| visit(Item::Flow(key, tally)));
            } else {
                v6.next_flow(|key, tally| visit(Item::Flow(key, tally)));
            }
        }
    }
}

/// Merges sorted runs; equal keys become one flow.
struct Merge<'a, K> {
    runs: Vec<&'a [Entry<K>]>,
    heads: BinaryHeap<Reverse<(K, usize)>>,
}

impl<'a, K: PackedKey> Merge<'a, K> {
    fn new(runs: &[&'a [Entry<K>]]) -> Self {
        let runs: Vec<_> = runs.iter().copied().filter(|run| !run.is_empty()).collect();
        let heads = runs
            .iter()
            .enumerate()
            .filter_map(|(index, run)| Some(Reverse((run.first()?.key, index))))
            .collect();
        Self { runs, heads }
    }

    fn peek(&self) -> Option<K> {
        self.heads.peek().map(|Reverse((key, _))| *key)
    }

    fn next_flow(&mut self, visit: impl FnOnce(FlowKey, &Tally)) {
        let Some(first) = self.pop() else { return };
        if self.peek() != Some(first.key) {
            visit(first.key.unpack(), &first.tally);
            return;
        }
        let mut tally = first.tally;
        while self.peek() == Some(first.key) {
            if let Some(same) = self.pop() {
                tally.merge(&same.tally);
            }
        }
        visit(first.key.unpack(), &tally);
    }

    fn pop(&mut self) -> Option<&'a Entry<K>> {
        let mut head = self.heads.peek_mut()?;
        let run = self.runs.get_mut(head.0.1)?;
        let (entry, rest) = run.split_first()?;
        *run = rest;
        match rest.first() {
            Some(next) => head.0.0 = next.key,
            None => {
                PeekMut::pop(head);
            }
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use flowlogd_vpc::{Direction, Tick};
    use proptest::prelude::*;

    use super::*;
    use crate::aggregator::Aggregator;
    use crate::tally::Sighting;
    use crate::window::WindowLength;

    fn seen(sequence: usize) -> Sighting {
        let sequence = u64::try_from(sequence).unwrap();
        Sighting {
            secs: 0,
            tick: Tick(0),
            sequence,
            packets: 1,
            bytes: 10,
            protocol: 1,
            tcp_flags: None,
        }
    }

    proptest! {
        #[test]
        fn parts_of_any_number_of_shards_are_one_sorted_list(
            packets in prop::collection::vec((0..5_u32, any::<bool>(), any::<bool>(), 0..40_u8, 0..4_usize), 0..300),
            lost in prop::collection::btree_map(0..6_u32, 1..9_u64, 0..4),
            count in 1..9_usize,
        ) {
            let mut shards: Vec<_> = (0..4).map(|_| Aggregator::new(WindowLength::ONE_MINUTE, 1000)).collect();
            let mut expected: BTreeMap<FlowKey, u64> = BTreeMap::new();
            for (sequence, (interface, egress, v6, host, shard)) in packets.iter().enumerate() {
                let direction = if *egress { Direction::Egress } else { Direction::Ingress };
                let point = InterfaceIndex(*interface);
                let unpacked = if *v6 {
                    let key = KeyV6::new(Ipv6Addr::from_bits(u128::from(*host)), Ipv6Addr::LOCALHOST, 0, 0, 58).at(point, direction);
                    shards[*shard].count(key, key.hash(), &seen(sequence));
                    key.unpack()
                } else {
                    let key = KeyV4::new(Ipv4Addr::from_bits(u32::from(*host)), Ipv4Addr::LOCALHOST, 0, 0, 1).at(point, direction);
                    shards[*shard].count(key, key.hash(), &seen(sequence));
                    key.unpack()
                };
                *expected.entry(unpacked).or_default() += 1;
            }
            let tables = shards.iter_mut().filter_map(|shard| shard.close_all().remove(&0)).collect();
            let mut window = ClosedWindow::new(CaptureWindow::numbered(0, WindowLength::ONE_MINUTE), tables);
            for (interface, packets) in &lost {
                window.add_lost(InterfaceIndex(*interface), *packets);
            }

            let (mut flows, mut statuses, mut order) = (Vec::new(), Vec::new(), Vec::new());
            for part in window.parts(count) {
                part.for_each(|item| match item {
                    Item::Flow(key, tally) => {
                        order.push((key.interface.0, 0));
                        flows.push((key, tally.packets()));
                    }
                    Item::Status(interface, status) => {
                        order.push((interface.0, 1));
                        statuses.push((interface.0, status));
                    }
                });
            }

            prop_assert_eq!(flows, expected.into_iter().collect::<Vec<_>>());
            let told: Vec<_> = lost.into_iter().map(|(interface, lost_packets)| (interface, Status::SkipData { lost_packets })).collect();
            prop_assert_eq!(statuses, told);
            prop_assert!(order.is_sorted());
        }
    }
}

//! Rejects, grouped by what decided.

use std::collections::BTreeMap;

use flowlogd_flowlog::{CaptureWindow, FlowKey, Generation, Tally};
use flowlogd_vpc::{Action, Decision, NearestMiss};

/// Flows that one rule, entry or absence of rules refused, with one nearest miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason of all of them.
    pub decision: Decision,
    /// Records.
    pub records: u64,
    /// Packets.
    pub packets: u64,
    /// IP bytes.
    pub bytes: u64,
    /// The first flow by its place in the capture.
    pub example: FlowKey,
    /// Unix second of its first packet.
    pub example_at: u64,
    /// Its generation of rules.
    pub generation: Generation,
    first_sequence: u64,
}

/// All rejects of a run.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    groups: BTreeMap<(u32, Option<(u32, u8)>), Refusal>,
}

impl Refusals {
    pub(crate) fn observe(&mut self, window: CaptureWindow, key: &FlowKey, tally: &Tally) {
        let Some((decision, generation)) =
            tally.decision().filter(|_| key.action == Action::Reject)
        else {
            return;
        };
        self.add(Refusal {
            decision,
            records: 1,
            packets: tally.packets(),
            bytes: tally.bytes(),
            example: *key,
            example_at: window.start() + u64::from(tally.offsets().0),
            generation,
            first_sequence: tally.first_sequence(),
        });
    }

    fn add(&mut self, refusal: Refusal) {
        let miss = refusal
            .decision
            .nearest_miss
            .map(|NearestMiss { rule, lacking }| (rule.0, lacking as u8));
        self.groups
            .entry((refusal.decision.ground.0, miss))
            .and_modify(|group| {
                let (example, other) = if refusal.first_sequence < group.first_sequence {
                    (refusal, *group)
                } else {
                    (*group, refusal)
                };
                *group = Refusal {
                    records: example.records + other.records,
                    packets: example.packets + other.packets,
                    bytes: example.bytes + other.bytes,
                    ..example
                };
            })
            .or_insert(refusal);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        other.groups.into_values().for_each(|refusal| self.add(refusal));
    }

    /// Returns the groups, those with most packets first.
    pub fn by_packets(&self) -> Vec<Refusal> {
        let mut groups: Vec<_> = self.groups.values().copied().collect();
        groups.sort_by_key(|group| (std::cmp::Reverse(group.packets), group.first_sequence));
        groups
    }
}

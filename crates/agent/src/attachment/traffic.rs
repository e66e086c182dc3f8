//! What became of an interface's packets, and which rules decided, since the agent started.

use std::collections::{BTreeMap, HashMap};

use flowlogd_aws::flowlogd::{RuleHits, TrafficReport};
use flowlogd_flowlog::{FlowKey, PackedKey as _, Tally, WindowFlows};
use flowlogd_vpc::{Action, GroundIndex, InterfaceIndex, RuleBook};

use crate::ledger::InterfaceLedger;

/// Rules that a report tells of, of every interface.
pub(crate) const MOST_HITS: usize = 100;

/// The counts of one interface.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes: u64,
    /// Of windows that are over.
    pub(super) flows: u64,
    accepted: u64,
    rejected: u64,
    excluded: u64,
    lost: u64,
    /// Packets, and the second of the last use.
    hits: HashMap<GroundIndex, (u64, u64)>,
}

/// Counts flows of a window that starts at a second of the packets' clock.
pub(super) fn count(all: &mut BTreeMap<InterfaceIndex, Traffic>, flows: &WindowFlows, start: u64) {
    let mut add = |key: FlowKey, tally: &Tally| {
        let (_, last) = tally.offsets();
        let last = start + u64::from(last);
        all.entry(key.interface).or_default().flow(key.action, tally, last);
    };
    flows.v4.iter().for_each(|entry| add(entry.key.unpack(), &entry.tally));
    flows.v6.iter().for_each(|entry| add(entry.key.unpack(), &entry.tally));
}

impl Traffic {
    fn flow(&mut self, action: Action, tally: &Tally, at: u64) {
        self.bytes += tally.bytes();
        match action {
            Action::Accept => self.accepted += tally.packets(),
            Action::Reject => self.rejected += tally.packets(),
        }
        if let Some((decision, _)) = tally.decision() {
            let (packets, last) = self.hits.entry(decision.ground).or_default();
            *packets += tally.packets();
            *last = at.max(*last);
        }
    }

    /// Counts what is in no flow.
    pub(super) fn book(&mut self, book: &InterfaceLedger) {
        self.excluded += book.excluded.iter().sum::<u64>();
        self.lost += book.lost + book.dropped;
    }

    /// Returns the sums.
    pub(super) const fn report(&self) -> TrafficReport {
        TrafficReport {
            bytes: self.bytes,
            flows: self.flows,
            accepted: self.accepted,
            rejected: self.rejected,
            excluded: self.excluded,
            lost: self.lost,
        }
    }

    /// Returns which rules decided, the last used first.
    pub(super) fn hits(&self, names: &RuleBook) -> Vec<RuleHits> {
        let mut hits: Vec<(&GroundIndex, &(u64, u64))> = self.hits.iter().collect();
        hits.sort_unstable_by_key(|(ground, (packets, last))| {
            (std::cmp::Reverse(*last), std::cmp::Reverse(*packets), **ground)
        });
        let named = hits.into_iter().filter_map(|(ground, (packets, last))| {
            Some(RuleHits {
                rule: names.ground(*ground)?.to_string(),
                packets: *packets,
                last_use: i64::try_from(last.saturating_mul(1000)).unwrap_or(i64::MAX),
            })
        });
        named.take(MOST_HITS).collect()
    }
}

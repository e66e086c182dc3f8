//! Every packet accounted for (`semantics.md` 19).

use std::collections::BTreeMap;

use flowlogd_flowlog::{Outcome, Sighting};
use flowlogd_vpc::{Exclusion, InterfaceIndex};
use serde::{Deserialize, Serialize};

use crate::queue::Refused;

/// What became of the packets of one interface. `seen` is counted before anything is decided, so that
/// the books can fail to balance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceLedger {
    /// Packets at this interface.
    pub seen: u64,
    /// Packets in flows that were written out (traffic filters come after this).
    pub recorded: u64,
    /// Packets in no record by rule, indexed as [`Exclusion::ALL`].
    pub excluded: [u64; Exclusion::ALL.len()],
    /// Packets whose flow found no room in the flow table.
    pub lost: u64,
    /// Packets that were lost before they could be read, as the source tells.
    pub dropped: u64,
}

impl InterfaceLedger {
    /// Counts a packet that is in no flow.
    pub(crate) fn count(&mut self, outcome: Outcome, seen: &Sighting) {
        let packets = u64::from(seen.packets);
        match outcome {
            Outcome::Counted(_) => {}
            Outcome::Excluded(exclusion) => {
                if let Some(counter) = self.excluded.get_mut(exclusion as usize) {
                    *counter += packets;
                }
            }
            Outcome::Lost(_) => self.lost += packets,
        }
    }

    /// Adds another shard's count.
    pub fn add(&mut self, other: &Self) {
        // What a damaged journal says may be any number.
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        add(&mut self.seen, other.seen);
        add(&mut self.recorded, other.recorded);
        add(&mut self.lost, other.lost);
        add(&mut self.dropped, other.dropped);
        self.excluded.iter_mut().zip(other.excluded).for_each(|(sum, more)| add(sum, more));
    }

    /// Returns the packets in no record by rule.
    pub fn excluded_total(&self) -> u64 {
        self.excluded.iter().sum()
    }

    /// Returns whether seen = recorded + excluded + lost.
    pub fn balances(&self) -> bool {
        self.seen == self.recorded + self.excluded_total() + self.lost
    }
}

/// The books of a whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Frames read.
    pub frames: u64,
    /// Frames that gave no packet.
    pub refused: Refused,
    /// Frames whose packet was judged (or, without inventory, counted).
    pub packets: u64,
    /// By interface; a capture without inventory has one, number 0.
    pub interfaces: BTreeMap<InterfaceIndex, InterfaceLedger>,
    /// Later fragments whose first was not seen in time: counted with ports 0.
    pub orphan_fragments: u64,
    /// Accepted connections that were not tracked for want of room in the connection table.
    pub untracked: u64,
    /// Packets judged and counted by each thread; none where the kernel did it.
    pub packets_per_thread: Vec<u64>,
}

impl Ledger {
    /// Enters what the writer of records wrote: packets in flows, by interface.
    pub fn settle(&mut self, recorded: &BTreeMap<InterfaceIndex, u64>) {
        for (interface, packets) in recorded.iter().filter(|(_, packets)| **packets > 0) {
            self.interfaces.entry(*interface).or_default().recorded = *packets;
        }
    }

    /// Returns whether every frame is accounted for, and the books of every interface balance.
    pub fn balances(&self) -> bool {
        let not_ip = self.refused.not_ip_total();
        let malformed: u64 = self.refused.malformed.values().sum();
        self.frames == not_ip + malformed + self.refused.foreign + self.packets
            && (self.packets_per_thread.is_empty()
                || self.packets == self.packets_per_thread.iter().sum::<u64>())
            && self.interfaces.values().all(InterfaceLedger::balances)
    }
}

//! Every packet accounted for (`semantics.md` 19).

use std::collections::BTreeMap;

use flowlogd_flowlog::{Outcome, Sighting};
use flowlogd_vpc::Exclusion;

use crate::queue::Refused;

/// What became of the packets of one interface. `seen` is counted before anything is decided, so that
/// the books can fail to balance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Counts what became of a packet. What is counted in a flow is recorded when the flow is written.
    #[inline]
    pub(crate) fn count(&mut self, outcome: Outcome, seen: &Sighting) {
        let packets = u64::from(seen.packets);
        self.seen += packets;
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
    pub(crate) fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.recorded += other.recorded;
        self.lost += other.lost;
        self.dropped += other.dropped;
        for (sum, more) in self.excluded.iter_mut().zip(other.excluded) {
            *sum += more;
        }
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
    /// By interface id; the nameless interface of a capture without inventory is the empty id.
    pub interfaces: BTreeMap<String, InterfaceLedger>,
    /// Later fragments whose first was not seen in time: counted with ports 0.
    pub orphan_fragments: u64,
    /// Accepted connections that were not tracked for want of room in the connection table.
    pub untracked: u64,
    /// Records written, by `log-status` and action, in the order of the record's reader.
    pub records: u64,
    /// Frames parsed by each thread, the reader first.
    pub packets_per_thread: Vec<u64>,
    /// Highest number of flows held at the end of any round.
    pub most_flows: usize,
}

impl Ledger {
    /// Returns whether the books of every interface balance.
    pub fn balances(&self) -> bool {
        self.interfaces.values().all(InterfaceLedger::balances)
    }
}

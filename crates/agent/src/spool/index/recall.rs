//! From the journal to the index, and back.

use std::collections::BTreeSet;

use super::queue::Queue;
use super::{Index, Retired, SettledNumbers};
use crate::spool::QueueId;
use crate::spool::journal::Entry;

/// No store takes events that are older than two weeks, and a day is for clocks.
const IDLE: i64 = 15 * 24 * 60 * 60 * 1000;

impl Index {
    pub(in crate::spool) fn recall(&mut self, entry: Entry, settled: &mut SettledNumbers) {
        match entry {
            Entry::Queue { queue, producer } => {
                let highest = self.removed.get(&queue).copied().unwrap_or(0);
                self.queues.entry(queue).or_insert_with(|| Queue::new(&producer, highest));
            }
            Entry::Numbers { queue, highest, next, touched } => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.touched = queue.touched.max(touched);
                    queue.highest = queue.highest.max(highest);
                    queue.next = queue.next.max(next).max(highest + 1);
                }
            }
            Entry::Settled { queue: id, number, created } => {
                if let Some(queue) = self.queues.get_mut(&id) {
                    queue.touched = queue.touched.max(created);
                    queue.highest = queue.highest.max(number);
                    queue.next = queue.next.max(number + 1);
                }
                settled.entry(id).or_default().insert(number);
            }
            Entry::Removed { queue, through } => {
                self.queues.remove(&queue);
                self.removed.insert(queue, through);
            }
            Entry::Dropped { batches } => self.dropped_batches = batches,
            Entry::Mark { segment, mark } => self.set_mark(segment, &mark),
            Entry::LastSegment { .. } => {}
        }
    }

    pub(in crate::spool) fn skip_numbers(&mut self, count: u64) {
        for queue in self.queues.values_mut() {
            queue.next += count;
        }
    }

    /// Forgets removed queues that no segment speaks of.
    pub(in crate::spool) fn forget_removed_queues(&mut self) {
        let spoken_of: BTreeSet<&QueueId> = self
            .segments
            .values()
            .flat_map(|segment| segment.settled.iter().map(|(queue, _)| queue))
            .collect();
        self.removed.retain(|queue, _| spoken_of.contains(queue));
    }

    /// Forgets queues of runs that are long over.
    pub(in crate::spool) fn forget_idle_queues(&mut self, now: i64) {
        let spoken_of: BTreeSet<&QueueId> = self
            .segments
            .values()
            .flat_map(|segment| segment.settled.iter().map(|(queue, _)| queue))
            .collect();
        self.queues.retain(|id, queue| {
            queue.state.batches > 0
                || spoken_of.contains(id)
                || now.saturating_sub(queue.touched) < IDLE
        });
    }

    /// Returns all segments of which nothing waits.
    pub(in crate::spool) fn retire_settled(&mut self) -> Vec<Retired> {
        let empty: Vec<u64> = self
            .segments
            .iter()
            .filter(|(_, segment)| segment.waiting == 0)
            .map(|(number, _)| *number)
            .collect();
        empty.into_iter().filter_map(|segment| self.retire(segment)).collect()
    }

    /// Returns entries that say the same as the journal and the deleted segments did.
    pub(in crate::spool) fn snapshot(&self, next_segment: u64) -> Vec<Entry> {
        let mut entries = vec![
            Entry::LastSegment { segment: next_segment.saturating_sub(1) },
            Entry::Dropped { batches: self.dropped_batches },
        ];
        if let Some((segment, mark)) = &self.mark {
            entries.push(Entry::Mark { segment: *segment, mark: mark.clone() });
        }
        for (queue, through) in &self.removed {
            entries.push(Entry::Removed { queue: queue.clone(), through: *through });
        }
        for (id, queue) in &self.queues {
            entries.push(Entry::Queue { queue: id.clone(), producer: queue.producer.to_string() });
            let Queue { highest, next, touched, .. } = *queue;
            entries.push(Entry::Numbers { queue: id.clone(), highest, next, touched });
        }
        for (queue, number) in self.segments.values().flat_map(|segment| &segment.settled) {
            let created = self.queues.get(queue).map_or(0, |queue| queue.touched);
            entries.push(Entry::Settled { queue: queue.clone(), number: *number, created });
        }
        entries
    }
}

//! What is where: the part of the spool that is in memory.

mod commit;
mod queue;
mod recall;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::journal::Entry;
use super::{Dropped, Loss, QueueId, Settlement, Taken};

pub use queue::QueueState;

use queue::{Front, Queue, Stream};

/// The queues with their streams, and the segments with what is left in them.
#[derive(Debug, Default)]
pub(super) struct Index {
    queues: BTreeMap<QueueId, Queue>,
    segments: BTreeMap<u64, Segment>,
    footprint: u64,
    /// The segment that brought it, and the mark.
    mark: Option<(u64, String)>,
    /// Up to which number the batches of removed queues are void.
    removed: BTreeMap<QueueId, u64>,
    dropped: Vec<Dropped>,
    dropped_batches: u64,
}

#[derive(Debug)]
struct Segment {
    footprint: u64,
    waiting: usize,
    settled: Vec<(QueueId, u64)>,
    damaged: bool,
}

/// A segment of which nothing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retired {
    pub(super) segment: u64,
    pub(super) damaged: bool,
}

/// Numbers that are at their end, as the journal has them.
pub(super) type SettledNumbers = BTreeMap<QueueId, BTreeSet<u64>>;

impl Index {
    pub(super) fn take(&mut self, id: &QueueId) -> Option<Taken> {
        let queue = self.queues.get_mut(id)?;
        let ((log_group, log_stream), stream) = queue
            .streams
            .iter_mut()
            .filter(|(_, stream)| stream.front == Front::Waits)
            .min_by_key(|(_, stream)| {
                stream.waiting.front().map_or(u64::MAX, |batch| batch.number)
            })?;
        let batch = stream.waiting.front()?;
        stream.front = Front::UnderWay;
        Some(Taken {
            queue: id.clone(),
            producer: Arc::clone(&queue.producer),
            number: batch.number,
            log_group: Arc::clone(log_group),
            log_stream: Arc::clone(log_stream),
            interface: Arc::clone(&batch.interface),
            records: batch.records,
            created: batch.created,
            place: batch.place,
        })
    }

    pub(super) fn release(&mut self, taken: &Taken) {
        let Some(stream) = self.stream_of(taken) else { return };
        match stream.front {
            Front::LastTry => {
                self.end(taken, Some(Loss::Full));
            }
            Front::UnderWay | Front::Waits => stream.front = Front::Waits,
        }
    }

    pub(super) fn settle(&mut self, taken: &Taken, settlement: Settlement) -> Vec<Retired> {
        let loss = match settlement {
            Settlement::Delivered | Settlement::Refused => None,
            Settlement::Unreadable => Some(Loss::Unreadable),
        };
        if !self.end(taken, loss) {
            return Vec::new();
        }
        let number = taken.place.segment;
        let Some(segment) = self.segments.get_mut(&number) else { return Vec::new() };
        segment.damaged |= settlement == Settlement::Unreadable;
        segment.waiting -= 1;
        segment.settled.push((taken.queue.clone(), taken.number));
        if segment.waiting > 0 { Vec::new() } else { self.retire(number).into_iter().collect() }
    }

    /// Lets the oldest segment give way. What is under way may still arrive.
    pub(super) fn give_up_oldest(&mut self, settled: &mut Vec<Entry>) -> Option<Retired> {
        let oldest = *self.segments.keys().next()?;
        for (id, queue) in &mut self.queues {
            let Queue { streams, state, .. } = queue;
            streams.retain(|names, stream| {
                let mut kept = None;
                while stream.waiting.front().is_some_and(|batch| batch.place.segment <= oldest) {
                    let Some(batch) = stream.waiting.pop_front() else { break };
                    let (number, created) = (batch.number, batch.created);
                    settled.push(Entry::Settled { queue: id.clone(), number, created });
                    if stream.front != Front::Waits && kept.is_none() {
                        stream.front = Front::LastTry;
                        kept = Some(batch);
                        continue;
                    }
                    state.lose(&batch);
                    self.dropped_batches += 1;
                    self.dropped.push(batch.dropped(id, names, Loss::Full));
                }
                if let Some(batch) = kept {
                    stream.waiting.push_front(batch);
                }
                !stream.waiting.is_empty()
            });
        }
        self.retire(oldest)
    }

    /// Removes a queue; returns its greatest number, what it loses, and what is done with.
    pub(super) fn remove_queue(
        &mut self,
        id: &QueueId,
    ) -> Option<(u64, Vec<Dropped>, Vec<Retired>)> {
        let queue = self.queues.remove(id)?;
        let (mut dropped, mut touched) = (Vec::new(), BTreeSet::new());
        for (names, stream) in &queue.streams {
            for batch in &stream.waiting {
                dropped.push(batch.dropped(id, names, Loss::Removed));
                if let Some(segment) = self.segments.get_mut(&batch.place.segment) {
                    segment.waiting -= 1;
                    segment.settled.push((id.clone(), batch.number));
                    touched.insert(batch.place.segment);
                }
            }
        }
        self.dropped_batches += dropped.len() as u64;
        let through = queue.highest.max(queue.next.saturating_sub(1));
        self.removed.insert(id.clone(), through);
        let empty = |index: &Self, segment: &u64| {
            index.segments.get(segment).is_some_and(|segment| segment.waiting == 0)
        };
        touched.retain(|segment| empty(self, segment));
        let retired = touched.into_iter().filter_map(|segment| self.retire(segment)).collect();
        Some((through, dropped, retired))
    }

    pub(super) fn queues(&self) -> Vec<QueueId> {
        self.queues.keys().cloned().collect()
    }

    pub(super) fn queue_state(&self, id: &QueueId) -> QueueState {
        let Some(queue) = self.queues.get(id) else { return QueueState::default() };
        let fronts = queue.streams.values().filter_map(|stream| stream.waiting.front());
        QueueState { oldest: fronts.map(|batch| batch.created).min(), ..queue.state }
    }

    pub(super) fn set_mark(&mut self, segment: u64, mark: &str) {
        if self.mark.as_ref().is_none_or(|(newest, _)| *newest <= segment) {
            self.mark = Some((segment, mark.to_owned()));
        }
    }

    pub(super) const fn footprint(&self) -> u64 {
        self.footprint
    }

    pub(super) const fn dropped_batches(&self) -> u64 {
        self.dropped_batches
    }

    pub(super) fn take_dropped(&mut self) -> Vec<Dropped> {
        std::mem::take(&mut self.dropped)
    }

    pub(super) fn mark(&self) -> Option<&str> {
        self.mark.as_ref().map(|(_, mark)| mark.as_str())
    }

    /// Returns the mark where one of these segments has it.
    pub(super) fn mark_in(&self, retired: &[Retired]) -> Option<(u64, String)> {
        let mark = self.mark.as_ref()?;
        retired.iter().any(|retired| retired.segment == mark.0).then(|| mark.clone())
    }

    fn retire(&mut self, number: u64) -> Option<Retired> {
        let segment = self.segments.remove(&number)?;
        self.footprint -= segment.footprint;
        Some(Retired { segment: number, damaged: segment.damaged })
    }

    /// Returns the stream of a batch that is under way.
    fn stream_of(&mut self, taken: &Taken) -> Option<&mut Stream> {
        let queue = self.queues.get_mut(&taken.queue)?;
        let names = (Arc::clone(&taken.log_group), Arc::clone(&taken.log_stream));
        let stream = queue.streams.get_mut(&names)?;
        let front = stream.waiting.front()?;
        let same = front.number == taken.number && front.place == taken.place;
        (same && stream.front != Front::Waits).then_some(stream)
    }

    /// Takes a batch that is under way out of its stream; tells whether it was there.
    fn end(&mut self, taken: &Taken, loss: Option<Loss>) -> bool {
        let Some(stream) = self.stream_of(taken) else { return false };
        stream.front = Front::Waits;
        let batch = stream.waiting.pop_front();
        let names = (Arc::clone(&taken.log_group), Arc::clone(&taken.log_stream));
        let (Some(batch), Some(queue)) = (batch, self.queues.get_mut(&taken.queue)) else {
            return false;
        };
        if queue.streams.get(&names).is_some_and(|stream| stream.waiting.is_empty()) {
            queue.streams.remove(&names);
        }
        match loss {
            None => queue.state.leave(&batch),
            Some(loss) => {
                queue.state.lose(&batch);
                self.dropped_batches += 1;
                self.dropped.push(batch.dropped(&taken.queue, &names, loss));
            }
        }
        true
    }
}

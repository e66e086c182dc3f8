//! What is where: the part of the spool that is in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::batch::Place;
use super::journal::Entry;
use super::segment::{self, Bodies, Header, HeaderBatch, HeaderQueue, Stored};
use super::{Batch, Dropped, Loss, QueueId, Settlement, SpoolError, Taken};

/// No store takes events that are older than two weeks, and a day is for clocks.
const IDLE: i64 = 15 * 24 * 60 * 60 * 1000;

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
struct Queue {
    producer: Arc<str>,
    /// The greatest number that it ever had.
    highest: u64,
    /// The least number that it may give out.
    next: u64,
    /// When its newest batch was made, Unix milliseconds.
    touched: i64,
    streams: BTreeMap<(Arc<str>, Arc<str>), Stream>,
    state: QueueState,
}

impl Queue {
    fn new(producer: &str, highest: u64) -> Self {
        let (streams, state) = (BTreeMap::new(), QueueState::default());
        Self { producer: producer.into(), highest, next: highest + 1, touched: 0, streams, state }
    }
}

/// Batches of one stream, by number.
#[derive(Debug, Default)]
struct Stream {
    waiting: VecDeque<Waiting>,
    front: Front,
}

/// How the first batch of a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Front {
    #[default]
    Waits,
    UnderWay,
    /// Under way, while its segment gave way: it cannot be tried again.
    LastTry,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    interface: Arc<str>,
    records: u64,
    packets: u64,
    first: i64,
    last: i64,
    created: i64,
    place: Place,
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

/// What waits in a queue, and what it lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Batches that wait or are under way.
    pub batches: u64,
    /// Their events.
    pub records: u64,
    /// When the oldest of them was made, Unix milliseconds.
    pub oldest: Option<i64>,
    /// Batches lost since the spool was opened.
    pub dropped_batches: u64,
    /// Their events.
    pub dropped_records: u64,
}

/// Numbers that are at their end, as the journal has them.
pub(super) type SettledNumbers = BTreeMap<QueueId, BTreeSet<u64>>;

impl Index {
    // Opening.

    pub(super) fn recall(&mut self, entry: Entry, settled: &mut SettledNumbers) {
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

    pub(super) fn skip_numbers(&mut self, count: u64) {
        for queue in self.queues.values_mut() {
            queue.next += count;
        }
    }

    /// Forgets removed queues that no segment speaks of.
    pub(super) fn forget_removed_queues(&mut self) {
        let spoken_of: BTreeSet<&QueueId> = self
            .segments
            .values()
            .flat_map(|segment| segment.settled.iter().map(|(queue, _)| queue))
            .collect();
        self.removed.retain(|queue, _| spoken_of.contains(queue));
    }

    /// Forgets queues of runs that are long over.
    pub(super) fn forget_idle_queues(&mut self, now: i64) {
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
    pub(super) fn retire_settled(&mut self) -> Vec<Retired> {
        let empty: Vec<u64> = self
            .segments
            .iter()
            .filter(|(_, segment)| segment.waiting == 0)
            .map(|(number, _)| *number)
            .collect();
        empty.into_iter().filter_map(|segment| self.retire(segment)).collect()
    }

    /// Returns entries that say the same as the journal and the deleted segments did.
    pub(super) fn snapshot(&self, next_segment: u64) -> Vec<Entry> {
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

    // Appending.

    /// Leaves out batches whose numbers their queues already had.
    pub(super) fn fresh(&self, batches: Vec<Batch>) -> Vec<Batch> {
        let highest = |queue: &QueueId| self.queues.get(queue).map_or(0, |queue| queue.highest);
        batches
            .into_iter()
            .filter(|batch| batch.number.is_none_or(|number| number > highest(&batch.queue)))
            .collect()
    }

    /// Makes the queues that are not there, each with a producer of its own; returns those.
    pub(super) fn add_queues(
        &mut self,
        batches: &[Batch],
    ) -> Result<Vec<(QueueId, String)>, SpoolError> {
        let mut made = Vec::new();
        for batch in batches {
            if !self.queues.contains_key(&batch.queue) {
                let producer = new_producer()?;
                let highest = self.removed.get(&batch.queue).copied().unwrap_or(0);
                self.queues.insert(batch.queue.clone(), Queue::new(&producer, highest));
                made.push((batch.queue.clone(), producer));
            }
        }
        Ok(made)
    }

    /// Numbers the batches and describes them.
    pub(super) fn header(
        &mut self,
        batches: &[Batch],
        bodies: &Bodies,
        mark: Option<&str>,
    ) -> Header {
        let mark = mark.map(str::to_owned);
        let mut header = Header { queues: Vec::new(), batches: Vec::new(), mark };
        // Numbers that the caller gives count when they are on disk, so that a commit that failed can
        // be repeated; those that the queue gives are spent.
        let mut given: BTreeMap<&QueueId, u64> = BTreeMap::new();
        for (index, batch) in batches.iter().enumerate() {
            let (Some(queue), Some(body)) = (self.queues.get_mut(&batch.queue), bodies.get(index))
            else {
                continue;
            };
            let (Some(first), Some(last)) = (batch.events.first(), batch.events.last()) else {
                continue;
            };
            let before = given.get(&batch.queue).copied().unwrap_or(queue.highest);
            let number = match batch.number {
                Some(number) if number <= before => continue,
                Some(number) => number,
                None => queue.next.max(before + 1),
            };
            given.insert(&batch.queue, number);
            if batch.number.is_none() {
                queue.next = number + 1;
            }
            let known = header.queues.iter().position(|known| known.queue == batch.queue);
            let place = known.unwrap_or_else(|| {
                let producer = queue.producer.to_string();
                header.queues.push(HeaderQueue { queue: batch.queue.clone(), producer });
                header.queues.len() - 1
            });
            header.batches.push(HeaderBatch {
                queue: place,
                number,
                log_group: batch.log_group.clone(),
                log_stream: batch.log_stream.clone(),
                interface: batch.interface.clone(),
                records: batch.events.len() as u64,
                packets: batch.events.iter().map(|event| event.packets).sum(),
                first: first.timestamp,
                last: last.timestamp,
                created: batch.created,
                stored: u32::try_from(body.compressed.len()).unwrap_or(u32::MAX),
                raw: body.raw,
                checksum: body.checksum,
                body: index,
            });
        }
        header
    }

    /// Takes in a segment that is on disk; what the journal has at its end does not wait.
    pub(super) fn insert_segment(
        &mut self,
        segment: u64,
        stored: Stored,
        settled: &SettledNumbers,
    ) {
        let Stored { header, head, length } = stored;
        let footprint = segment::footprint(length, header.batches.len());
        let mut entry = Segment { footprint, waiting: 0, settled: Vec::new(), damaged: false };
        let places: Vec<Place> = header.places(segment, head).collect();
        for (batch, place) in header.batches.into_iter().zip(places) {
            let Some(HeaderQueue { queue: id, producer }) = header.queues.get(batch.queue) else {
                continue;
            };
            let number = batch.number;
            if self.removed.get(id).is_some_and(|through| number <= *through) {
                entry.settled.push((id.clone(), number));
                continue;
            }
            let queue = self.queues.entry(id.clone()).or_insert_with(|| Queue::new(producer, 0));
            queue.highest = queue.highest.max(number);
            queue.next = queue.next.max(number + 1);
            queue.touched = queue.touched.max(batch.created);
            if settled.get(id).is_some_and(|settled| settled.contains(&number)) {
                entry.settled.push((id.clone(), number));
                continue;
            }
            entry.waiting += 1;
            queue.push(batch, place);
        }
        self.footprint += footprint;
        self.segments.insert(segment, entry);
        if let Some(mark) = header.mark {
            self.set_mark(segment, &mark);
        }
    }

    pub(super) fn set_mark(&mut self, segment: u64, mark: &str) {
        if self.mark.as_ref().is_none_or(|(newest, _)| *newest <= segment) {
            self.mark = Some((segment, mark.to_owned()));
        }
    }

    // Sending.

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

    // Telling.

    pub(super) fn queues(&self) -> Vec<QueueId> {
        self.queues.keys().cloned().collect()
    }

    pub(super) fn queue_state(&self, id: &QueueId) -> QueueState {
        let Some(queue) = self.queues.get(id) else { return QueueState::default() };
        let fronts = queue.streams.values().filter_map(|stream| stream.waiting.front());
        QueueState { oldest: fronts.map(|batch| batch.created).min(), ..queue.state }
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

impl Queue {
    fn push(&mut self, batch: HeaderBatch, place: Place) {
        self.state.batches += 1;
        self.state.records += batch.records;
        let names = (batch.log_group.as_str().into(), batch.log_stream.as_str().into());
        let stream = self.streams.entry(names).or_default();
        // Interfaces have few streams and streams one interface, so the name is kept once.
        let interface = stream
            .waiting
            .back()
            .filter(|last| *last.interface == *batch.interface)
            .map_or_else(|| batch.interface.as_str().into(), |last| Arc::clone(&last.interface));
        stream.waiting.push_back(Waiting {
            number: batch.number,
            interface,
            records: batch.records,
            packets: batch.packets,
            first: batch.first,
            last: batch.last,
            created: batch.created,
            place,
        });
    }
}

impl QueueState {
    const fn leave(&mut self, batch: &Waiting) {
        self.batches -= 1;
        self.records -= batch.records;
    }

    const fn lose(&mut self, batch: &Waiting) {
        self.leave(batch);
        self.dropped_batches += 1;
        self.dropped_records += batch.records;
    }
}

impl Waiting {
    fn dropped(&self, queue: &QueueId, names: &(Arc<str>, Arc<str>), loss: Loss) -> Dropped {
        Dropped {
            queue: queue.clone(),
            number: self.number,
            log_group: Arc::clone(&names.0),
            log_stream: Arc::clone(&names.1),
            interface: Arc::clone(&self.interface),
            records: self.records,
            packets: self.packets,
            first: self.first,
            last: self.last,
            loss,
        }
    }
}

fn new_producer() -> Result<String, SpoolError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| SpoolError::Randomness(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

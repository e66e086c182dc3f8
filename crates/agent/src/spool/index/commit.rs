//! Numbering batches, and taking in what was committed.

use std::collections::BTreeMap;

use super::queue::Queue;
use super::{Index, Segment, SettledNumbers};
use crate::spool::batch::Place;
use crate::spool::segment::{self, Bodies, Header, HeaderBatch, HeaderQueue, Stored};
use crate::spool::{Batch, QueueId, SpoolError};

impl Index {
    /// Leaves out batches whose numbers their queues already had.
    pub(in crate::spool) fn fresh(&self, batches: Vec<Batch>) -> Vec<Batch> {
        let highest = |queue: &QueueId| self.queues.get(queue).map_or(0, |queue| queue.highest);
        batches
            .into_iter()
            .filter(|batch| batch.number.is_none_or(|number| number > highest(&batch.queue)))
            .collect()
    }

    /// Makes the queues that are not there, each with a producer of its own; returns those.
    pub(in crate::spool) fn add_queues(
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
    pub(in crate::spool) fn header(
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
    pub(in crate::spool) fn insert_segment(
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
            queue.push(&batch, place);
        }
        self.footprint += footprint;
        self.segments.insert(segment, entry);
        if let Some(mark) = header.mark {
            self.set_mark(segment, &mark);
        }
    }
}

fn new_producer() -> Result<String, SpoolError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| SpoolError::Randomness(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

//! A queue with its streams and what waits in them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::spool::batch::Place;
use crate::spool::segment::HeaderBatch;
use crate::spool::{Dropped, Loss, QueueId};

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) producer: Arc<str>,
    /// The greatest number that it ever had.
    pub(super) highest: u64,
    /// The least number that it may give out.
    pub(super) next: u64,
    /// When its newest batch was made, Unix milliseconds.
    pub(super) touched: i64,
    pub(super) streams: BTreeMap<(Arc<str>, Arc<str>), Stream>,
    pub(super) state: QueueState,
}

impl Queue {
    pub(super) fn new(producer: &str, highest: u64) -> Self {
        let (streams, state) = (BTreeMap::new(), QueueState::default());
        Self { producer: producer.into(), highest, next: highest + 1, touched: 0, streams, state }
    }
}

/// Batches of one stream, by number.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) front: Front,
}

/// How the first batch of a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Front {
    #[default]
    Waits,
    UnderWay,
    /// Under way, while its segment gave way: it cannot be tried again.
    LastTry,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) interface: Arc<str>,
    pub(super) records: u64,
    pub(super) packets: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) created: i64,
    pub(super) place: Place,
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

impl Queue {
    pub(super) fn push(&mut self, batch: &HeaderBatch, place: Place) {
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
    pub(super) const fn leave(&mut self, batch: &Waiting) {
        self.batches -= 1;
        self.records -= batch.records;
    }

    pub(super) const fn lose(&mut self, batch: &Waiting) {
        self.leave(batch);
        self.dropped_batches += 1;
        self.dropped_records += batch.records;
    }
}

impl Waiting {
    pub(super) fn dropped(
        &self,
        queue: &QueueId,
        names: &(Arc<str>, Arc<str>),
        loss: Loss,
    ) -> Dropped {
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

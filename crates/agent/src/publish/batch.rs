//! Events cut into batches that the log store takes (`cloudwatch-logs.md` §4.3).

use crate::spool::{Batch, Event, QueueId};

/// Events that a batch may have.
const MAX_BATCH_EVENTS: usize = 10_000;
/// Bytes that a batch may have, with `EVENT_OVERHEAD` for every event.
const MAX_BATCH_BYTES: usize = 1_048_576;
/// Counted for each event besides its message.
const EVENT_OVERHEAD: usize = 26;
/// The events of a batch lie within less than a day.
const MAX_SPAN: u64 = 24 * 60 * 60 - 1;
/// Batches of one closing have numbers that begin with the closing's.
const BATCHES_PER_CLOSING: u32 = 20;

/// Gathers events of one stream until a batch is full.
#[derive(Debug)]
pub(super) struct Batcher {
    next: Batch,
    bytes: usize,
    first: u64,
    last: u64,
}

impl Batcher {
    /// `closing` is the number of the closing.
    pub(super) fn new(
        queue: QueueId,
        group: String,
        stream: String,
        interface: String,
        closing: u64,
    ) -> Self {
        Self {
            next: Batch {
                queue,
                number: Some((closing << BATCHES_PER_CLOSING) + 1),
                log_group: group,
                log_stream: stream,
                interface,
                events: Vec::new(),
                created: 0,
            },
            bytes: 0,
            first: u64::MAX,
            last: 0,
        }
    }

    /// Adds an event of a second that counts so many packets; returns the batch that it did not fit into
    /// any more.
    pub(super) fn push(&mut self, seconds: u64, line: &[u8], packets: u64) -> Option<Batch> {
        // Lines are ASCII but for names that somebody gave.
        let message = String::from_utf8_lossy(line).into_owned();
        let bytes = message.len() + EVENT_OVERHEAD;
        let (first, last) = (self.first.min(seconds), self.last.max(seconds));
        let is_full = self.next.events.len() == MAX_BATCH_EVENTS
            || self.bytes + bytes > MAX_BATCH_BYTES
            || last - first > MAX_SPAN;
        let full = (is_full && !self.next.events.is_empty()).then(|| self.take());
        (self.first, self.last) = (self.first.min(seconds), self.last.max(seconds));
        self.bytes += bytes;
        let timestamp = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.next.events.push(Event { timestamp, message, packets });
        full
    }

    /// Returns the last batch, if there is one.
    pub(super) fn finish(mut self) -> Option<Batch> {
        (!self.next.events.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Batch {
        let events = std::mem::take(&mut self.next.events);
        let mut next = self.next.clone();
        next.number = next.number.map(|number| number + 1);
        let mut full = Batch { events, ..std::mem::replace(&mut self.next, next) };
        // By time; what begins in the same second keeps its order.
        full.events.sort_by_key(|event| event.timestamp);
        (self.bytes, self.first, self.last) = (0, u64::MAX, 0);
        full
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_keep_within_the_limits_and_lose_nothing(
            events in prop::collection::vec((0..200_000_u64, 0..200_usize, any::<bool>()), 0..300)
        ) {
            let mut batcher = Batcher::new("q".into(), "g".into(), "s".into(), "eni".into(), 600);
            let mut batches = Vec::new();
            for (seconds, length, long) in &events {
                let line = vec![b'x'; if *long { length * 5000 } else { *length }];
                batches.extend(batcher.push(*seconds, &line, 1));
            }
            batches.extend(batcher.finish());

            let mut numbers = Vec::new();
            let mut sum = Vec::new();
            for batch in &batches {
                let bytes: usize = batch.events.iter().map(|event| event.message.len() + 26).sum();
                let (first, last) = (batch.events[0].timestamp, batch.events.last().unwrap().timestamp);
                prop_assert!(batch.events.len() <= 10_000 && bytes <= 1_048_576);
                prop_assert!(last - first < 86_400_000 && batch.events.is_sorted_by_key(|event| event.timestamp));
                numbers.push(batch.number.unwrap());
                sum.extend(batch.events.iter().map(|event| (event.timestamp, event.message.len())));
            }
            prop_assert!(numbers.is_sorted_by(|a, b| a < b) && numbers.iter().all(|n| n >> 20 == 600));
            let mut expected: Vec<_> = events
                .iter()
                .map(|(s, l, long)| (i64::try_from(*s * 1000).unwrap(), if *long { l * 5000 } else { *l }))
                .collect();
            sum.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(sum, expected);
        }
    }
}

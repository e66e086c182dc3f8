//! Events cut into batches that the log store takes.

/// Events that a batch may have.
const MAX_EVENTS: usize = 10_000;
/// Bytes that it may have, …
const MAX_BYTES: usize = 1_048_576;
/// … these counted for each event besides its message.
const EVENT_OVERHEAD: usize = 26;
/// The events of a batch lie within less than a day.
const MAX_SPAN: u64 = 24 * 60 * 60 - 1;
/// Batches of one closing have numbers that begin with the closing's.
const BATCHES_PER_CLOSING: u32 = 20;

/// Events for one stream, within the store's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Who delivers: flow log, interface and run.
    pub queue: String,
    /// Grows within the queue; the same batch has the same.
    pub number: u64,
    /// Where to.
    pub log_group_name: String,
    /// Where to.
    pub log_stream_name: String,
    /// Unix milliseconds and message, by time.
    pub events: Vec<(i64, String)>,
}

/// Gathers events of one stream until a batch is full.
#[derive(Debug)]
pub(super) struct Batcher {
    next: Batch,
    bytes: usize,
    first: u64,
    last: u64,
}

impl Batcher {
    /// `until` is the end of the closing, in Unix seconds.
    pub(super) fn new(queue: String, group: String, stream: String, until: u64) -> Self {
        Self {
            next: Batch {
                queue,
                number: (until << BATCHES_PER_CLOSING) + 1,
                log_group_name: group,
                log_stream_name: stream,
                events: Vec::new(),
            },
            bytes: 0,
            first: u64::MAX,
            last: 0,
        }
    }

    /// Adds an event of a second; returns the batch that it did not fit into any more.
    pub(super) fn push(&mut self, seconds: u64, line: &[u8]) -> Option<Batch> {
        // Lines are ASCII but for names that somebody gave.
        let message = String::from_utf8_lossy(line).into_owned();
        let bytes = message.len() + EVENT_OVERHEAD;
        let (first, last) = (self.first.min(seconds), self.last.max(seconds));
        let is_full = self.next.events.len() == MAX_EVENTS
            || self.bytes + bytes > MAX_BYTES
            || last - first > MAX_SPAN;
        let full = (is_full && !self.next.events.is_empty()).then(|| self.take());
        (self.first, self.last) = (self.first.min(seconds), self.last.max(seconds));
        self.bytes += bytes;
        let timestamp = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.next.events.push((timestamp, message));
        full
    }

    /// Returns the last batch, if there is one.
    pub(super) fn finish(mut self) -> Option<Batch> {
        (!self.next.events.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Batch {
        let mut next = self.next.clone_empty();
        next.number += 1;
        let mut full = std::mem::replace(&mut self.next, next);
        // By time; what begins in the same second keeps its order.
        full.events.sort_by_key(|(timestamp, _)| *timestamp);
        (self.bytes, self.first, self.last) = (0, u64::MAX, 0);
        full
    }
}

impl Batch {
    fn clone_empty(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            number: self.number,
            log_group_name: self.log_group_name.clone(),
            log_stream_name: self.log_stream_name.clone(),
            events: Vec::new(),
        }
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
            let mut batcher = Batcher::new("q".into(), "g".into(), "s".into(), 600);
            let mut batches = Vec::new();
            for (seconds, length, long) in &events {
                let line = vec![b'x'; if *long { length * 5000 } else { *length }];
                batches.extend(batcher.push(*seconds, &line));
            }
            batches.extend(batcher.finish());

            let mut numbers = Vec::new();
            let mut sum = Vec::new();
            for batch in &batches {
                let bytes: usize = batch.events.iter().map(|(_, line)| line.len() + 26).sum();
                let (first, last) = (batch.events[0].0, batch.events.last().unwrap().0);
                prop_assert!(batch.events.len() <= 10_000 && bytes <= 1_048_576);
                prop_assert!(last - first < 86_400_000 && batch.events.is_sorted_by_key(|event| event.0));
                numbers.push(batch.number);
                sum.extend(batch.events.iter().map(|(at, line)| (*at, line.len())));
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

//! What destinations refused, for the ledger (`semantics.md` 19).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::wire::RejectedLogEventsInfo;
use crate::spool::{Dropped, Event, QueueId, Taken};

/// Events that a destination refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose they were.
    pub queue: QueueId,
    /// Where they should have gone.
    pub log_group: Arc<str>,
    /// Its stream.
    pub log_stream: Arc<str>,
    /// `eni-…`.
    pub interface: Arc<str>,
    /// `too-old`, `expired`, `too-new`, `flow-log-deleted`, or the code of a refused batch.
    pub reason: String,
    /// Events.
    pub records: u64,
    /// Packets that they counted.
    pub packets: u64,
    /// Timestamp of the first event, Unix milliseconds.
    pub first: i64,
    /// Timestamp of the last event, Unix milliseconds.
    pub last: i64,
}

/// Refusals that nobody took yet: one sum a stream and reason, so that they do not grow with time.
#[derive(Debug, Default)]
pub(super) struct Refusals(BTreeMap<(QueueId, Arc<str>, Arc<str>, String), Refusal>);

impl Refusals {
    /// Adds events of a batch; returns how many.
    pub(super) fn add_events(&mut self, taken: &Taken, events: &[Event], reason: &str) -> u64 {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return 0 };
        let records = events.len() as u64;
        self.add(Refusal {
            queue: taken.queue.clone(),
            log_group: Arc::clone(&taken.log_group),
            log_stream: Arc::clone(&taken.log_stream),
            interface: Arc::clone(&taken.interface),
            reason: reason.to_owned(),
            records,
            packets: events.iter().map(|event| event.packets).sum(),
            first: first.timestamp,
            last: last.timestamp,
        });
        records
    }

    /// Adds a batch that was dropped with its queue.
    pub(super) fn add_dropped(&mut self, dropped: Dropped) {
        self.add(Refusal {
            queue: dropped.queue,
            log_group: dropped.log_group,
            log_stream: dropped.log_stream,
            interface: dropped.interface,
            reason: dropped.loss.name().to_owned(),
            records: dropped.records,
            packets: dropped.packets,
            first: dropped.first,
            last: dropped.last,
        });
    }

    pub(super) fn take(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.0).into_values().collect()
    }

    fn add(&mut self, refusal: Refusal) {
        let key = (
            refusal.queue.clone(),
            Arc::clone(&refusal.log_group),
            Arc::clone(&refusal.log_stream),
            refusal.reason.clone(),
        );
        if let Some(sum) = self.0.get_mut(&key) {
            sum.records += refusal.records;
            sum.packets += refusal.packets;
            sum.first = sum.first.min(refusal.first);
            sum.last = sum.last.max(refusal.last);
        } else {
            self.0.insert(key, refusal);
        }
    }
}

/// Returns which of `count` events were not stored, and why; an event is in one of them at most.
pub(super) fn rejected(
    info: &RejectedLogEventsInfo,
    count: usize,
) -> [(&'static str, Range<usize>); 3] {
    let old = info.too_old_log_event_end_index.unwrap_or(0).min(count);
    let expired = info.expired_log_event_end_index.unwrap_or(0).clamp(old, count);
    let new = info.too_new_log_event_start_index.unwrap_or(count).clamp(expired, count);
    [("too-old", 0..old), ("expired", old..expired), ("too-new", new..count)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejected_event_is_counted_once() {
        let info = |old, expired, new| RejectedLogEventsInfo {
            too_old_log_event_end_index: old,
            expired_log_event_end_index: expired,
            too_new_log_event_start_index: new,
        };

        let all = rejected(&info(Some(2), Some(3), Some(8)), 10);
        assert_eq!(all, [("too-old", 0..2), ("expired", 2..3), ("too-new", 8..10)]);
        let none = rejected(&info(None, None, None), 10);
        assert!(none.iter().all(|(_, range)| range.is_empty()));
        let nonsense = rejected(&info(Some(99), Some(1), Some(0)), 10);
        assert_eq!(nonsense, [("too-old", 0..10), ("expired", 10..10), ("too-new", 10..10)]);
    }
}

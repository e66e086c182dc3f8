//! Batches as the service takes them (`cloudwatch-logs.md` §4.3).

use super::Event;

/// Events that a batch may have.
pub const MAX_BATCH_EVENTS: usize = 10_000;
/// Bytes that a batch may have, with `EVENT_OVERHEAD` for every event.
pub const MAX_BATCH_BYTES: usize = 1_048_576;
/// What an event counts beside its message.
const EVENT_OVERHEAD: usize = 26;
/// A batch spans less than this, in milliseconds.
const MAX_SPAN: i64 = 24 * 60 * 60 * 1000;

/// Events, cut into batches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Each sorted by time, and within the service's bounds.
    pub batches: Vec<Vec<Event>>,
    /// Events that no batch can carry: empty, larger than a batch, or before 1970.
    pub unsendable: Vec<Event>,
}

/// Sorts events by time, those of one time in the order given, and cuts them into as few batches as
/// bounds allow. Equal events in equal order are cut equally, whatever the time and the machine
/// (`semantics.md` 3, 21).
pub fn cut(mut events: Vec<Event>) -> Cut {
    events.sort_by_key(|event| event.timestamp);
    let mut cut = Cut::default();
    let mut open = Open::default();
    for event in events {
        let size = event.message.len() + EVENT_OVERHEAD;
        if event.message.is_empty() || size > MAX_BATCH_BYTES || event.timestamp < 0 {
            cut.unsendable.push(event);
            continue;
        }
        if !open.has_room(&event, size) {
            cut.batches.push(std::mem::take(&mut open).events);
        }
        open.bytes += size;
        open.events.push(event);
    }
    if !open.events.is_empty() {
        cut.batches.push(open.events);
    }
    cut
}

#[derive(Default)]
struct Open {
    events: Vec<Event>,
    bytes: usize,
}

impl Open {
    fn has_room(&self, event: &Event, size: usize) -> bool {
        self.events.first().is_none_or(|first| {
            self.events.len() < MAX_BATCH_EVENTS
                && self.bytes + size <= MAX_BATCH_BYTES
                && event.timestamp - first.timestamp < MAX_SPAN
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(timestamp: i64, message: impl Into<String>) -> Event {
        Event { timestamp, message: message.into(), packets: 1 }
    }

    fn size(batch: &[Event]) -> usize {
        batch.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum()
    }

    #[test]
    fn ten_thousand_events_are_one_batch_and_one_more_is_a_second() {
        let events: Vec<_> = (0..10_001).map(|number| event(number, "x")).collect();

        let cut = cut(events);

        assert_eq!(cut.batches.iter().map(Vec::len).collect::<Vec<_>>(), [10_000, 1]);
    }

    #[test]
    fn a_batch_of_exactly_the_greatest_size_is_one() {
        let half = MAX_BATCH_BYTES / 2 - EVENT_OVERHEAD;
        let fits = vec![event(0, "x".repeat(half)), event(0, "x".repeat(half))];
        let does_not = vec![event(0, "x".repeat(half)), event(0, "x".repeat(half + 1))];

        assert_eq!(cut(fits).batches.len(), 1);
        assert_eq!(cut(does_not).batches.len(), 2);
    }

    #[test]
    fn a_batch_spans_less_than_a_day() {
        let events = vec![event(0, "a"), event(MAX_SPAN - 1, "b"), event(MAX_SPAN, "c")];

        let cut = cut(events);

        assert_eq!(cut.batches.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn what_no_batch_can_carry_is_told_and_the_rest_goes() {
        let cut = cut(vec![
            event(5, ""),
            event(6, "x".repeat(MAX_BATCH_BYTES - EVENT_OVERHEAD + 1)),
            event(-1, "x"),
            event(7, "x".repeat(MAX_BATCH_BYTES - EVENT_OVERHEAD)),
        ]);

        assert_eq!(cut.unsendable.len(), 3);
        assert_eq!(cut.batches.len(), 1);
    }

    proptest! {
        #[test]
        fn batches_keep_the_laws_and_every_event(
            seeds in prop::collection::vec((0..4 * MAX_SPAN, 0..400_000_usize, any::<bool>()), 0..40)
        ) {
            let events: Vec<_> = seeds
                .iter()
                .enumerate()
                .map(|(number, (timestamp, length, short))| {
                    let length = if *short { length % 50 } else { *length };
                    event(*timestamp, format!("{number}-{}", "x".repeat(length)))
                })
                .collect();
            let mut expected = events.clone();
            expected.sort_by_key(|event| event.timestamp);

            let Cut { batches, unsendable } = cut(events);

            prop_assert!(unsendable.is_empty());
            for batch in &batches {
                prop_assert!(!batch.is_empty() && batch.len() <= MAX_BATCH_EVENTS);
                prop_assert!(size(batch) <= MAX_BATCH_BYTES);
                let span = batch[batch.len() - 1].timestamp - batch[0].timestamp;
                prop_assert!(span < MAX_SPAN);
            }
            // No two neighbours would have fitted into one.
            for pair in batches.windows(2) {
                let more = &pair[1][0];
                prop_assert!(
                    size(&pair[0]) + more.message.len() + EVENT_OVERHEAD > MAX_BATCH_BYTES
                        || more.timestamp - pair[0][0].timestamp >= MAX_SPAN
                );
            }
            prop_assert_eq!(batches.concat(), expected);
        }
    }
}

//! What a batch adds to metrics, before it is stored: one entry for each filter, minute and set of
//! dimensions, however many events there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{Emitter, MINUTE, Statistics};
use crate::InputEvent;

/// Something to be added to a minute of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Which of the filters.
    pub(crate) filter: usize,
    /// When the minute begins, Unix milliseconds.
    pub(crate) minute: i64,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) statistics: Statistics,
    /// Whether it is the filter's default value, which counts as long as nothing matches in the minute.
    pub(crate) is_default: bool,
}

/// Asks all filters of all events.
pub(crate) fn samples<'f>(
    filters: impl IntoIterator<Item = &'f Emitter>,
    events: &[InputEvent],
) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (filter, emitter) in filters.into_iter().enumerate() {
        let mut added: BTreeMap<(i64, BTreeMap<String, String>), Statistics> = BTreeMap::new();
        let mut matched = BTreeSet::new();
        for event in events {
            let Some(emission) = emitter.emission(&event.message) else { continue };
            let minute = minute_of(event);
            matched.insert(minute);
            let Some(value) = emission.value else { continue };
            added
                .entry((minute, emission.dimensions))
                .and_modify(|all| all.add(&value))
                .or_insert(value);
        }
        samples.extend(added.into_iter().map(|((minute, dimensions), statistics)| Sample {
            filter,
            minute,
            dimensions,
            statistics,
            is_default: false,
        }));
        if let Some(statistics) = emitter.default() {
            let minutes: BTreeSet<i64> = events.iter().map(minute_of).collect();
            samples.extend(minutes.difference(&matched).map(|minute| Sample {
                filter,
                minute: *minute,
                dimensions: BTreeMap::new(),
                statistics,
                is_default: true,
            }));
        }
    }
    samples
}

const fn minute_of(event: &InputEvent) -> i64 {
    event.timestamp - event.timestamp.rem_euclid(MINUTE)
}

#[cfg(test)]
mod tests {
    use super::super::{NewMetricFilter, Transformation};
    use super::*;

    fn emitter(
        pattern: &str,
        value: &str,
        default: Option<f64>,
        dimension: Option<&str>,
    ) -> Emitter {
        let dimensions = dimension.map(|part| ("D".to_owned(), part.to_owned()));
        let transformation = Transformation {
            value: value.to_owned(),
            default,
            dimensions: dimensions.into_iter().collect(),
            ..Transformation::default()
        };
        let pattern = pattern.to_owned();
        Emitter::new(&NewMetricFilter { pattern, transformation, ..NewMetricFilter::default() })
            .unwrap()
    }

    /// `FILTER MINUTE dimension samples/sum/minimum/maximum`, with `default` where it is one.
    fn told(filters: &[Emitter], events: &[(i64, &str)]) -> Vec<String> {
        let events: Vec<InputEvent> = events
            .iter()
            .map(|(timestamp, message)| InputEvent {
                timestamp: *timestamp,
                message: (*message).to_owned(),
            })
            .collect();
        let line = |sample: Sample| {
            let Statistics { samples, sum, minimum, maximum } = sample.statistics;
            let dimension = sample.dimensions.get("D").map_or("-", String::as_str);
            let default = if sample.is_default { " default" } else { "" };
            format!(
                "{} {} {dimension} {samples}/{sum}/{minimum}/{maximum}{default}",
                sample.filter, sample.minute
            )
        };
        samples(filters, &events).into_iter().map(line).collect()
    }

    #[test]
    fn events_of_one_minute_and_one_set_of_dimensions_are_one_sample() {
        let filters =
            [emitter("[who, n]", "$n", None, Some("$who")), emitter("a", "1", None, None)];

        assert_eq!(
            told(&filters, &[(0, "a 5"), (59_999, "a 3"), (30_000, "b 1"), (60_000, "a 9")]),
            [
                "0 0 a 2/8/3/5",
                "0 0 b 1/1/1/1",
                "0 60000 a 1/9/9/9",
                "1 0 - 2/2/1/1",
                "1 60000 - 1/1/1/1"
            ]
        );
    }

    #[test]
    fn a_default_is_of_the_minutes_with_events_of_which_none_matched() {
        let counts = [emitter("a", "1", Some(0.0), None)];
        assert_eq!(
            told(&counts, &[(0, "b"), (1, "a"), (60_000, "b"), (60_001, "c"), (180_000, "b")]),
            ["0 0 - 1/1/1/1", "0 60000 - 1/0/0/0 default", "0 180000 - 1/0/0/0 default"]
        );
        assert!(told(&counts, &[]).is_empty());

        // One that matched without a number is no reason for a default.
        let sums = [emitter("[a, n]", "$n", Some(7.0), None)];
        assert!(told(&sums, &[(0, "x -")]).is_empty());
    }
}

//! Metric filters, and the metrics that they make of events (`cloudwatch-logs.md` §4.7, 6).

mod emitter;
mod sample;
mod statistics;

use std::collections::BTreeMap;

use crate::{InvalidPattern, Owner};
pub(crate) use emitter::Emitter;
pub(crate) use sample::{Sample, samples};
pub use statistics::Statistics;

/// The length of a metric's points in milliseconds: a minute.
pub(crate) const MINUTE: i64 = 60_000;

/// A metric filter to be put.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMetricFilter {
    /// Its name in its group. One of this name is replaced.
    pub name: String,
    /// Which events it is about (§5).
    pub pattern: String,
    /// What it makes of them.
    pub transformation: Transformation,
}

impl NewMetricFilter {
    /// Says what is wrong with it, if something is.
    pub fn check(&self) -> Result<(), InvalidMetricFilter> {
        Emitter::new(self).map(drop)
    }
}

/// What a metric filter makes of an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transformation {
    /// Where the metric is.
    pub namespace: String,
    /// Its name there.
    pub metric: String,
    /// A number, or what to take one from: `$.latency`, `$bytes`.
    pub value: String,
    /// What is added for a minute with events of which none matched. Not together with dimensions.
    pub default: Option<f64>,
    /// Their names, and what to take their values from. At most [`MAX_DIMENSIONS`].
    pub dimensions: BTreeMap<String, String>,
    /// `Bytes`; none is `None`.
    pub unit: Option<String>,
}

/// Dimensions that a metric filter may have.
pub const MAX_DIMENSIONS: usize = 3;

/// A metric filter as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFilter {
    /// What was put last.
    pub settings: NewMetricFilter,
    /// Name of its group.
    pub group: String,
    /// Unix milliseconds: when one of this name was put first.
    pub created: i64,
}

/// Which metric filters to list, in the order of their names, then of their groups'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricFilterQuery {
    /// Those of this group, which has to exist.
    pub group: Option<String>,
    /// Those whose names begin so.
    pub prefix: Option<String>,
    /// Those that make this metric: its namespace and its name.
    pub metric: Option<(String, String)>,
    /// Those after this one: its name and its group's.
    pub after: Option<(String, String)>,
    /// At most so many.
    pub limit: usize,
}

/// What cannot be a metric filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetricFilter {
    /// Its pattern.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// The value is neither a number nor a part that matching events have.
    #[error("the metric value '{0}' is neither a number nor a part of the events")]
    Value(String),
    /// The pattern knows no parts of events that could be dimensions.
    #[error("the pattern knows no parts of events that could be dimensions")]
    NoParts,
    /// What a dimension should be taken from is no part that matching events have.
    #[error("the dimension value '{0}' is no part of the events")]
    Dimension(String),
    /// More than [`MAX_DIMENSIONS`].
    #[error("a metric has at most three dimensions, not {0}")]
    TooManyDimensions(usize),
    /// A default value would have no dimensions.
    #[error("a default value and dimensions exclude each other")]
    DefaultWithDimensions,
    /// A default value that no metric can have.
    #[error("the default value is not between -2^360 and 2^360")]
    Default,
}

/// A metric with one set of dimensions, since it was first seen; what nothing was added to for 15 days is
/// forgotten.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricTotal {
    /// Whose.
    pub owner: Owner,
    /// Where it is.
    pub namespace: String,
    /// Its name there.
    pub metric: String,
    /// Its dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// `None` where the filter names none.
    pub unit: String,
    /// Values that were added.
    pub samples: u64,
    /// Their sum.
    pub sum: f64,
}

/// A filter whose dimensions have had too many values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricOverflow {
    /// Whose.
    pub owner: Owner,
    /// The filter's group.
    pub group: String,
    /// The filter.
    pub filter: String,
    /// Values that were not added.
    pub samples: u64,
}

/// All metrics, as far as they are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricTotals {
    /// In the order of owner, namespace, name and dimensions.
    pub metrics: Vec<MetricTotal>,
    /// Those that are not told.
    pub left_out: u64,
    /// What was not added to any.
    pub overflows: Vec<MetricOverflow>,
}

/// A minute of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    /// When it begins, Unix milliseconds.
    pub minute: i64,
    /// The dimensions.
    pub dimensions: BTreeMap<String, String>,
    /// The unit.
    pub unit: String,
    /// What was added.
    pub statistics: Statistics,
}

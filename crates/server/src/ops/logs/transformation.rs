//! The shape of what a metric filter makes of events (`cloudwatch-logs.md` §2.1, 3, 4.7).

use std::collections::BTreeMap;

use flowlogd_aws::logs::shapes::MetricTransformation;
use flowlogd_logstore::Transformation;

use super::violations::{Alphabet, Violations};

const MEMBER: &str = "metricTransformations";
/// Characters of a metric's name, of its namespace, and of a dimension's name and value.
const MAX_NAME: usize = 255;
/// Characters of a metric's value.
const MAX_VALUE: usize = 100;
const METRIC_NAME: Alphabet =
    Alphabet { text: "[^:*$]*", has: |character| !matches!(character, ':' | '*' | '$') };
/// AWS's model says the same of it, and AWS takes colons.
const METRIC_NAMESPACE: Alphabet =
    Alphabet { text: "[^:*$]*", has: |character| !matches!(character, '*' | '$') };
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// Checks that there is one, and its members.
pub(super) fn checked(
    violations: &mut Violations,
    given: Option<Vec<MetricTransformation>>,
) -> Transformation {
    let Some(given) = given else {
        violations.required::<()>(MEMBER, None);
        return Transformation::default();
    };
    let all = given.iter().map(printed).collect::<Vec<_>>().join(", ");
    violations.length(&format!("[{all}]"), MEMBER, given.len(), 1..=1);
    let mut first = None;
    for (number, transformation) in (1..).zip(given) {
        let member = |name: &str| format!("{MEMBER}.{number}.member.{name}");
        let checked = members(violations, &member, transformation);
        first.get_or_insert(checked);
    }
    first.unwrap_or_default()
}

fn members(
    violations: &mut Violations,
    member: &impl Fn(&str) -> String,
    given: MetricTransformation,
) -> Transformation {
    let metric = violations.required(&member("metricName"), given.metric_name);
    let namespace = violations.required(&member("metricNamespace"), given.metric_namespace);
    let value = violations.required(&member("metricValue"), given.metric_value);
    let transformation = Transformation {
        metric: metric_name(violations, &member("metricName"), Some(metric)).unwrap_or_default(),
        namespace: metric_namespace(violations, &member("metricNamespace"), Some(namespace))
            .unwrap_or_default(),
        value: violations
            .text(&member("metricValue"), Some(value), 0..=MAX_VALUE, None)
            .unwrap_or_default(),
        default: given.default_value,
        dimensions: given.dimensions.unwrap_or_default(),
        unit: violations.one_of(&member("unit"), given.unit, &UNITS),
    };
    let texts = transformation.dimensions.iter().flat_map(|(name, part)| [name, part]);
    if texts.map(|text| text.chars().count()).any(|length| length > MAX_NAME) {
        let constraint = format!("Member must have length less than or equal to {MAX_NAME}");
        violations.add_without_value(&member("dimensions"), &constraint);
    }
    transformation
}

/// The name of a metric, if it is there.
pub(super) fn metric_name(
    violations: &mut Violations,
    member: &str,
    name: Option<String>,
) -> Option<String> {
    violations.text(member, name, 0..=MAX_NAME, Some(METRIC_NAME))
}

/// The namespace of a metric, if it is there.
pub(super) fn metric_namespace(
    violations: &mut Violations,
    member: &str,
    namespace: Option<String>,
) -> Option<String> {
    violations.text(member, namespace, 0..=MAX_NAME, Some(METRIC_NAMESPACE))
}

/// As AWS repeats it.
fn printed(given: &MetricTransformation) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
    let default = given.default_value.map_or("null".to_owned(), |value| format!("{value:?}"));
    let dimensions = given.dimensions.as_ref().map_or("null".to_owned(), map);
    format!(
        "MetricTransformation(metricName={}, metricNamespace={}, metricValue={}, defaultValue={default}, unit={}, dimensions={dimensions})",
        text(&given.metric_name),
        text(&given.metric_namespace),
        text(&given.metric_value),
        text(&given.unit),
    )
}

fn map(dimensions: &BTreeMap<String, String>) -> String {
    let entries = dimensions.iter().map(|(name, part)| format!("{name}={part}"));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

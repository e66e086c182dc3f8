//! What `/metrics` tells of the metrics that metric filters make of log events.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flowlogd_logstore::{MetricTotal, MetricTotals, Owner};

use super::agents::escaped;

/// Metrics that are told. Each set of dimensions is one; more would be a page that nobody can read.
pub(super) const MOST: usize = 2000;

/// Writes the totals.
pub(super) fn page(totals: &MetricTotals) -> String {
    let mut page = String::new();
    if totals.metrics.is_empty() && totals.overflows.is_empty() {
        return page;
    }
    // Names that differ for AWS may be one label: what has the same labels is one line.
    let mut lines: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    for total in &totals.metrics {
        let (samples, sum) = lines.entry(labels(total)).or_default();
        *samples = samples.saturating_add(total.samples);
        *sum += total.sum;
    }
    let head = |page: &mut String, name: &str, kind: &str, help: &str| {
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
    };
    let name = "flowlogd_log_metric_samples_total";
    head(&mut page, name, "counter", "Values that metric filters have taken from log events.");
    for (labels, (samples, _)) in &lines {
        let _ = writeln!(page, "{name}{{{labels}}} {samples}");
    }
    let name = "flowlogd_log_metric_sum";
    head(&mut page, name, "gauge", "Sum of these values; it grows if none is negative.");
    for (labels, (_, sum)) in &lines {
        let _ = writeln!(page, "{name}{{{labels}}} {sum}");
    }
    let name = "flowlogd_log_metrics_left_out";
    head(&mut page, name, "gauge", "Metrics that this page does not tell, for there are too many.");
    let _ = writeln!(page, "{name} {}", totals.left_out);
    let name = "flowlogd_log_metric_overflow_samples_total";
    head(&mut page, name, "counter", "Values whose dimensions were too many for their filter.");
    for overflow in &totals.overflows {
        let labels = owner(&overflow.owner);
        let [group, filter] = [&overflow.group, &overflow.filter].map(|name| escaped(name));
        let samples = overflow.samples;
        let _ = writeln!(
            page,
            "{name}{{{labels},log_group=\"{group}\",filter=\"{filter}\"}} {samples}"
        );
    }
    page
}

fn owner(Owner { account, region }: &Owner) -> String {
    format!("account=\"{}\",region=\"{}\"", escaped(account), escaped(region))
}

/// `account`, `region`, `namespace`, `metric`, `unit`, and a label `dimension_…` for each dimension.
fn labels(total: &MetricTotal) -> String {
    let [namespace, metric, unit] =
        [&total.namespace, &total.metric, &total.unit].map(|name| escaped(name));
    let mut labels = owner(&total.owner);
    labels += &format!(",namespace=\"{namespace}\",metric=\"{metric}\",unit=\"{unit}\"");
    let mut names: Vec<String> = Vec::new();
    for (dimension, value) in &total.dimensions {
        let mut name = label_name(dimension);
        while names.contains(&name) {
            name.push('_');
        }
        labels += &format!(",{name}=\"{}\"", escaped(value));
        names.push(name);
    }
    labels
}

/// A label has letters, digits and underscores.
fn label_name(dimension: &str) -> String {
    let letter = |character: char| {
        if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '_' }
    };
    format!("dimension_{}", dimension.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use flowlogd_logstore::MetricOverflow;

    use super::*;

    fn total(dimensions: &[(&str, &str)], samples: u64, sum: f64) -> MetricTotal {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        MetricTotal {
            owner: Owner { account: "1".to_owned(), region: "r".to_owned() },
            namespace: "N\"n".to_owned(),
            metric: "m".to_owned(),
            dimensions: dimensions.iter().map(own).collect(),
            unit: "Bytes".to_owned(),
            samples,
            sum,
        }
    }

    fn lines(page: &str) -> Vec<&str> {
        page.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn every_metric_has_a_line_with_its_dimensions() {
        let overflow = MetricOverflow {
            owner: Owner { account: "1".to_owned(), region: "r".to_owned() },
            group: "g".to_owned(),
            filter: "f".to_owned(),
            samples: 9,
        };
        let page = page(&MetricTotals {
            metrics: vec![total(&[], 3, 4.5), total(&[("Source IP", "10.0.0.1\n")], 2, -1.0)],
            left_out: 7,
            overflows: vec![overflow],
        });

        let of = r#"account="1",region="r",namespace="N\"n",metric="m",unit="Bytes""#;
        assert_eq!(
            lines(&page),
            [
                format!("flowlogd_log_metric_samples_total{{{of}}} 3"),
                format!(
                    r#"flowlogd_log_metric_samples_total{{{of},dimension_source_ip="10.0.0.1\n"}} 2"#
                ),
                format!("flowlogd_log_metric_sum{{{of}}} 4.5"),
                format!(r#"flowlogd_log_metric_sum{{{of},dimension_source_ip="10.0.0.1\n"}} -1"#),
                "flowlogd_log_metrics_left_out 7".to_owned(),
                r#"flowlogd_log_metric_overflow_samples_total{account="1",region="r",log_group="g",filter="f"} 9"#
                    .to_owned(),
            ]
        );
    }

    #[test]
    fn no_two_lines_have_the_same_labels_and_no_label_is_there_twice() {
        let page = page(&MetricTotals {
            metrics: vec![
                total(&[("a.b", "x")], 1, 1.0),
                total(&[("a_b", "x")], 2, 2.0),
                total(&[("a.b", "x"), ("a_b", "y")], 4, 4.0),
            ],
            ..MetricTotals::default()
        });

        let sums: Vec<_> = lines(&page).into_iter().filter(|line| line.contains("_sum{")).collect();
        assert_eq!(sums.len(), 2, "{sums:?}");
        assert!(sums[0].ends_with(r#"dimension_a_b="x"} 3"#), "{sums:?}");
        assert!(sums[1].ends_with(r#"dimension_a_b="x",dimension_a_b_="y"} 4"#), "{sums:?}");
    }

    #[test]
    fn without_metrics_nothing_is_told_of_them() {
        assert_eq!(page(&MetricTotals::default()), "");
    }
}

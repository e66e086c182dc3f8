//! Metric filters: what is stored is counted, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use flowlogd_logstore::{
    Batch, InputEvent, LogStore, MetricFilterQuery, MetricTotals, NewGroup, NewMetricFilter,
    NoFormats, Owner, Producer, PutOutcome, Settings, StoreError, Transformation,
};
use tempfile::TempDir;

/// 2026-11-26T00:00:00Z in Unix milliseconds: the first minute of an hour.
const NOW: i64 = 1_795_651_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

struct Shop {
    store: LogStore,
    owner: Owner,
    directory: TempDir,
}

impl Shop {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let store = LogStore::open_with(
            directory.path(),
            Settings { sweep_every: 0, ..Settings::default() },
            Arc::new(NoFormats),
        )
        .expect("the store does it");
        let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
        let shop = Self { store, owner, directory };
        shop.group("g");
        shop
    }

    fn group(&self, name: &str) {
        let group = NewGroup { name: name.to_owned(), ..NewGroup::default() };
        self.store.create_group(&self.owner, &group, NOW).expect("the store does it");
        self.store.create_stream(&self.owner, name, "s", NOW).expect("the store does it");
    }

    fn reopened(self) -> Self {
        let Self { store, owner, directory } = self;
        drop(store);
        let store = LogStore::open_with(
            directory.path(),
            Settings { sweep_every: 0, ..Settings::default() },
            Arc::new(NoFormats),
        )
        .expect("the store does it");
        Self { store, owner, directory }
    }

    fn put_filter(&self, filter: &NewMetricFilter) {
        let put = self.store.put_metric_filter(&self.owner, "g", filter, NOW);
        put.expect("the store does it");
    }

    fn put(&self, events: &[(i64, &str)], number: Option<u64>) -> Result<PutOutcome, StoreError> {
        let batch = Batch {
            owner: &self.owner,
            group: "g",
            stream: "s",
            events: events
                .iter()
                .map(|(time, message)| InputEvent {
                    timestamp: NOW + time,
                    message: (*message).to_owned(),
                })
                .collect(),
            producer: number.map(|number| Producer { id: "p".to_owned(), number }),
        };
        self.store.put(batch, NOW)
    }

    fn stored(&self, events: &[(i64, &str)]) {
        self.put(events, None).expect("the store does it");
    }

    /// `MINUTE [dimension] samples/sum/minimum/maximum`, minutes from now.
    fn points(&self) -> Vec<String> {
        let all = (i64::MIN, i64::MAX);
        let points = self.store.metric_points(&self.owner, "N", "m", all);
        let line = |point: &flowlogd_logstore::MetricPoint| {
            let minute = (point.minute - NOW) / MINUTE;
            let dimensions = named(&point.dimensions);
            let of = point.statistics;
            format!("{minute}{dimensions} {}/{}/{}/{}", of.samples, of.sum, of.minimum, of.maximum)
        };
        points.expect("the store does it").iter().map(line).collect()
    }

    /// `[dimension] samples/sum`.
    fn totals(&self) -> Vec<String> {
        let MetricTotals { metrics, left_out, .. } = self.all_totals();
        assert_eq!(left_out, 0);
        let line = |total: &flowlogd_logstore::MetricTotal| {
            format!("{}{}/{}", named(&total.dimensions), total.samples, total.sum)
        };
        metrics.iter().map(line).collect()
    }

    fn all_totals(&self) -> MetricTotals {
        self.store.metric_totals(10_000).expect("the store does it")
    }
}

fn named(dimensions: &BTreeMap<String, String>) -> String {
    let named: Vec<_> =
        dimensions.iter().map(|(name, value)| format!(" {name}={value} ")).collect();
    named.concat()
}

/// A filter of the metric `m` in `N`.
fn filter(name: &str, pattern: &str, value: &str) -> NewMetricFilter {
    NewMetricFilter {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        transformation: Transformation {
            namespace: "N".to_owned(),
            metric: "m".to_owned(),
            value: value.to_owned(),
            ..Transformation::default()
        },
    }
}

fn with_default(mut filter: NewMetricFilter, default: f64) -> NewMetricFilter {
    filter.transformation.default = Some(default);
    filter
}

fn with_dimension(mut filter: NewMetricFilter, part: &str) -> NewMetricFilter {
    filter.transformation.dimensions.insert("D".to_owned(), part.to_owned());
    filter
}

#[test]
fn what_matches_adds_to_the_minute_of_its_timestamp() {
    let shop = Shop::new();
    shop.stored(&[(0, "before 100")]);
    shop.put_filter(&filter("bytes", "[word, bytes]", "$bytes"));

    shop.stored(&[(-3 * MINUTE, "a 5"), (1, "b 7"), (2, "b -"), (3, "alone"), (4, "b 2.5")]);
    shop.stored(&[(MINUTE - 1, "c -1"), (MINUTE, "c 1")]);

    assert_eq!(shop.points(), ["-3 1/5/5/5", "0 3/8.5/-1/7", "1 1/1/1/1"]);
    assert_eq!(shop.totals(), ["5/14.5"]);
}

#[test]
fn a_batch_that_is_known_adds_nothing_even_after_a_restart() {
    let shop = Shop::new();
    shop.put_filter(&filter("count", "", "1"));
    let events = [(0, "a"), (1, "b")];

    assert!(matches!(shop.put(&events, Some(1)), Ok(PutOutcome::Stored { events: 2, .. })));
    assert!(matches!(shop.put(&events, Some(1)), Ok(PutOutcome::Known)));
    let shop = shop.reopened();
    assert!(matches!(shop.put(&events, Some(1)), Ok(PutOutcome::Known)));
    assert!(matches!(shop.put(&events, Some(2)), Ok(PutOutcome::Stored { events: 2, .. })));

    assert_eq!(shop.points(), ["0 4/4/1/1"]);
}

#[test]
fn what_is_not_stored_is_not_counted() {
    let shop = Shop::new();
    shop.put_filter(&with_default(filter("count", "a", "1"), 0.0));

    shop.stored(&[(-20 * DAY, "a"), (0, "a"), (3 * HOUR, "a")]);
    shop.stored(&[(-20 * DAY, "b")]);
    assert!(matches!(shop.put(&[(1, "a"), (0, "a")], None), Err(StoreError::Unordered)));
    shop.store.delete_stream(&shop.owner, "g", "s").expect("the store does it");
    assert!(matches!(shop.put(&[(0, "a")], None), Err(StoreError::NoStream)));

    assert_eq!(shop.points(), ["0 1/1/1/1"]);
}

#[test]
fn a_default_holds_until_something_matches_in_its_minute() {
    let shop = Shop::new();
    shop.put_filter(&with_default(filter("count", "a", "1"), 0.5));

    shop.stored(&[(0, "b"), (MINUTE, "a"), (2 * MINUTE, "b")]);
    shop.stored(&[(1, "b"), (MINUTE + 1, "b")]);
    assert_eq!(shop.points(), ["0 1/0.5/0.5/0.5", "1 1/1/1/1", "2 1/0.5/0.5/0.5"]);
    assert_eq!(shop.totals(), ["3/2"]);

    shop.stored(&[(2, "a"), (3, "a")]);
    assert_eq!(shop.points(), ["0 2/2/1/1", "1 1/1/1/1", "2 1/0.5/0.5/0.5"]);
    assert_eq!(shop.totals(), ["4/3.5"]);
}

#[test]
fn filters_of_one_metric_add_up_each_with_its_own_default() {
    let shop = Shop::new();
    shop.put_filter(&with_default(filter("a", "a", "1"), 0.0));
    shop.put_filter(&with_default(filter("b", "b", "10"), -1.0));

    shop.stored(&[(0, "a"), (1, "a b"), (MINUTE, "a"), (2 * MINUTE, "c")]);

    assert_eq!(shop.points(), ["0 3/12/1/10", "1 2/0/-1/1", "2 2/-1/-1/0"]);
}

#[test]
fn a_filter_counts_as_long_as_it_is_there_and_what_it_has_counted_stays() {
    let shop = Shop::new();
    shop.put_filter(&filter("f", "a", "1"));
    shop.stored(&[(0, "a")]);
    shop.put_filter(&filter("f", "b", "10"));
    shop.stored(&[(1, "a"), (2, "b")]);
    shop.store.delete_metric_filter(&shop.owner, "g", "f").expect("the store does it");
    shop.stored(&[(3, "a b")]);
    shop.store.delete_group(&shop.owner, "g").expect("the store does it");
    shop.group("g");
    shop.stored(&[(4, "a b")]);
    shop.store.maintain(NOW).expect("the store does it");

    assert_eq!(shop.points(), ["0 2/11/1/10"]);
    let again = shop.store.delete_metric_filter(&shop.owner, "g", "f");
    assert!(matches!(again, Err(StoreError::NoMetricFilter)));
}

#[test]
fn a_filter_adds_to_a_thousand_sets_of_dimensions_an_hour() {
    let shop = Shop::new();
    shop.put_filter(&with_dimension(filter("f", "[who, n]", "$n"), "$who"));
    let messages: Vec<String> = (0..1010).map(|number| format!("w{number:04} 1")).collect();
    let all = |time: i64| -> Vec<(i64, &str)> {
        messages.iter().map(|message| (time, message.as_str())).collect()
    };

    shop.stored(&all(0));
    let totals = shop.all_totals();
    assert_eq!((totals.metrics.len(), totals.overflows[0].samples), (1000, 10));
    assert_eq!(
        (totals.overflows[0].group.as_str(), totals.overflows[0].filter.as_str()),
        ("g", "f")
    );
    let told = shop.store.metric_totals(10).expect("the store does it");
    assert_eq!((told.metrics.len(), told.left_out), (10, 990));

    // Those that it has added to go on, in other minutes too; the next hour has room again.
    shop.stored(&all(MINUTE));
    assert_eq!(shop.all_totals().overflows[0].samples, 20);
    assert!(shop.all_totals().metrics.iter().all(|total| total.samples == 2));
    shop.stored(&all(HOUR));
    let totals = shop.all_totals();
    assert_eq!((totals.metrics.len(), totals.overflows[0].samples), (1000, 30));
    shop.stored(&[(2 * HOUR, "x 1"), (2 * HOUR, "w1009 1")]);
    assert_eq!(shop.all_totals().metrics.len(), 1002);
}

#[test]
fn points_are_kept_for_15_days_and_metrics_as_long_as_they_have_some() {
    let shop = Shop::new();
    shop.put_filter(&with_dimension(filter("f", "[who]", "1"), "$who"));
    shop.stored(&[(-10 * DAY, "old"), (-10 * DAY, "both")]);
    shop.stored(&[(0, "both"), (0, "new")]);

    shop.store.maintain(NOW + 5 * DAY).expect("the store does it");
    assert_eq!(shop.points().len(), 4);
    shop.store.maintain(NOW + 5 * DAY + 1).expect("the store does it");

    assert_eq!(shop.points(), ["0 D=both  1/1/1/1", "0 D=new  1/1/1/1"]);
    // What was counted of a metric that goes on is not forgotten.
    assert_eq!(shop.totals(), [" D=both 2/2", " D=new 1/1"]);
}

#[test]
fn nothing_is_counted_twice_or_missed_while_filters_change() {
    let shop = Shop::new();
    shop.put_filter(&filter("f", "a", "1"));
    let (threads, batches) = (4, 60);

    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..batches {
                    shop.stored(&[(0, "a"), (1, "b"), (2, "a")]);
                }
            });
        }
        scope.spawn(|| {
            for number in 0..120 {
                // The same filter as far as these events go, but another one.
                let pattern = if number % 2 == 0 { "a -c" } else { "a" };
                shop.put_filter(&filter("f", pattern, "1"));
            }
        });
    });

    let expected = threads * batches * 2;
    assert_eq!(shop.totals(), [format!("{expected}/{expected}")]);
}

#[test]
fn what_is_on_its_way_does_not_count_for_a_filter_that_is_gone() {
    let shop = Shop::new();
    let (stop, stored) = (AtomicBool::new(false), AtomicUsize::new(0));

    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    shop.stored(&[(0, "a")]);
                    stored.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut counted = Vec::new();
        for _ in 0..25 {
            shop.put_filter(&filter("f", "a", "1"));
            while shop.totals() == counted {
                std::thread::yield_now();
            }
            shop.store.delete_metric_filter(&shop.owner, "g", "f").expect("the store does it");
            counted = shop.totals();
            // As many as were on their way, and more.
            let until = stored.load(Ordering::Relaxed) + 12;
            while stored.load(Ordering::Relaxed) < until {
                std::thread::yield_now();
            }
            if shop.totals() != counted {
                stop.store(true, Ordering::Relaxed);
                panic!("{:?} were counted, then {:?}", counted, shop.totals());
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_group_has_a_hundred_filters_and_five_with_a_regex() {
    let shop = Shop::new();
    let put = |name: &str, pattern: &str| {
        shop.store.put_metric_filter(&shop.owner, "g", &filter(name, pattern, "1"), NOW)
    };
    for number in 0..5 {
        put(&format!("regex-{number}"), "%a%").expect("the store does it");
    }
    assert!(matches!(put("regex-5", "%a%"), Err(StoreError::TooManyMetricFilters)));
    put("regex-4", "%a% %b%").expect("one is only replaced");
    for number in 5..100 {
        put(&format!("plain-{number}"), "a").expect("the store does it");
    }
    assert!(matches!(put("plain-100", "a"), Err(StoreError::TooManyMetricFilters)));
    put("plain-99", "b").expect("one is only replaced");
    shop.store.delete_metric_filter(&shop.owner, "g", "regex-0").expect("the store does it");
    put("regex-5", "%a%").expect("there is room again");

    let group = shop.store.group(&shop.owner, "g").expect("the store does it");
    assert_eq!(group.metric_filters, 100);
}

#[test]
fn filters_are_listed_by_name_over_all_groups() {
    let shop = Shop::new();
    shop.group("h");
    let put = |group: &str, name: &str, metric: &str| {
        let mut filter = filter(name, "a", "1");
        filter.transformation.metric = metric.to_owned();
        shop.store.put_metric_filter(&shop.owner, group, &filter, NOW).expect("the store does it");
    };
    for (group, name, metric) in
        [("h", "b", "m"), ("g", "b", "m"), ("g", "a", "m"), ("h", "bb", "n"), ("g", "B", "n")]
    {
        put(group, name, metric);
    }
    let list = |query: MetricFilterQuery| -> Vec<String> {
        let mut found = Vec::new();
        let mut query = MetricFilterQuery { limit: 2, ..query };
        loop {
            let page = shop.store.metric_filters(&shop.owner, &query).expect("the store does it");
            let Some(last) = page.last() else { return found };
            query.after = Some((last.settings.name.clone(), last.group.clone()));
            found.extend(
                page.iter().map(|filter| format!("{}/{}", filter.group, filter.settings.name)),
            );
        }
    };
    let all = MetricFilterQuery::default;

    assert_eq!(list(all()), ["g/B", "g/a", "g/b", "h/b", "h/bb"]);
    let of_g = MetricFilterQuery { group: Some("g".to_owned()), ..all() };
    assert_eq!(list(of_g), ["g/B", "g/a", "g/b"]);
    let prefix = MetricFilterQuery { prefix: Some("b".to_owned()), ..all() };
    assert_eq!(list(prefix), ["g/b", "h/b", "h/bb"]);
    let metric = MetricFilterQuery { metric: Some(("N".to_owned(), "n".to_owned())), ..all() };
    assert_eq!(list(metric), ["g/B", "h/bb"]);
    let nowhere = MetricFilterQuery { group: Some("none".to_owned()), limit: 1, ..all() };
    let nowhere = shop.store.metric_filters(&shop.owner, &nowhere);
    assert!(matches!(nowhere, Err(StoreError::NoGroup)));
    let other = Owner { account: "2".to_owned(), ..shop.owner.clone() };
    let others = shop.store.metric_filters(&other, &MetricFilterQuery { limit: 9, ..all() });
    assert!(others.expect("the store does it").is_empty());
}

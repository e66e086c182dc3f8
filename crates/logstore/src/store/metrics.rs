//! Reading metrics, and forgetting them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::LogStore;
use crate::metric::{MINUTE, MetricOverflow, MetricPoint, MetricTotal, MetricTotals, Statistics};
use crate::{Owner, StoreError};

/// How long points are kept, in milliseconds: `CloudWatch` keeps those of a minute for 15 days.
const KEPT: i64 = 15 * 24 * 60 * MINUTE;
/// Points that one transaction deletes.
const AT_A_TIME: usize = 2000;

impl LogStore {
    /// Returns the totals of at most so many metrics, of all owners, for an operator.
    pub fn metric_totals(&self, limit: usize) -> Result<MetricTotals, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT account, region, namespace, metric, dimensions, unit, samples, sum
                 FROM metric_series ORDER BY account, region, namespace, metric, dimensions, unit
                 LIMIT ?1",
            )?;
            let metrics = statement.query_map([limit], |row| {
                let samples: i64 = row.get(6)?;
                Ok(MetricTotal {
                    owner: Owner { account: row.get(0)?, region: row.get(1)? },
                    namespace: row.get(2)?,
                    metric: row.get(3)?,
                    dimensions: dimensions(&row.get::<_, String>(4)?),
                    unit: row.get(5)?,
                    samples: u64::try_from(samples).unwrap_or(0),
                    sum: row.get(7)?,
                })
            })?;
            let metrics = metrics.collect::<Result<Vec<_>, _>>()?;
            let all: i64 = connection
                .prepare_cached("SELECT count(*) FROM metric_series")?
                .query_row([], |row| row.get(0))?;
            let told = i64::try_from(metrics.len()).unwrap_or(i64::MAX);
            let left_out = u64::try_from(all - told).unwrap_or(0);
            Ok(MetricTotals { metrics, left_out, overflows: overflows(connection, limit)? })
        })
    }

    /// Returns the minutes of a metric from `start` on, before `end` (Unix milliseconds).
    pub fn metric_points(
        &self,
        owner: &Owner,
        namespace: &str,
        metric: &str,
        (start, end): (i64, i64),
    ) -> Result<Vec<MetricPoint>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT minute, dimensions, unit, sum(metric_point.samples),
                     sum(metric_point.sum), min(minimum), max(maximum)
                 FROM metric_series JOIN metric_point ON series_id = metric_series.id
                 WHERE account = ?1 AND region = ?2 AND namespace = ?3 AND metric = ?4
                   AND minute >= ?5 AND minute < ?6
                 GROUP BY minute, dimensions, unit ORDER BY minute, dimensions, unit",
            )?;
            let points = statement.query_map(
                params![owner.account, owner.region, namespace, metric, start, end],
                |row| {
                    let samples: i64 = row.get(3)?;
                    Ok(MetricPoint {
                        minute: row.get(0)?,
                        dimensions: dimensions(&row.get::<_, String>(1)?),
                        unit: row.get(2)?,
                        statistics: Statistics {
                            samples: u64::try_from(samples).unwrap_or(0),
                            sum: row.get(4)?,
                            minimum: row.get(5)?,
                            maximum: row.get(6)?,
                        },
                    })
                },
            )?;
            Ok(points.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets points that are old, and the metrics that have no others.
    pub(super) fn sweep_metrics(&self, now: i64) -> Result<(), StoreError> {
        let oldest = now - KEPT;
        // Mostly there is nothing to be done, and nobody has to wait for it.
        let is_old = self.read(|connection| {
            let mut old = connection
                .prepare_cached("SELECT 1 FROM metric_point WHERE minute < ?1 LIMIT 1")?;
            Ok(old.exists([oldest])?)
        })?;
        if !is_old {
            return Ok(());
        }
        loop {
            let deleted = self.write(move |connection| {
                let series = delete_points(connection, oldest)?;
                let mut forget = connection.prepare_cached(
                    "DELETE FROM metric_series WHERE id = ?1
                         AND NOT EXISTS (SELECT 1 FROM metric_point WHERE series_id = ?1)",
                )?;
                for id in series.iter().collect::<BTreeSet<_>>() {
                    forget.execute([id])?;
                }
                if series.len() < AT_A_TIME && !series.is_empty() {
                    connection.execute("DELETE FROM metric_hour WHERE hour < ?1", [oldest])?;
                }
                Ok(series.len())
            })?;
            if deleted < AT_A_TIME {
                return Ok(());
            }
        }
    }
}

/// Deletes some points before a time, and returns the metric of each.
fn delete_points(connection: &Connection, oldest: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM metric_point WHERE (series_id, filter_id, minute) IN (
             SELECT series_id, filter_id, minute FROM metric_point WHERE minute < ?1 LIMIT ?2)
         RETURNING series_id",
    )?;
    let some = i64::try_from(AT_A_TIME).unwrap_or(i64::MAX);
    let series = statement.query_map(params![oldest, some], |row| row.get(0))?;
    Ok(series.collect::<Result<_, _>>()?)
}

fn overflows(connection: &Connection, limit: i64) -> Result<Vec<MetricOverflow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT account, region, log_group.name, metric_filter.name, overflow
         FROM metric_filter JOIN log_group ON log_group.id = group_id
         WHERE overflow > 0 AND log_group.deleted = 0
         ORDER BY account, region, log_group.name, metric_filter.name LIMIT ?1",
    )?;
    let overflows = statement.query_map([limit], |row| {
        let samples: i64 = row.get(4)?;
        Ok(MetricOverflow {
            owner: Owner { account: row.get(0)?, region: row.get(1)? },
            group: row.get(2)?,
            filter: row.get(3)?,
            samples: u64::try_from(samples).unwrap_or(0),
        })
    })?;
    Ok(overflows.collect::<Result<_, _>>()?)
}

fn dimensions(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).unwrap_or_default()
}

//! Adding to metrics what a batch's events make of them, in the transaction that stores the events: they
//! are counted once, like they are stored.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::filters::{Filter, Filters};
use crate::metric::{Sample, Statistics, samples};
use crate::{InputEvent, Owner, StoreError};

const HOUR: i64 = 3_600_000;
/// Sets of dimensions to which a filter may add in an hour (`cloudwatch-logs.md` §6).
const MOST_SERIES: i64 = 1000;

/// What a batch adds to metrics, as long as its group's filters are what they were.
#[derive(Debug)]
pub(super) struct Added {
    owner: Owner,
    filters: Filters,
    samples: Vec<Sample>,
}

/// By how much a metric grows.
#[derive(Default)]
struct Gain {
    /// JSON.
    dimensions: String,
    /// Its id, if there is such a metric already.
    series: Option<i64>,
    /// The hour in which it has a place for sure.
    hour: Option<i64>,
    samples: i64,
    sum: f64,
}

/// What is there of a minute already.
struct Present {
    samples: i64,
    sum: f64,
    is_default: bool,
}

impl Added {
    /// Asks a group's filters of events, on the caller's thread: the writer's is the one that all wait for.
    pub(super) fn of(owner: &Owner, filters: Filters, events: &[InputEvent]) -> Self {
        let samples = samples(filters.all.iter().map(|filter| &filter.emitter), events);
        Self { owner: owner.clone(), filters, samples }
    }

    /// Whether the filters are still those that were asked. If not, a batch would miss one that was put
    /// meanwhile, or count for one that is gone: they have to be asked again.
    pub(super) fn is_current(&self, connection: &Connection) -> Result<bool, StoreError> {
        self.filters.are_current(connection)
    }

    /// Adds it to the points and totals of the metrics.
    pub(super) fn store(&self, connection: &Connection) -> Result<(), StoreError> {
        // What all minutes of a metric have in common is looked up, and written, once.
        let mut gains: BTreeMap<(usize, &BTreeMap<String, String>), Gain> = BTreeMap::new();
        for sample in &self.samples {
            let Some(filter) = self.filters.all.get(sample.filter) else { continue };
            let gain = match gains.entry((sample.filter, &sample.dimensions)) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let dimensions = serde_json::to_string(&sample.dimensions).unwrap_or_default();
                    let series = self.series(connection, filter, &dimensions)?;
                    entry.insert(Gain { dimensions, series, ..Gain::default() })
                }
            };
            self.add(connection, filter, sample, gain)?;
        }
        let mut grow = connection.prepare_cached(
            "UPDATE metric_series SET samples = samples + ?2, sum = sum + ?3 WHERE id = ?1",
        )?;
        for gain in gains.values().filter(|gain| gain.series.is_some()) {
            grow.execute(params![gain.series, gain.samples, gain.sum])?;
        }
        Ok(())
    }

    fn add(
        &self,
        connection: &Connection,
        filter: &Filter,
        sample: &Sample,
        gain: &mut Gain,
    ) -> Result<(), StoreError> {
        let hour = sample.minute - sample.minute.rem_euclid(HOUR);
        if filter.emitter.has_dimensions() && gain.hour != Some(hour) {
            if !has_place(connection, gain.series, filter, hour)? {
                return overflow(connection, filter, sample.statistics);
            }
            gain.hour = Some(hour);
        }
        let series = match gain.series {
            Some(series) => series,
            None => self.make_series(connection, filter, &gain.dimensions)?,
        };
        gain.series = Some(series);
        let (samples, sum) = (count(sample.statistics), sample.statistics.sum);
        match present(connection, series, filter, sample.minute)? {
            // It holds for minutes in which nothing has matched, and once.
            Some(_) if sample.is_default => return Ok(()),
            Some(Present { is_default: false, .. }) => {
                add_to_point(connection, series, filter, sample)?;
            }
            Some(default) => {
                set_point(connection, series, filter, sample)?;
                gain.samples -= default.samples;
                gain.sum -= default.sum;
            }
            None => set_point(connection, series, filter, sample)?,
        }
        gain.samples += samples;
        gain.sum += sum;
        Ok(())
    }

    /// Returns the id of a metric with these dimensions.
    fn series(
        &self,
        connection: &Connection,
        filter: &Filter,
        dimensions: &str,
    ) -> Result<Option<i64>, StoreError> {
        let Filter { namespace, metric, unit, .. } = filter;
        let Owner { account, region } = &self.owner;
        Ok(connection
            .prepare_cached(
                "SELECT id FROM metric_series WHERE account = ?1 AND region = ?2 AND namespace = ?3
                     AND metric = ?4 AND dimensions = ?5 AND unit = ?6",
            )?
            .query_row(params![account, region, namespace, metric, dimensions, unit], |row| {
                row.get(0)
            })
            .optional()?)
    }

    fn make_series(
        &self,
        connection: &Connection,
        filter: &Filter,
        dimensions: &str,
    ) -> Result<i64, StoreError> {
        let Filter { namespace, metric, unit, .. } = filter;
        let Owner { account, region } = &self.owner;
        Ok(connection
            .prepare_cached(
                "INSERT INTO metric_series (account, region, namespace, metric, dimensions, unit)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id",
            )?
            .query_row(params![account, region, namespace, metric, dimensions, unit], |row| {
                row.get(0)
            })?)
    }
}

fn count(statistics: Statistics) -> i64 {
    i64::try_from(statistics.samples).unwrap_or(i64::MAX)
}

/// Whether the filter has added to a series in an hour; if not, it takes a place for it, as long as there is
/// one.
fn has_place(
    connection: &Connection,
    series: Option<i64>,
    filter: &Filter,
    hour: i64,
) -> Result<bool, StoreError> {
    if let Some(series) = series
        && connection
            .prepare_cached(
                "SELECT 1 FROM metric_point
                 WHERE series_id = ?1 AND filter_id = ?2 AND minute >= ?3 AND minute < ?4",
            )?
            .exists(params![series, filter.id, hour, hour + HOUR])?
    {
        return Ok(true);
    }
    let taken = connection
        .prepare_cached(
            "INSERT INTO metric_hour (filter_id, hour, series) VALUES (?1, ?2, 1)
             ON CONFLICT (filter_id, hour) DO UPDATE SET series = series + 1 WHERE series < ?3",
        )?
        .execute(params![filter.id, hour, MOST_SERIES])?;
    Ok(taken > 0)
}

/// Counts what has found no place.
fn overflow(
    connection: &Connection,
    filter: &Filter,
    statistics: Statistics,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE metric_filter SET overflow = overflow + ?2 WHERE id = ?1")?
        .execute(params![filter.id, count(statistics)])?;
    Ok(())
}

fn present(
    connection: &Connection,
    series: i64,
    filter: &Filter,
    minute: i64,
) -> Result<Option<Present>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT samples, sum, is_default FROM metric_point
             WHERE series_id = ?1 AND filter_id = ?2 AND minute = ?3",
        )?
        .query_row(params![series, filter.id, minute], |row| {
            Ok(Present { samples: row.get(0)?, sum: row.get(1)?, is_default: row.get(2)? })
        })
        .optional()?)
}

/// Writes a minute's first values, in the place of a default.
fn set_point(
    connection: &Connection,
    series: i64,
    filter: &Filter,
    sample: &Sample,
) -> Result<(), StoreError> {
    let Statistics { sum, minimum, maximum, .. } = sample.statistics;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO metric_point
                 (series_id, filter_id, minute, is_default, samples, sum, minimum, maximum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            series,
            filter.id,
            sample.minute,
            sample.is_default,
            count(sample.statistics),
            sum,
            minimum,
            maximum
        ])?;
    Ok(())
}

/// Adds to a minute that has values.
fn add_to_point(
    connection: &Connection,
    series: i64,
    filter: &Filter,
    sample: &Sample,
) -> Result<(), StoreError> {
    let Statistics { sum, minimum, maximum, .. } = sample.statistics;
    connection
        .prepare_cached(
            "UPDATE metric_point SET samples = samples + ?4, sum = sum + ?5,
                 minimum = min(minimum, ?6), maximum = max(maximum, ?7)
             WHERE series_id = ?1 AND filter_id = ?2 AND minute = ?3",
        )?
        .execute(params![
            series,
            filter.id,
            sample.minute,
            count(sample.statistics),
            sum,
            minimum,
            maximum
        ])?;
    Ok(())
}

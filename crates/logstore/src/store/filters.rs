//! Metric filters of groups: kept, listed, and compiled for those who put events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::catalog::{after_prefix, group_id};
use super::{LogStore, lock};
use crate::metric::{Emitter, MetricFilter, MetricFilterQuery, NewMetricFilter, Transformation};
use crate::{Owner, StoreError};

/// Filters that a group may have, …
const MOST: usize = 100;
/// … and of them with a regex (`cloudwatch-logs.md` §2.3, 5.3).
const MOST_WITH_REGEX: usize = 5;
/// What a filter without a unit has.
const NO_UNIT: &str = "None";

/// The filters of a group as they were at some moment, and for how many days it keeps events.
#[derive(Clone, Debug)]
pub(super) struct Filters {
    /// Of which group.
    pub(super) group: i64,
    pub(super) retention: Option<u32>,
    /// Tells these filters from those before and after.
    pub(super) generation: i64,
    pub(super) all: Arc<[Filter]>,
}

/// A filter that is in force.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) id: i64,
    pub(super) namespace: String,
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) emitter: Emitter,
}

/// What is known of groups: whoever puts a batch neither asks for their filters again, nor compiles them.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<HashMap<(Owner, String), Filters>>);

impl Known {
    /// Filters that are kept, and groups without any. A hundred filters take some hundred kilobytes, regexes
    /// more.
    const MOST: usize = 6_400;

    fn get(&self, group: &(Owner, String)) -> Option<Filters> {
        lock(&self.0).get(group).cloned()
    }

    fn keep(&self, group: (Owner, String), filters: &Filters) {
        let mut kept = lock(&self.0);
        let all: usize = kept.values().map(|filters| 1 + filters.all.len()).sum();
        if all + filters.all.len() >= Self::MOST {
            kept.clear();
        }
        kept.insert(group, filters.clone());
    }
}

impl LogStore {
    /// Puts a metric filter, in the place of the one of this name if there is one. It counts what is put
    /// from then on.
    pub fn put_metric_filter(
        &self,
        owner: &Owner,
        group: &str,
        filter: &NewMetricFilter,
        now: i64,
    ) -> Result<(), StoreError> {
        let has_regex = Emitter::new(filter)?.has_regex();
        let (owner, group, filter) = (owner.clone(), group.to_owned(), filter.clone());
        self.write(move |connection| {
            let group = group_id(connection, &owner, &group)?;
            let mut others = of_group(connection, group)?;
            others.retain(|(_, other)| other.name != filter.name);
            let with_regex = |other: &&(i64, NewMetricFilter)| {
                Emitter::new(&other.1).is_ok_and(|emitter| emitter.has_regex())
            };
            if others.len() >= MOST
                || (has_regex && others.iter().filter(with_regex).count() >= MOST_WITH_REGEX)
            {
                return Err(StoreError::TooManyMetricFilters);
            }
            let given = &filter.transformation;
            connection
                .prepare_cached(
                    "INSERT INTO metric_filter (group_id, name, pattern, namespace, metric, value,
                         default_value, dimensions, unit, created)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     ON CONFLICT (group_id, name) DO UPDATE SET
                         pattern = excluded.pattern, namespace = excluded.namespace,
                         metric = excluded.metric, value = excluded.value,
                         default_value = excluded.default_value,
                         dimensions = excluded.dimensions, unit = excluded.unit",
                )?
                .execute(params![
                    group,
                    filter.name,
                    filter.pattern,
                    given.namespace,
                    given.metric,
                    given.value,
                    given.default,
                    serde_json::to_string(&given.dimensions).unwrap_or_default(),
                    given.unit,
                    now
                ])?;
            next_generation(connection, group)
        })
    }

    /// Deletes a metric filter. What it has counted stays.
    pub fn delete_metric_filter(
        &self,
        owner: &Owner,
        group: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        let (owner, group, name) = (owner.clone(), group.to_owned(), name.to_owned());
        self.write(move |connection| {
            let group = group_id(connection, &owner, &group)?;
            let deleted = connection.execute(
                "DELETE FROM metric_filter WHERE group_id = ?1 AND name = ?2",
                params![group, name],
            )?;
            if deleted == 0 {
                return Err(StoreError::NoMetricFilter);
            }
            next_generation(connection, group)
        })
    }

    /// Lists metric filters.
    pub fn metric_filters(
        &self,
        owner: &Owner,
        query: &MetricFilterQuery,
    ) -> Result<Vec<MetricFilter>, StoreError> {
        let prefix = query.prefix.clone().unwrap_or_default();
        let (namespace, metric) = query.metric.clone().unzip();
        let (after, after_group) = query.after.clone().unwrap_or_default();
        let statement = format!(
            "SELECT {COLUMNS}, log_group.name, metric_filter.created
             FROM metric_filter JOIN log_group ON log_group.id = metric_filter.group_id
             WHERE log_group.account = ?1 AND log_group.region = ?2 AND log_group.deleted = 0
               AND (?3 IS NULL OR log_group.id = ?3)
               AND metric_filter.name >= ?4 AND metric_filter.name <= ?5
               AND (?6 IS NULL OR (metric_filter.namespace = ?6 AND metric_filter.metric = ?7))
               AND (metric_filter.name, log_group.name) > (?8, ?9)
             ORDER BY metric_filter.name, log_group.name LIMIT ?10"
        );
        self.read(|connection| {
            let group =
                query.group.as_ref().map(|name| group_id(connection, owner, name)).transpose()?;
            let mut statement = connection.prepare_cached(&statement)?;
            let found = statement.query_map(
                params![
                    owner.account,
                    owner.region,
                    group,
                    prefix,
                    after_prefix(&prefix),
                    namespace,
                    metric,
                    after,
                    after_group,
                    i64::try_from(query.limit).unwrap_or(i64::MAX)
                ],
                |row| {
                    let (_, settings) = filter_of(row)?;
                    Ok(MetricFilter { settings, group: row.get(9)?, created: row.get(10)? })
                },
            )?;
            Ok(found.collect::<Result<_, _>>()?)
        })
    }

    /// Returns the filters of a group as they are, or were a while ago: what is made of them is of use only if
    /// they are `current` when it is stored.
    pub(super) fn known_filters(&self, owner: &Owner, group: &str) -> Result<Filters, StoreError> {
        match self.inner.known.get(&(owner.clone(), group.to_owned())) {
            Some(filters) => Ok(filters),
            None => self.filters(owner, group),
        }
    }

    /// Returns the filters of a group as they are.
    pub(super) fn filters(&self, owner: &Owner, group: &str) -> Result<Filters, StoreError> {
        let filters = self.read(|connection| {
            let group = group_id(connection, owner, group)?;
            let (generation, retention) =
                generation_and_retention(connection, group)?.ok_or(StoreError::NoGroup)?;
            // Most groups have none.
            let all = if generation == 0 { Arc::default() } else { compile(connection, group)? };
            Ok(Filters { group, retention, generation, all })
        })?;
        self.inner.known.keep((owner.clone(), group.to_owned()), &filters);
        Ok(filters)
    }
}

impl Filters {
    /// Whether they are still the group's, and it keeps events for so long.
    pub(super) fn are_current(&self, connection: &Connection) -> Result<bool, StoreError> {
        let found = generation_and_retention(connection, self.group)?;
        Ok(found == Some((self.generation, self.retention)))
    }
}

/// Returns what tells a group's filters from those before and after, and for how many days it keeps events;
/// nothing if it is deleted.
fn generation_and_retention(
    connection: &Connection,
    group: i64,
) -> Result<Option<(i64, Option<u32>)>, StoreError> {
    let found = connection
        .prepare_cached("SELECT filters, retention FROM log_group WHERE id = ?1 AND deleted = 0")?
        .query_row([group], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

fn next_generation(connection: &Connection, group: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE log_group SET filters = filters + 1 WHERE id = ?1", [group])?;
    Ok(())
}

const COLUMNS: &str = "metric_filter.id, metric_filter.name, pattern, namespace, metric, value, \
                       default_value, dimensions, unit";

fn filter_of(row: &Row<'_>) -> rusqlite::Result<(i64, NewMetricFilter)> {
    let dimensions: String = row.get(7)?;
    let transformation = Transformation {
        namespace: row.get(3)?,
        metric: row.get(4)?,
        value: row.get(5)?,
        default: row.get(6)?,
        dimensions: serde_json::from_str(&dimensions).unwrap_or_default(),
        unit: row.get(8)?,
    };
    Ok((row.get(0)?, NewMetricFilter { name: row.get(1)?, pattern: row.get(2)?, transformation }))
}

/// Returns the filters of a group with their ids, in the order of their names.
fn of_group(
    connection: &Connection,
    group: i64,
) -> Result<Vec<(i64, NewMetricFilter)>, StoreError> {
    let statement =
        format!("SELECT {COLUMNS} FROM metric_filter WHERE group_id = ?1 ORDER BY name");
    let mut statement = connection.prepare_cached(&statement)?;
    let found = statement.query_map([group], filter_of)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn compile(connection: &Connection, group: i64) -> Result<Arc<[Filter]>, StoreError> {
    let compiled = of_group(connection, group)?.into_iter().map(|(id, filter)| {
        let emitter = Emitter::new(&filter)
            .map_err(|error| StoreError::Damaged(format!("a metric filter is none: {error}")))?;
        let Transformation { namespace, metric, unit, .. } = filter.transformation;
        let unit = unit.unwrap_or_else(|| NO_UNIT.to_owned());
        Ok(Filter { id, namespace, metric, unit, emitter })
    });
    compiled.collect()
}

//! Listing streams: a page costs what it shows, wherever it is in however many.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::LogStore;
use super::catalog::{after_prefix, group_id};
use crate::{Owner, StoreError, Stream, StreamOrder, StreamQuery};

/// A stretch of an index that holds the next streams: its condition, and what stands for `?2` and `?3`.
struct Stretch {
    condition: &'static str,
    order: &'static str,
    bounds: [Value; 2],
}

impl Stretch {
    fn new(
        condition: &'static str,
        order: &'static str,
        first: impl Into<Value>,
        second: impl Into<Value>,
    ) -> Self {
        Self { condition, order, bounds: [first.into(), second.into()] }
    }

    fn statement(&self) -> String {
        format!(
            "SELECT name, created, first_event, last_event, last_ingestion FROM log_stream
             WHERE group_id = ?1 AND deleted = 0 AND {} ORDER BY {} LIMIT ?4",
            self.condition, self.order
        )
    }
}

impl LogStore {
    /// Lists streams of a group.
    pub fn streams(
        &self,
        owner: &Owner,
        group: &str,
        query: &StreamQuery,
    ) -> Result<Vec<Stream>, StoreError> {
        self.read(|connection| {
            let group = group_id(connection, owner, group)?;
            let mut found = Vec::new();
            for stretch in stretches(query) {
                let room = query.limit.saturating_sub(found.len());
                if room > 0 {
                    read(connection, group, stretch, room, &mut found)?;
                }
            }
            Ok(found)
        })
    }
}

fn read(
    connection: &Connection,
    group: i64,
    stretch: Stretch,
    room: usize,
    found: &mut Vec<Stream>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(&stretch.statement())?;
    let [first, second] = stretch.bounds;
    let limit = i64::try_from(room).unwrap_or(i64::MAX);
    let values = [Value::from(group), first, second, Value::from(limit)];
    for stream in statement.query_map(params_from_iter(values), stream_of)? {
        found.push(stream?);
    }
    Ok(())
}

/// Where the next streams are: by their latest event first those that share it with the last one of the
/// page before, in the order of their names, then the others. One condition on both would read all that
/// share it again for every page, and there may be thousands without an event.
fn stretches(query: &StreamQuery) -> Vec<Stretch> {
    const LATEST: &str = "ifnull(last_event, 0), name";
    const LATEST_FIRST: &str = "ifnull(last_event, 0) DESC, name DESC";
    let prefix = query.prefix.clone().unwrap_or_default();
    let end = after_prefix(&prefix);
    match (query.order, query.descending, query.after.clone()) {
        (StreamOrder::Name, false, Some((_, name))) if name >= prefix => {
            vec![Stretch::new("name > ?2 AND name <= ?3", "name", name, end)]
        }
        (StreamOrder::Name, false, _) => {
            vec![Stretch::new("name >= ?2 AND name <= ?3", "name", prefix, end)]
        }
        (StreamOrder::Name, true, Some((_, name))) if name <= end => {
            vec![Stretch::new("name >= ?2 AND name < ?3", "name DESC", prefix, name)]
        }
        (StreamOrder::Name, true, _) => {
            vec![Stretch::new("name >= ?2 AND name <= ?3", "name DESC", prefix, end)]
        }
        (StreamOrder::LastEvent, false, Some((time, name))) => vec![
            Stretch::new("ifnull(last_event, 0) = ?2 AND name > ?3", "name", time, name),
            Stretch::new("ifnull(last_event, 0) > ?2 AND ?3 IS NULL", LATEST, time, Value::Null),
        ],
        (StreamOrder::LastEvent, true, Some((time, name))) => vec![
            Stretch::new("ifnull(last_event, 0) = ?2 AND name < ?3", "name DESC", time, name),
            Stretch::new(
                "ifnull(last_event, 0) < ?2 AND ?3 IS NULL",
                LATEST_FIRST,
                time,
                Value::Null,
            ),
        ],
        (StreamOrder::LastEvent, descending, None) => {
            let order = if descending { LATEST_FIRST } else { LATEST };
            vec![Stretch::new("?2 IS NULL AND ?3 IS NULL", order, Value::Null, Value::Null)]
        }
    }
}

fn stream_of(row: &Row<'_>) -> rusqlite::Result<Stream> {
    Ok(Stream {
        name: row.get(0)?,
        created: row.get(1)?,
        first_event: row.get(2)?,
        last_event: row.get(3)?,
        last_ingestion: row.get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_a_range_of_an_index() {
        let directory = tempfile::tempdir().unwrap();
        let store = LogStore::open(directory.path()).unwrap();
        let after = Some((5, "stream-7".to_owned()));
        let mut looked_at = 0;

        for order in [StreamOrder::Name, StreamOrder::LastEvent] {
            for descending in [false, true] {
                for after in [None, after.clone()] {
                    let prefix = (order == StreamOrder::Name).then(|| "stream-".to_owned());
                    let query = StreamQuery { prefix, order, descending, after, limit: 50 };
                    for stretch in stretches(&query) {
                        let plan = plan(&store, &stretch);
                        let index = match order {
                            StreamOrder::Name => "log_stream_by_name",
                            StreamOrder::LastEvent => "log_stream_by_event",
                        };
                        assert!(plan.starts_with("SEARCH log_stream USING"), "{plan}");
                        assert!(plan.contains(index), "{plan}");
                        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
                        if query.after.is_some() || order == StreamOrder::Name {
                            // More than the group is looked up.
                            assert!(plan.contains(" AND "), "{plan}");
                        }
                        looked_at += 1;
                    }
                }
            }
        }
        assert_eq!(looked_at, 10);
    }

    fn plan(store: &LogStore, stretch: &Stretch) -> String {
        let statement = format!("EXPLAIN QUERY PLAN {}", stretch.statement());
        let [first, second] = stretch.bounds.clone();
        let values = [Value::from(1), first, second, Value::from(50)];
        store
            .read(|connection| {
                let mut statement = connection.prepare(&statement)?;
                let steps =
                    statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3))?;
                Ok(steps.collect::<Result<Vec<_>, _>>()?.join("\n"))
            })
            .unwrap()
    }
}

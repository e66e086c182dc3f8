//! Groups and streams.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{DAY, LogStore};
use crate::{Group, GroupQuery, NewGroup, Owner, StoreError};

/// Returns the id of a group.
pub(super) fn group_id(
    connection: &Connection,
    owner: &Owner,
    name: &str,
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "SELECT id FROM log_group WHERE account = ?1 AND region = ?2 AND name = ?3 AND deleted = 0",
        )?
        .query_row(params![owner.account, owner.region, name], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::NoGroup)
}

/// Returns the time from which on events of a group are kept.
pub(super) fn retained(connection: &Connection, group: i64, now: i64) -> Result<i64, StoreError> {
    let days: Option<i64> = connection
        .prepare_cached("SELECT retention FROM log_group WHERE id = ?1")?
        .query_row([group], |row| row.get(0))?;
    Ok(days.map_or(i64::MIN, |days| now - days * DAY))
}

/// Returns the streams of a group whose names begin so, by id.
pub(super) fn streams_beginning(
    connection: &Connection,
    group: i64,
    prefix: &str,
) -> Result<BTreeMap<i64, Arc<str>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name FROM log_stream
         WHERE group_id = ?1 AND deleted = 0 AND name >= ?2 AND name <= ?3",
    )?;
    let found = statement.query_map(params![group, prefix, after_prefix(prefix)], |row| {
        Ok((row.get(0)?, Arc::from(row.get::<_, String>(1)?)))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns the id of a stream.
pub(super) fn stream_id(
    connection: &Connection,
    group: i64,
    name: &str,
) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "SELECT id FROM log_stream WHERE group_id = ?1 AND name = ?2 AND deleted = 0",
        )?
        .query_row(params![group, name], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::NoStream)
}

const GROUP: &str = "name, class, tags, protected, retention, created,
    bytes + (SELECT ifnull(sum(segment.bytes), 0) FROM segment WHERE group_id = log_group.id AND state = 0),
    (SELECT count(*) FROM metric_filter WHERE group_id = log_group.id)";

fn group_of(row: &Row<'_>) -> rusqlite::Result<Group> {
    let tags: String = row.get(2)?;
    let bytes: i64 = row.get(6)?;
    Ok(Group {
        settings: NewGroup {
            name: row.get(0)?,
            class: row.get(1)?,
            tags: serde_json::from_str(&tags).unwrap_or_default(),
            deletion_protection: row.get(3)?,
            retention_days: row.get(4)?,
        },
        created: row.get(5)?,
        stored_bytes: u64::try_from(bytes).unwrap_or(0),
        metric_filters: row.get(7)?,
    })
}

fn json(tags: &BTreeMap<String, String>) -> String {
    serde_json::to_string(tags).unwrap_or_else(|_| "{}".to_owned())
}

/// The bound after all names that begin with a prefix, in ASCII order; none if there is no such bound.
pub(super) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10ffff}")
}

impl LogStore {
    /// Makes a group.
    pub fn create_group(
        &self,
        owner: &Owner,
        group: &NewGroup,
        now: i64,
    ) -> Result<(), StoreError> {
        let (owner, group) = (owner.clone(), group.clone());
        self.write(move |connection| {
            if group_id(connection, &owner, &group.name).is_ok() {
                return Err(StoreError::GroupExists);
            }
            connection
                .prepare_cached(
                    "INSERT INTO log_group (account, region, name, class, tags, protected, retention, created)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    owner.account,
                    owner.region,
                    group.name,
                    group.class,
                    json(&group.tags),
                    group.deletion_protection,
                    group.retention_days,
                    now
                ])?;
            Ok(())
        })
    }

    /// Deletes a group with all that is in it.
    pub fn delete_group(&self, owner: &Owner, name: &str) -> Result<(), StoreError> {
        let (owner, name) = (owner.clone(), name.to_owned());
        self.write(move |connection| {
            let id = group_id(connection, &owner, &name)?;
            let protected: bool = connection.query_row(
                "SELECT protected FROM log_group WHERE id = ?1",
                [id],
                |row| row.get(0),
            )?;
            if protected {
                return Err(StoreError::Protected);
            }
            connection.execute("DELETE FROM metric_filter WHERE group_id = ?1", [id])?;
            // Hidden at once; the rows go with the next sweeps.
            connection.execute("UPDATE log_group SET deleted = 1 WHERE id = ?1", [id])?;
            Ok(())
        })
    }

    /// Returns one group.
    pub fn group(&self, owner: &Owner, name: &str) -> Result<Group, StoreError> {
        self.read(|connection| {
            let id = group_id(connection, owner, name)?;
            let statement = format!("SELECT {GROUP} FROM log_group WHERE id = ?1");
            Ok(connection.prepare_cached(&statement)?.query_row([id], group_of)?)
        })
    }

    /// Lists groups.
    pub fn groups(&self, owner: &Owner, query: &GroupQuery) -> Result<Vec<Group>, StoreError> {
        let prefix = query.prefix.clone().unwrap_or_default();
        let pattern = query.pattern.clone().unwrap_or_default();
        // One bound, so that a page begins where it is and not at the prefix.
        let (bound, first) = match &query.after {
            Some(after) if *after >= prefix => (">", after),
            Some(_) | None => (">=", &prefix),
        };
        let statement = format!(
            "SELECT {GROUP} FROM log_group
             WHERE account = ?1 AND region = ?2 AND deleted = 0
               AND name {bound} ?3 AND name <= ?4 AND instr(name, ?5) > 0
               AND (?6 IS NULL OR class = ?6)
             ORDER BY name LIMIT ?7"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&statement)?;
            let groups = statement.query_map(
                params![
                    owner.account,
                    owner.region,
                    first,
                    after_prefix(&prefix),
                    pattern,
                    query.class,
                    i64::try_from(query.limit).unwrap_or(i64::MAX)
                ],
                group_of,
            )?;
            Ok(groups.collect::<Result<_, _>>()?)
        })
    }

    /// Sets after how many days events go.
    pub fn set_retention(
        &self,
        owner: &Owner,
        name: &str,
        days: Option<u32>,
    ) -> Result<(), StoreError> {
        self.set(owner, name, "retention", days)
    }

    /// Sets whether a group may be deleted.
    pub fn set_protection(
        &self,
        owner: &Owner,
        name: &str,
        protected: bool,
    ) -> Result<(), StoreError> {
        self.set(owner, name, "protected", protected)
    }

    /// Replaces the tags of a group.
    pub fn set_tags(
        &self,
        owner: &Owner,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        self.set(owner, name, "tags", json(tags))
    }

    fn set(
        &self,
        owner: &Owner,
        name: &str,
        column: &'static str,
        value: impl rusqlite::ToSql + Send + 'static,
    ) -> Result<(), StoreError> {
        let (owner, name) = (owner.clone(), name.to_owned());
        self.write(move |connection| {
            let id = group_id(connection, &owner, &name)?;
            let statement = format!("UPDATE log_group SET {column} = ?1 WHERE id = ?2");
            connection.execute(&statement, params![value, id])?;
            Ok(())
        })
    }

    /// Makes a stream.
    pub fn create_stream(
        &self,
        owner: &Owner,
        group: &str,
        stream: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let (owner, group, stream) = (owner.clone(), group.to_owned(), stream.to_owned());
        self.write(move |connection| {
            let group = group_id(connection, &owner, &group)?;
            if stream_id(connection, group, &stream).is_ok() {
                return Err(StoreError::StreamExists);
            }
            connection
                .prepare_cached(
                    "INSERT INTO log_stream (group_id, name, created) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![group, stream, now])?;
            Ok(())
        })
    }

    /// Deletes a stream with its events.
    pub fn delete_stream(
        &self,
        owner: &Owner,
        group: &str,
        stream: &str,
    ) -> Result<(), StoreError> {
        let (owner, group, stream) = (owner.clone(), group.to_owned(), stream.to_owned());
        self.write(move |connection| {
            let group = group_id(connection, &owner, &group)?;
            let id = stream_id(connection, group, &stream)?;
            connection.execute("UPDATE log_stream SET deleted = 1 WHERE id = ?1", [id])?;
            Ok(())
        })
    }
}

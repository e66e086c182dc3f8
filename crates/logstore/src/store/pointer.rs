//! One event, wherever it is (`semantics.md` 28).

use rusqlite::{OptionalExtension as _, params};

use super::LogStore;
use super::catalog::{group_id, stream_id};
use crate::{Event, EventKey, From, GetQuery, Owner, StoreError};

/// What points to an event for as long as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pointer {
    /// The number of its stream; a stream that is made anew has another one.
    pub stream: i64,
    /// Its identity there.
    pub key: EventKey,
}

impl LogStore {
    /// Returns the number of a stream, of which pointers are made.
    pub fn stream_number(
        &self,
        owner: &Owner,
        group: &str,
        stream: &str,
    ) -> Result<i64, StoreError> {
        self.read(|connection| {
            let group = group_id(connection, owner, group)?;
            stream_id(connection, group, stream)
        })
    }

    /// Returns the names of the group and the stream with a number, if they are the owner's.
    pub fn stream_of_number(
        &self,
        owner: &Owner,
        number: i64,
    ) -> Result<Option<(String, String)>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT log_group.name, log_stream.name
                     FROM log_stream JOIN log_group ON log_group.id = log_stream.group_id
                     WHERE log_stream.id = ?1 AND account = ?2 AND region = ?3
                       AND log_stream.deleted = 0 AND log_group.deleted = 0",
                )?
                .query_row(params![number, owner.account, owner.region], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?)
        })
    }

    /// Returns the event with a key, if it is still there.
    pub fn event(
        &self,
        owner: &Owner,
        (group, stream): (&str, &str),
        key: EventKey,
        now: i64,
    ) -> Result<Option<Event>, StoreError> {
        // Of one millisecond there may be many; those before it are passed over by their keys.
        let before = match key.sequence.checked_sub(1) {
            Some(sequence) => EventKey { sequence, ..key },
            None => EventKey {
                ingestion_time: key.ingestion_time.saturating_sub(1),
                sequence: u64::MAX,
                ..key
            },
        };
        let query = GetQuery {
            owner,
            group,
            stream,
            start: Some(key.timestamp),
            end: Some(key.timestamp.saturating_add(1)),
            from: From::After(before),
            limit: 1,
            max_bytes: usize::MAX,
        };
        Ok(self.get(&query, now)?.into_iter().find(|event| event.key == key))
    }
}

//! Deleting what nobody can read any more, a little at a time.

use rusqlite::{Connection, params};

use super::LogStore;
use crate::StoreError;

const DAY: i64 = 86_400_000;
/// Blocks that one transaction deletes.
const AT_A_TIME: i64 = 200;

impl LogStore {
    /// Deletes what has expired, and what was deleted with its stream or group, and gives its room on disk
    /// back. Returns how many blocks of events went.
    pub fn sweep(&self, now: i64) -> Result<usize, StoreError> {
        let mut swept = 0;
        loop {
            let deleted = self.write(move |connection| {
                let blocks = connection.execute(
                    "DELETE FROM block WHERE id IN (
                         SELECT block.id FROM block
                         JOIN log_group ON log_group.id = block.group_id
                         JOIN log_stream ON log_stream.id = block.stream_id
                         WHERE log_group.deleted = 1 OR log_stream.deleted = 1
                            OR block.max_ts < ?1 - log_group.retention * ?2
                         LIMIT ?3)",
                    params![now, DAY, AT_A_TIME],
                )?;
                give_room_back(connection)?;
                Ok(blocks)
            })?;
            if deleted == 0 {
                break;
            }
            swept += deleted;
        }
        self.write(move |connection| {
            connection.execute_batch(
                "DELETE FROM producer WHERE stream_id IN (
                     SELECT log_stream.id FROM log_stream
                     JOIN log_group ON log_group.id = log_stream.group_id
                     WHERE log_stream.deleted = 1 OR log_group.deleted = 1);
                 DELETE FROM log_stream WHERE deleted = 1
                     OR group_id IN (SELECT id FROM log_group WHERE deleted = 1);
                 DELETE FROM log_group WHERE deleted = 1;",
            )?;
            if swept > 0 {
                connection.execute_batch(
                    "UPDATE log_group SET bytes =
                         (SELECT ifnull(sum(length(body)), 0) FROM block WHERE group_id = log_group.id);",
                )?;
            }
            Ok(())
        })?;
        self.sweep_metrics(now)?;
        Ok(swept)
    }
}

/// Shortens the database by its free pages. Each step of the statement gives back one.
fn give_room_back(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum(20000)")?;
    let mut steps = statement.query([])?;
    while steps.next()?.is_some() {}
    Ok(())
}

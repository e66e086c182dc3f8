//! Deleting what nobody can read any more, a little at a time.

use rusqlite::params;

use super::LogStore;
use crate::StoreError;

const DAY: i64 = 86_400_000;
/// Blocks that one transaction deletes.
const AT_A_TIME: i64 = 200;

impl LogStore {
    /// Deletes what has expired, and what was deleted with its stream or group.
    pub fn sweep(&self, now: i64) -> Result<(), StoreError> {
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
                connection.execute_batch("PRAGMA incremental_vacuum(2000)")?;
                Ok(blocks)
            })?;
            if deleted == 0 {
                break;
            }
        }
        self.write(|connection| {
            connection.execute_batch(
                "DELETE FROM producer WHERE stream_id IN (
                     SELECT log_stream.id FROM log_stream
                     JOIN log_group ON log_group.id = log_stream.group_id
                     WHERE log_stream.deleted = 1 OR log_group.deleted = 1);
                 DELETE FROM log_stream WHERE deleted = 1
                     OR group_id IN (SELECT id FROM log_group WHERE deleted = 1);
                 DELETE FROM log_group WHERE deleted = 1;
                 UPDATE log_group SET bytes =
                     (SELECT ifnull(sum(length(body)), 0) FROM block WHERE group_id = log_group.id);",
            )?;
            Ok(())
        })
    }
}

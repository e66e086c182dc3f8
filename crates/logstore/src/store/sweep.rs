//! Deleting what nobody can read any more: hidden at once, gone a little at a time.

use rusqlite::{Connection, params};

use super::{DAY, LogStore};
use crate::{StoreError, crash};

/// Free pages of the database that are kept: 4 MiB.
const MANY_FREE: i64 = 1024;
/// Blocks that one transaction deletes.
const AT_A_TIME: i64 = 200;

impl LogStore {
    /// Deletes what has expired, and what was deleted with its stream or group. Returns how many blocks and
    /// segments went.
    pub(super) fn sweep(&self, now: i64) -> Result<usize, StoreError> {
        let mut swept = 0;
        loop {
            let deleted = self.write(move |connection| {
                Ok(connection.execute(
                    "DELETE FROM block WHERE id IN (
                         SELECT block.id FROM block
                         JOIN log_group ON log_group.id = block.group_id
                         JOIN log_stream ON log_stream.id = block.stream_id
                         WHERE log_group.deleted = 1 OR log_stream.deleted = 1
                            OR block.max_ts < ?1 - log_group.retention * ?2
                         LIMIT ?3)",
                    params![now, DAY, AT_A_TIME],
                )?)
            })?;
            if deleted == 0 {
                break;
            }
            swept += deleted;
        }
        let buried = self.write(move |connection| {
            let buried = connection.execute(
                "UPDATE segment SET state = 1, dead_since = ?1 WHERE state = 0 AND (
                     NOT EXISTS (SELECT 1 FROM log_group WHERE id = group_id AND deleted = 0)
                     OR max_ts < ?1 - (SELECT retention FROM log_group WHERE id = group_id) * ?2
                     OR NOT EXISTS (
                         SELECT 1 FROM log_stream WHERE log_stream.group_id = segment.group_id
                            AND log_stream.id BETWEEN min_stream AND max_stream AND deleted = 0))",
                params![now, DAY],
            )?;
            // Of what was set aside as damaged, that it was lost: as long as it would have been kept.
            connection.execute(
                "DELETE FROM segment WHERE state = 2 AND (
                     NOT EXISTS (SELECT 1 FROM log_group WHERE id = group_id AND deleted = 0)
                     OR max_ts < ?1 - (SELECT retention FROM log_group WHERE id = group_id) * ?2)",
                params![now, DAY],
            )?;
            forget(connection)?;
            if swept > 0 {
                connection.execute_batch(
                    "UPDATE log_group SET
                         bytes = (SELECT ifnull(sum(length(body)), 0) FROM block WHERE group_id = log_group.id),
                         hot_bytes = (SELECT ifnull(sum(raw_bytes), 0) FROM block WHERE group_id = log_group.id),
                         hot_since = (SELECT min(ingestion) FROM block WHERE group_id = log_group.id);",
                )?;
            }
            crash::at("sweep-uncommitted");
            Ok(buried)
        })?;
        crash::at("sweep-committed");
        self.sweep_metrics(now)?;
        Ok(swept + buried)
    }

    /// Removes the files of segments that have been dead for so long that nobody reads them any more. Returns
    /// how many.
    pub(super) fn reclaim(&self, now: i64) -> Result<usize, StoreError> {
        let grace = self.inner.settings.grace;
        let dead: Vec<(i64, String)> = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, key FROM segment WHERE state = 1 AND dead_since <= ?1 ORDER BY id",
            )?;
            let dead = statement.query_map([now - grace], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(dead.collect::<Result<_, _>>()?)
        })?;
        for (id, key) in &dead {
            self.inner.objects.remove(key)?;
            crash::at("reclaim-removed");
            let id = *id;
            self.write(move |connection| {
                Ok(connection.execute("DELETE FROM segment WHERE id = ?1", [id])?)
            })?;
            crash::at("reclaim-forgotten");
        }
        Ok(dead.len())
    }

    /// Shortens the database by its free pages, if they are many: what comes next needs some again.
    pub(super) fn give_room_back(&self) -> Result<(), StoreError> {
        self.write(|connection| {
            let free: i64 =
                connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
            let all: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            if free < MANY_FREE && free < all / 4 {
                return Ok(());
            }
            // Each step of the statement gives back one.
            let mut statement = connection.prepare_cached("PRAGMA incremental_vacuum(20000)")?;
            let mut steps = statement.query([])?;
            while steps.next()?.is_some() {}
            Ok(())
        })
    }
}

/// Deletes groups and streams that have nothing left, with what belongs to them.
fn forget(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch(
        "DELETE FROM producer WHERE stream_id IN (
             SELECT log_stream.id FROM log_stream
             JOIN log_group ON log_group.id = log_stream.group_id
             WHERE log_stream.deleted = 1 OR log_group.deleted = 1);
         DELETE FROM log_stream WHERE deleted = 1
             OR group_id IN (SELECT id FROM log_group WHERE deleted = 1);
         DELETE FROM log_group WHERE deleted = 1;
         DELETE FROM line_format WHERE id NOT IN (
             SELECT format_id FROM segment WHERE format_id IS NOT NULL);",
    )?)
}

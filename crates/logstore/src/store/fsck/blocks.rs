//! Blocks: each is decoded, and compared with what its row says.

use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::json;

use super::{DAMAGED, Damage, Examination, Mending, Part};
use crate::StoreError;
use crate::store::{block, files};

/// A block's row.
struct Row {
    id: i64,
    group_id: i64,
    stream_id: i64,
    group: String,
    first: i64,
    last: i64,
    ingestion: i64,
    sequence: i64,
    events: i64,
    raw_bytes: i64,
    body: Vec<u8>,
}

impl Examination<'_> {
    pub(super) fn look_at_blocks(&mut self) -> Result<(), StoreError> {
        let ids: Vec<i64> = self
            .catalog
            .prepare("SELECT id FROM block ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for id in ids {
            let row = row(&self.catalog, id)?;
            self.findings.blocks += 1;
            let Err(error) = sound(&row) else {
                self.findings.events += u64::try_from(row.events).unwrap_or(0);
                continue;
            };
            let set_aside = match self.mending {
                Mending::None => None,
                Mending::SetAside => Some(self.set_block_aside(&row)?),
            };
            self.findings.damage.push(Damage {
                part: Part::Block(id),
                group: row.group,
                events: u64::try_from(row.events).unwrap_or(0),
                first: row.first,
                last: row.last,
                why: error.reason(),
                set_aside,
            });
        }
        Ok(())
    }

    /// Keeps a block's body and what its row said as files, then deletes the row. Returns where.
    fn set_block_aside(&mut self, row: &Row) -> Result<String, StoreError> {
        let place = format!("{DAMAGED}/block-{}", row.id);
        let about = json!({
            "group": row.group,
            "groupId": row.group_id,
            "streamId": row.stream_id,
            "firstTimestamp": row.first,
            "lastTimestamp": row.last,
            "ingestionTime": row.ingestion,
            "firstSequence": row.sequence,
            "events": row.events,
            "rawBytes": row.raw_bytes,
        });
        std::fs::create_dir_all(self.directory.join(DAMAGED))?;
        std::fs::File::open(self.directory)?.sync_all()?;
        let about = about.to_string();
        files::write_durably(&self.directory.join(format!("{place}.json")), about.as_bytes())?;
        files::write_durably(&self.directory.join(&place), &row.body)?;
        let transaction = self.catalog.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM block WHERE id = ?1", [row.id])?;
        transaction.execute(
            "UPDATE log_group SET
                 bytes = (SELECT ifnull(sum(length(body)), 0) FROM block WHERE group_id = ?1),
                 hot_bytes = (SELECT ifnull(sum(raw_bytes), 0) FROM block WHERE group_id = ?1),
                 hot_since = (SELECT min(ingestion) FROM block WHERE group_id = ?1)
             WHERE id = ?1",
            params![row.group_id],
        )?;
        transaction.commit()?;
        Ok(place)
    }
}

fn row(connection: &Connection, id: i64) -> Result<Row, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT group_id, stream_id, name, min_ts, max_ts, ingestion, seq0, events, raw_bytes, body
         FROM block LEFT JOIN log_group ON log_group.id = block.group_id WHERE block.id = ?1",
    )?;
    Ok(statement.query_row([id], |row| {
        Ok(Row {
            id,
            group_id: row.get(0)?,
            stream_id: row.get(1)?,
            group: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
            first: row.get(3)?,
            last: row.get(4)?,
            ingestion: row.get(5)?,
            sequence: row.get(6)?,
            events: row.get(7)?,
            raw_bytes: row.get(8)?,
            body: row.get(9)?,
        })
    })?)
}

fn sound(row: &Row) -> Result<(), StoreError> {
    let events = block::decode(&row.body, usize::try_from(row.raw_bytes).unwrap_or(0))?;
    let bounds = events.first().map(|event| event.timestamp).zip(events.last());
    let is_as_told = i64::try_from(events.len()).ok() == Some(row.events)
        && bounds.is_some_and(|(first, last)| first == row.first && last.timestamp == row.last);
    if is_as_told {
        return Ok(());
    }
    Err(StoreError::Damaged("its events are not those that its row tells of".to_owned()))
}

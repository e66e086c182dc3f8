//! How a store stands, in numbers.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::compact::MOST_EVENTS;
use super::{LogStore, files};
use crate::StoreError;

/// Blocks: what is not in segments yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockFigures {
    /// How many.
    pub count: u64,
    /// Bytes that they take in the database.
    pub bytes: u64,
    /// Bytes of their events before compression, with 12 bytes for each.
    pub raw_bytes: u64,
    /// Milliseconds since the oldest came.
    pub oldest: Option<i64>,
}

/// Segments of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentFigures {
    /// How many.
    pub count: u64,
    /// Bytes of their objects.
    pub bytes: u64,
    /// Their events.
    pub events: u64,
    /// Bytes of their events' messages.
    pub message_bytes: u64,
}

/// How a store stands, over all accounts and regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Log groups.
    pub groups: u64,
    /// Log streams.
    pub streams: u64,
    /// What waits to be moved into segments.
    pub blocks: BlockFigures,
    /// What is read.
    pub live: SegmentFigures,
    /// What was replaced or has expired, and whose objects are about to be removed.
    pub dead: SegmentFigures,
    /// What was set aside as damaged.
    pub damaged: SegmentFigures,
    /// Live segments of which there are so many that they are due to be merged.
    pub to_merge: SegmentFigures,
    /// Bytes of the database, its write-ahead log included.
    pub database_bytes: u64,
    /// Bytes of all files in the store's directory.
    pub directory_bytes: u64,
    /// Bytes of the disk that are free for us.
    pub free_bytes: u64,
    /// Free bytes below which nothing new is stored.
    pub floor_bytes: u64,
    /// Damaged blocks and segments that were met since the store was opened.
    pub damage_met: u64,
}

impl Figures {
    /// Whether events are refused for want of room.
    pub const fn is_refusing(&self) -> bool {
        self.free_bytes < self.floor_bytes
    }
}

impl SegmentFigures {
    /// Bytes of the objects for each event; none without events.
    pub fn bytes_per_event(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "it is rounded for people")]
        let ratio = self.bytes as f64 / self.events as f64;
        (self.events > 0).then_some(ratio)
    }

    fn add(&mut self, segment: &Row) {
        self.count += 1;
        self.bytes += segment.bytes;
        self.events += segment.events;
        self.message_bytes += segment.message_bytes;
    }

    fn add_all(&mut self, others: &Self) {
        self.count += others.count;
        self.bytes += others.bytes;
        self.events += others.events;
        self.message_bytes += others.message_bytes;
    }
}

/// What figures are made of a segment.
struct Row {
    events: u64,
    message_bytes: u64,
    bytes: u64,
}

impl LogStore {
    /// Returns how the store stands at a time in Unix milliseconds, by one moment of its catalog.
    pub fn figures(&self, now: i64) -> Result<Figures, StoreError> {
        let many = u64::try_from(self.inner.settings.compact_files).unwrap_or(u64::MAX);
        let of_catalog = self.read(|connection| {
            let mut figures = of_groups(connection, now)?;
            add_segments(connection, many, &mut figures)?;
            Ok(figures)
        })?;
        let files = files::below(&self.inner.directory)?;
        Ok(Figures {
            database_bytes: self.disk_bytes()?,
            directory_bytes: files.iter().map(|(_, bytes)| bytes).sum(),
            free_bytes: self.inner.space.free()?,
            floor_bytes: self.inner.space.floor(),
            damage_met: u64::try_from(self.damage().len()).unwrap_or(u64::MAX),
            ..of_catalog
        })
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn of_groups(connection: &Connection, now: i64) -> Result<Figures, StoreError> {
    let number = |statement: &str| -> Result<u64, StoreError> {
        let number = connection.prepare_cached(statement)?.query_row([], |row| row.get(0))?;
        Ok(unsigned(number))
    };
    let oldest: Option<i64> = connection
        .prepare_cached("SELECT (SELECT ingestion FROM block ORDER BY id LIMIT 1)")?
        .query_row([], |row| row.get(0))?;
    Ok(Figures {
        groups: number("SELECT count(*) FROM log_group WHERE deleted = 0")?,
        streams: number(
            "SELECT count(*) FROM log_stream JOIN log_group ON log_group.id = group_id
             WHERE log_stream.deleted = 0 AND log_group.deleted = 0",
        )?,
        blocks: BlockFigures {
            count: number("SELECT count(*) FROM block")?,
            // Those that were deleted with their group lie there until they are swept.
            bytes: number("SELECT ifnull(sum(bytes), 0) FROM log_group")?,
            raw_bytes: number("SELECT ifnull(sum(hot_bytes), 0) FROM log_group")?,
            oldest: oldest.map(|since| (now - since).max(0)),
        },
        ..Figures::default()
    })
}

/// Adds up the segments: by state, and those of which [`compact`](super::compact) makes fewer.
fn add_segments(
    connection: &Connection,
    many: u64,
    figures: &mut Figures,
) -> Result<(), StoreError> {
    // The state is read of the index: in the table it lies behind the checksums, pages away.
    let mut statement = connection.prepare_cached(
        "SELECT group_id, state, day, level, format_id, events, message_bytes, bytes
         FROM segment INDEXED BY segment_of_group ORDER BY group_id, state",
    )?;
    let mut rows = statement.query([])?;
    let mut alike: BTreeMap<(i64, i64, i64, Option<i64>), SegmentFigures> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let segment = Row {
            events: unsigned(row.get(5)?),
            message_bytes: unsigned(row.get(6)?),
            bytes: unsigned(row.get(7)?),
        };
        match row.get(1)? {
            0_i64 => figures.live.add(&segment),
            1 => figures.dead.add(&segment),
            _ => figures.damaged.add(&segment),
        }
        let is_mergeable = unsigned(MOST_EVENTS / 2) > segment.events;
        if is_mergeable && row.get::<_, i64>(1)? == 0 {
            let key = (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
            alike.entry(key).or_default().add(&segment);
        }
    }
    for waiting in alike.values().filter(|alike| alike.count >= many) {
        figures.to_merge.add_all(waiting);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, InputEvent, NewGroup, Owner, Settings};

    const NOW: i64 = 1_795_651_200_000;

    fn store(directory: &std::path::Path, settings: Settings) -> (LogStore, Owner) {
        let store = LogStore::open_with(directory, settings, std::sync::Arc::new(crate::NoFormats));
        let store = store.unwrap();
        let owner = Owner { account: "1".to_owned(), region: "r".to_owned() };
        let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
        store.create_group(&owner, &group, NOW).unwrap();
        store.create_stream(&owner, "g", "s", NOW).unwrap();
        (store, owner)
    }

    fn put(store: &LogStore, owner: &Owner, count: usize, now: i64) {
        let event = InputEvent { timestamp: now, message: "0123456789".to_owned() };
        let events = vec![event; count];
        let batch = Batch { owner, group: "g", stream: "s", events, producer: None };
        store.put(batch, now).unwrap();
    }

    #[test]
    fn figures_follow_events_from_blocks_into_segments_and_through_a_merge() {
        let directory = tempfile::tempdir().unwrap();
        let small = Settings {
            drain_bytes: u64::MAX,
            drain_age: 0,
            compact_files: 3,
            floor: 0,
            ballast: 0,
            ..Settings::default()
        };
        let (store, owner) = store(directory.path(), small);
        put(&store, &owner, 5, NOW);
        put(&store, &owner, 5, NOW + 1000);

        let hot = store.figures(NOW + 3000).unwrap();

        assert_eq!((hot.groups, hot.streams, hot.live.count), (1, 1, 0));
        assert_eq!(
            (hot.blocks.count, hot.blocks.raw_bytes, hot.blocks.oldest),
            (2, 220, Some(3000))
        );
        assert!(hot.blocks.bytes > 0 && !hot.is_refusing());

        store.drain(NOW).unwrap();
        put(&store, &owner, 5, NOW);
        store.drain(NOW).unwrap();
        let two = store.figures(NOW).unwrap();
        assert_eq!((two.blocks, two.live.count, two.live.events), (BlockFigures::default(), 2, 15));
        assert_eq!((two.live.message_bytes, two.to_merge.count), (150, 0));
        put(&store, &owner, 5, NOW);
        store.drain(NOW).unwrap();
        let three = store.figures(NOW).unwrap();
        assert_eq!((three.to_merge.count, three.to_merge.bytes), (3, three.live.bytes));
        assert!(three.directory_bytes >= three.database_bytes + three.live.bytes);

        store.compact(NOW).unwrap();

        let merged = store.figures(NOW).unwrap();
        assert_eq!((merged.live.count, merged.live.events), (1, 20));
        assert_eq!((merged.dead.count, merged.dead.events, merged.to_merge.count), (3, 20, 0));
        let bytes = f64::from(u32::try_from(merged.live.bytes).unwrap());
        assert!((merged.live.bytes_per_event().unwrap() - bytes / 20.0).abs() < 0.001);
        assert_eq!(SegmentFigures::default().bytes_per_event(), None);
    }

    #[test]
    fn too_little_room_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { floor: u64::MAX, ballast: 0, ..Settings::default() };
        let (store, _) = store(directory.path(), settings);

        let figures = store.figures(NOW).unwrap();

        assert!(figures.is_refusing() && figures.free_bytes > 0);
    }
}

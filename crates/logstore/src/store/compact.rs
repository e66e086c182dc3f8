//! Merging small segments of a day into larger ones. Bytes are not the point (a small file is hardly larger
//! an event); it is how many files a search has to open.

use rusqlite::params;

use super::LogStore;
use super::catalog::{retained, streams_beginning};
use super::drain::NewSegment;
use super::segments::{self, Belonging};
use crate::cold::{RowKey, Rows, SegmentFile};
use crate::line::LineFormat;
use crate::{StoreError, crash};

/// Events of a segment at most, but for what one drain gives.
pub(super) const MOST_EVENTS: i64 = 8_000_000;

/// Segments that become one.
#[derive(Debug)]
struct Merge {
    belonging: Belonging,
    ids: Vec<i64>,
}

impl LogStore {
    /// Merges segments of the same group, day, format and level where there are many. Returns how many
    /// there are less.
    pub(super) fn compact(&self, now: i64) -> Result<usize, StoreError> {
        let mut fewer = 0;
        for merge in self.merges()? {
            fewer += self.merge(&merge, now)?;
        }
        Ok(fewer)
    }

    fn merges(&self) -> Result<Vec<Merge>, StoreError> {
        let many = i64::try_from(self.inner.settings.compact_files).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT group_id, day, level, format_id, columns FROM segment
                 LEFT JOIN line_format ON line_format.id = format_id
                 WHERE state = 0 AND events < ?1
                 GROUP BY group_id, day, level, format_id HAVING count(*) >= ?2",
            )?;
            let groups = statement.query_map(params![MOST_EVENTS / 2, many], |row| {
                let key: (i64, i64, i64, Option<i64>) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                Ok((key, row.get::<_, Option<String>>(4)?))
            })?;
            let mut members = connection.prepare_cached(
                "SELECT id, events FROM segment
                 WHERE group_id = ?1 AND state = 0 AND day = ?2 AND level = ?3 AND format_id IS ?4
                   AND events < ?5
                 ORDER BY id LIMIT ?6",
            )?;
            let mut merges = Vec::new();
            for found in groups {
                let ((group, day, level, format_id), columns) = found?;
                let format = columns.map(|text| serde_json::from_str::<LineFormat>(&text));
                let format = format.transpose().map_err(|error| {
                    StoreError::Damaged(format!("a format of the catalog: {error}"))
                })?;
                let mut events = 0;
                let mut ids = Vec::new();
                let mut rows =
                    members.query(params![group, day, level, format_id, MOST_EVENTS / 2, many])?;
                while let Some(row) = rows.next()? {
                    events += row.get::<_, i64>(1)?;
                    if events > MOST_EVENTS {
                        break;
                    }
                    ids.push(row.get(0)?);
                }
                if ids.len() > 1 {
                    let belonging = Belonging { group, day, format, level: level + 1 };
                    merges.push(Merge { belonging, ids });
                }
            }
            Ok(merges)
        })
    }

    fn merge(&self, merge: &Merge, now: i64) -> Result<usize, StoreError> {
        let group = merge.belonging.group;
        let (segments, streams, kept_from) = self.read(|connection| {
            Ok((
                merge
                    .ids
                    .iter()
                    .map(|id| segments::by_id(connection, *id))
                    .collect::<Result<Vec<_>, _>>()?,
                streams_beginning(connection, group, "")?,
                retained(connection, group, now)?,
            ))
        })?;
        crash::at("compact-read");
        let mut inputs = Vec::new();
        for segment in segments {
            match SegmentFile::open(&self.inner.objects, segment.into()) {
                Ok(file) => inputs.push(Input { times: file.slices().collect(), file, next: 0 }),
                // The others wait until `fsck` has set it aside.
                Err(error) => {
                    self.damaged(&error);
                    return Ok(0);
                }
            }
        }
        let mut fresh = NewSegment::begin(self, merge.belonging.clone())?;
        let slice_events = self.inner.settings.slice_events.max(1);
        let mut pool = Rows::default();
        let mut written = 0;
        loop {
            let next = inputs
                .iter_mut()
                .filter(|input| input.begins().is_some())
                .min_by_key(|input| input.begins());
            // What is earlier than all that is still to be read can be written.
            let bound = next.as_ref().and_then(|input| input.begins()).unwrap_or(i64::MAX);
            let order = pool.by_time();
            let is_last = next.is_none();
            let safe = order.partition_point(|row| {
                is_last || pool.keys().get(*row).is_some_and(|key| key.event.timestamp < bound)
            });
            let whole = if is_last { safe } else { safe - safe % slice_events };
            if whole > 0 {
                let (now, later) = order.split_at(whole);
                for slice in now.chunks(slice_events) {
                    fresh.write(&pool, slice, &streams)?;
                    written += slice.len();
                }
                pool = pool.picked(later);
            }
            let Some(input) = next else { break };
            let read = input.take(self, &mut |key, message| {
                if key.event.timestamp >= kept_from && streams.contains_key(&key.stream) {
                    pool.push(key, message);
                }
            });
            if let Err(error) = read {
                self.damaged(&error);
                return Ok(0);
            }
        }
        let fresh = if written > 0 { Some(fresh.finish()?) } else { None };
        crash::at("compact-written");
        let keys: Vec<String> = fresh.iter().map(|fresh| fresh.key.clone()).collect();
        let fewer = merge.ids.len() - keys.len();
        let ids = merge.ids.clone();
        let merged = self.write(move |connection| {
            if let Some(fresh) = &fresh {
                segments::insert(connection, &fresh.key, &fresh.belonging, &fresh.written)?;
            }
            segments::bury(connection, &ids, now)?;
            crash::at("compact-uncommitted");
            Ok(())
        });
        if let Err(error) = merged {
            self.discard(&keys);
            return Err(error);
        }
        crash::at("compact-committed");
        Ok(fewer)
    }
}

/// A segment that is read slice by slice.
struct Input {
    file: SegmentFile,
    times: Vec<(i64, i64)>,
    next: usize,
}

impl Input {
    /// When the next slice begins.
    fn begins(&self) -> Option<i64> {
        self.times.get(self.next).map(|(first, _)| *first)
    }

    fn take(
        &mut self,
        store: &LogStore,
        take: &mut impl FnMut(RowKey, &str),
    ) -> Result<(), StoreError> {
        self.file.visit(&store.inner.objects, self.next, take)?;
        self.next += 1;
        Ok(())
    }
}

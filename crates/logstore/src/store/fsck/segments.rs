//! Segments: every byte of the live ones, their footers, and what the directory has besides.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::params;

use super::{DAMAGED, Damage, Examination, Mending, Orphan, Part};
use crate::StoreError;
use crate::cold::SegmentFile;
use crate::store::entry::{self, SegmentEntry, State};
use crate::store::orphans::SEGMENTS;
use crate::store::{files, segments};

impl Examination<'_> {
    pub(super) fn look_at_segments(&mut self) -> Result<(), StoreError> {
        let before = entry::of_state(&self.catalog, State::Damaged)?;
        self.findings.set_aside_before = u64::try_from(before.len()).unwrap_or(u64::MAX);
        if self.mending == Mending::SetAside {
            // A run that was broken off may have got no further than the catalog.
            for entry in before {
                self.move_away(&entry.key)?;
            }
        }
        for entry in entry::of_state(&self.catalog, State::Live)? {
            self.findings.segments += 1;
            match self.read_segment(&entry) {
                Ok(()) => {
                    self.findings.events += entry.events;
                    self.findings.bytes += entry.bytes;
                }
                Err(error) if error.is_damage() => self.note(entry, &error)?,
                Err(error) => return Err(error),
            }
        }
        self.look_for_orphans()
    }

    fn read_segment(&self, entry: &SegmentEntry) -> Result<(), StoreError> {
        let segment = segments::by_id(&self.catalog, entry.id)?;
        segment.read_whole(&self.objects, |_| Ok(()))?;
        let file = SegmentFile::open(&self.objects, Arc::new(segment))?;
        let told = (entry.events, entry.first, entry.last, entry.streams);
        let found = (file.events(), file.times(), file.stream_bounds());
        let (events, Some((first, last)), Some(streams)) = found else {
            return Err(StoreError::Damaged("its footer says nothing of its events".to_owned()));
        };
        if (events, first, last, streams) != told {
            return Err(StoreError::Damaged(
                "its footer and the catalog tell of different events".to_owned(),
            ));
        }
        Ok(())
    }

    fn note(&mut self, entry: SegmentEntry, error: &StoreError) -> Result<(), StoreError> {
        let set_aside = match self.mending {
            Mending::None => None,
            Mending::SetAside => {
                // First the catalog: a file that is away and not known to be would be missed anew.
                self.catalog.execute(
                    "UPDATE segment SET state = ?2 WHERE id = ?1 AND state = ?3",
                    params![entry.id, State::Damaged as i64, State::Live as i64],
                )?;
                self.move_away(&entry.key)?
            }
        };
        self.findings.damage.push(Damage {
            part: Part::Segment(entry.key),
            group: entry.group,
            events: entry.events,
            first: entry.first,
            last: entry.last,
            why: error.reason(),
            set_aside,
        });
        Ok(())
    }

    /// Moves an object to what is damaged; says where it is then, if there was anything to be moved.
    fn move_away(&self, key: &str) -> Result<Option<String>, StoreError> {
        if self.objects.size(key)?.is_none() {
            return Ok(None);
        }
        let place = format!("{DAMAGED}/{key}");
        self.objects.rename(key, &place)?;
        Ok(Some(place))
    }

    fn look_for_orphans(&mut self) -> Result<(), StoreError> {
        let known: BTreeSet<String> = self
            .catalog
            .prepare("SELECT key FROM segment")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut orphans = Vec::new();
        for (path, bytes) in files::below(&self.directory.join(SEGMENTS))? {
            let path = path.strip_prefix(self.directory).unwrap_or(&path);
            let path = path.to_string_lossy().into_owned();
            if !known.contains(&path) {
                orphans.push(Orphan { path, bytes });
            }
        }
        orphans.sort_unstable();
        self.findings.orphans = orphans;
        Ok(())
    }
}

//! What the store does by itself, on one thread at a time.

use super::{LogStore, lock};
use crate::StoreError;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Events that were moved into segments.
    pub drained: u64,
    /// Segments that there are less of, by merging.
    pub merged: usize,
    /// Blocks and segments that were deleted.
    pub swept: usize,
    /// Files that were removed.
    pub reclaimed: usize,
}

impl LogStore {
    /// Moves events into segments, merges those, and deletes what has expired or was deleted. To be called
    /// again and again.
    pub fn maintain(&self, now: i64) -> Result<Maintained, StoreError> {
        let mut swept_at = lock(&self.inner.maintenance);
        let every = self.inner.settings.sweep_every;
        let is_due = swept_at.is_none_or(|at| now >= at.saturating_add(every) || now < at);
        let maintained = match self.maintain_alone(now, is_due) {
            // What is deleted makes room; that it can be, something may have to be given up first.
            Err(error) if error.is_full() && self.inner.space.release() => {
                self.maintain_alone(now, true)
            }
            result => result,
        }?;
        if is_due {
            *swept_at = Some(now);
        }
        Ok(maintained)
    }

    fn maintain_alone(&self, now: i64, is_sweeping: bool) -> Result<Maintained, StoreError> {
        // First what makes room.
        let (mut swept, mut reclaimed) = (0, 0);
        if is_sweeping {
            swept = self.sweep(now)?;
            reclaimed = self.reclaim(now)?;
        }
        let drained = self.drain(now)?;
        let merged = self.compact(now)?;
        if is_sweeping {
            self.give_room_back()?;
        }
        self.inner.space.lay_ballast()?;
        Ok(Maintained { drained, merged, swept, reclaimed })
    }
}

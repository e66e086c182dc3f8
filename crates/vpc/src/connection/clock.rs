//! Ticks in 32 bits.

use crate::Tick;

/// A tick in the table's own count, which fits 32 bits. The default is before every packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u32);

/// When the count is set back, `now` becomes this, so that what was earlier still is.
const AFTER_SETTING_BACK: u32 = 2;
/// From here on the count is set back: 68 years leave room for every timeout above it.
const HIGHEST: u64 = 1 << 31;

impl Moment {
    #[must_use]
    pub(crate) fn later_by(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns an earlier moment, but none before every packet.
    #[must_use]
    pub(crate) fn earlier_by(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub(seconds).max(u32::from(self.0 > 0)))
    }
}

/// Counts ticks from the first one that it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    // The tick of moment 1.
    first: Option<u64>,
}

/// A reading of the [`Clock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As usual.
    Now(Moment),
    /// The count was set back: what is `old` in the count until here is `now`, and all other moments
    /// must be earlier by as much.
    SetBack { old: Moment, now: Moment, by: u32 },
}

impl Clock {
    pub(crate) fn read(&mut self, tick: Tick) -> Reading {
        let first = *self.first.get_or_insert(tick.0);
        let count = tick.0.saturating_sub(first).saturating_add(1);
        if count <= HIGHEST {
            return Reading::Now(Moment(u32::try_from(count).unwrap_or(u32::MAX)));
        }
        self.first = Some(tick.0 - u64::from(AFTER_SETTING_BACK - 1));
        let old = u32::try_from(count).unwrap_or(u32::MAX);
        Reading::SetBack {
            old: Moment(old),
            now: Moment(AFTER_SETTING_BACK),
            by: old - AFTER_SETTING_BACK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_counted_from_the_first() {
        let mut clock = Clock::default();

        assert_eq!(clock.read(Tick(0)), Reading::Now(Moment(1)));
        assert_eq!(clock.read(Tick(1)), Reading::Now(Moment(2)));
    }

    #[test]
    fn a_count_that_would_overflow_is_set_back() {
        let mut clock = Clock::default();
        let start = 1 << 40;
        clock.read(Tick(start));

        let reading = clock.read(Tick(start + HIGHEST));

        let old = Moment(u32::try_from(HIGHEST + 1).unwrap());
        assert_eq!(reading, Reading::SetBack { old, now: Moment(2), by: old.0 - 2 });
        assert_eq!(old.earlier_by(old.0 - 2), Moment(2));
        assert_eq!(Moment(7).earlier_by(old.0 - 2), Moment(1));
        assert_eq!(Moment(0).earlier_by(old.0 - 2), Moment(0));
        assert_eq!(clock.read(Tick(start + HIGHEST + 1)), Reading::Now(Moment(3)));
    }
}

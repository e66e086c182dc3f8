//! A clock that goes on evenly, though the machine's is set.

use std::time::Duration;

/// A difference between two clocks, in nanoseconds.
type Nanos = i128;

/// What two readings one after the other may differ by without a clock having been set, and more.
const TOLERANCE: Nanos = 500_000_000;

/// The wall clock as it would be had nobody set it since watching began.
///
/// Packets are stamped by the wall clock. By a jump of it, connections would expire or windows stay open,
/// so what is judged and counted keeps to the clock since the start of the machine (`semantics.md` 6).
#[derive(Debug)]
pub struct SteadyClock {
    /// Wall clock − time since boot, when watching began.
    offset: Nanos,
    now: Duration,
    /// By how much the wall clock is ahead of this one; 0 within the tolerance.
    ahead: Nanos,
    /// The same before it was last set: packets may be read that were stamped then.
    ahead_before: Nanos,
}

impl SteadyClock {
    /// Starts as the wall clock stands.
    pub fn new(wall: Duration, since_boot: Duration) -> Self {
        let offset = nanos(wall) - nanos(since_boot);
        Self { offset, now: wall, ahead: 0, ahead_before: 0 }
    }

    /// Moves on, and returns by how much the wall clock was set since the last time, in seconds, if it was.
    pub fn advance(&mut self, wall: Duration, since_boot: Duration) -> Option<f64> {
        let now = nanos(since_boot) + self.offset;
        self.now = duration(now).max(self.now);
        let ahead = nanos(wall) - now;
        let ahead = if ahead.abs() <= TOLERANCE { 0 } else { ahead };
        let by = ahead - self.ahead;
        if by.abs() <= TOLERANCE {
            return None;
        }
        self.ahead_before = self.ahead;
        self.ahead = ahead;
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        Some(by as f64 / 1e9)
    }

    /// Returns the time at the last call of [`advance`](Self::advance).
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// Returns this clock − the time since boot, in nanoseconds.
    pub fn offset(&self) -> i64 {
        i64::try_from(self.offset).unwrap_or(i64::MAX)
    }

    /// Returns whether packets bear the time of this clock as it is.
    pub const fn agrees(&self) -> bool {
        self.ahead == 0 && self.ahead_before == 0
    }

    /// Returns the time of a packet that bears this time of the wall clock.
    ///
    /// Stamped before the clock was set or after it? What lies nearer to now is believed.
    pub fn time_of(&self, stamp: Duration) -> Duration {
        let candidate = |ahead| nanos(stamp) - ahead;
        let distance = |time: Nanos| (time - nanos(self.now)).abs();
        let (after, before) = (candidate(self.ahead), candidate(self.ahead_before));
        duration(if distance(after) <= distance(before) { after } else { before })
    }
}

fn nanos(duration: Duration) -> Nanos {
    // Below 2^95.
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

fn duration(nanos: Nanos) -> Duration {
    const SECOND: Nanos = 1_000_000_000;
    let secs = u64::try_from(nanos / SECOND).unwrap_or_default();
    Duration::new(secs, u32::try_from(nanos % SECOND).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon, on a machine that was started an hour before.
    const NOON: u64 = 1_769_860_800;
    const HOUR: u64 = 3600;

    fn at_noon() -> SteadyClock {
        SteadyClock::new(Duration::from_secs(NOON), Duration::from_secs(HOUR))
    }

    /// `after` seconds later, on a wall clock that was set by `by` in the meantime.
    fn readings(after: f64, by: i64) -> (Duration, Duration) {
        let wall = Duration::from_secs(NOON.checked_add_signed(by).unwrap());
        let after = Duration::from_secs_f64(after);
        (wall + after, Duration::from_secs(HOUR) + after)
    }

    #[test]
    fn a_clock_that_nobody_sets_is_left_alone() {
        let mut clock = at_noon();

        let (wall, since_boot) = readings(10.0, 0);
        // The second reading was late.
        let set = clock.advance(wall, since_boot + Duration::from_millis(400));

        assert_eq!(set, None);
        assert!(clock.agrees());
        assert_eq!(clock.now().as_secs(), NOON + 10);
    }

    #[test]
    fn time_goes_on_evenly_when_the_clock_is_set_back_or_forward() {
        for by in [-7200, 7200] {
            let mut clock = at_noon();

            let (wall, since_boot) = readings(10.0, by);
            let set = clock.advance(wall, since_boot);
            let (wall_later, since_boot) = readings(20.0, by);
            let set_again = clock.advance(wall_later, since_boot);

            #[expect(clippy::cast_precision_loss, reason = "small")]
            let by = by as f64;
            assert_eq!((set, set_again), (Some(by), None));
            assert!(!clock.agrees());
            assert_eq!(clock.now().as_secs(), NOON + 20);
            assert_eq!(clock.time_of(wall_later).as_secs(), NOON + 20);
        }
    }

    #[test]
    fn a_packet_from_before_the_clock_was_set_keeps_its_time() {
        for by in [-7200, 7200] {
            let mut clock = at_noon();
            let (stamp, _) = readings(9.9, 0);

            let (wall, since_boot) = readings(10.0, by);
            clock.advance(wall, since_boot);

            assert_eq!(clock.time_of(stamp), stamp);
        }
    }

    #[test]
    fn a_clock_that_is_set_right_again_agrees_with_the_packets_again() {
        let mut clock = at_noon();

        let (wall, since_boot) = readings(10.0, 60);
        assert_eq!(clock.advance(wall, since_boot), Some(60.0));
        let (wall, since_boot) = readings(20.0, 0);
        assert_eq!(clock.advance(wall, since_boot), Some(-60.0));

        let (stamp, _) = readings(19.9, 60);
        assert_eq!(clock.time_of(stamp).as_secs(), NOON + 19);
        assert_eq!(clock.time_of(wall), wall);
    }
}

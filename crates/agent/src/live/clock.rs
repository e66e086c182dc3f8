//! A clock that goes on evenly, though the machine's is set.

use std::time::Duration;

use flowlogd_flowlog::WindowLength;

use crate::capture::ebpf::Timing;

/// A difference between two clocks, in nanoseconds.
type Nanos = i128;

/// What two readings one after the other may differ by without a clock having been set, and more.
const TOLERANCE: Nanos = 500_000_000;

/// Who is to change the offset at a time has to be told so long before.
const NOTICE: Nanos = 250_000_000;

/// The wall clock as it would be had nobody set it since watching began, or since what was set was adopted.
///
/// Packets are stamped by the wall clock. By a jump of it, connections would expire or windows stay open,
/// so what is judged and counted keeps to the clock since the start of the machine (`semantics.md` 6). Where that is
/// counted by the kernel's program, which tells windows from ticks, the jump is made between two windows (`semantics.md` 5).
#[derive(Debug)]
pub struct SteadyClock {
    /// Wall clock − time since boot, when watching began.
    offset: Nanos,
    now: Duration,
    /// By how much the wall clock is ahead of this one; 0 within the tolerance.
    ahead: Nanos,
    /// The same before it was last set: packets may be read that were stamped then.
    ahead_before: Nanos,
    step: Option<Step>,
}

/// A jump that is due.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Time since boot.
    at: Nanos,
    /// Wall clock − time since boot, from then on.
    offset: Nanos,
}

impl SteadyClock {
    /// Starts as the wall clock stands.
    pub fn new(wall: Duration, since_boot: Duration) -> Self {
        let offset = nanos(wall) - nanos(since_boot);
        Self { offset, now: wall, ahead: 0, ahead_before: 0, step: None }
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

    /// Goes on from another offset: the one by which counting was begun.
    pub fn keep_to(&mut self, offset: i64, since_boot: Duration) {
        self.offset = offset.into();
        self.now = duration(nanos(since_boot) + self.offset);
    }

    /// Returns the offsets to count by: if the clock was set, the jump is at the end of a window.
    pub fn timing(&mut self, length: WindowLength) -> Timing {
        let earliest = nanos(self.now) + NOTICE;
        if self.step.is_none_or(|step| step.at + self.offset > earliest) {
            let length = nanos(Duration::from_secs(length.as_secs()));
            let end = (earliest / length + 1) * length;
            let step = Step { at: end - self.offset, offset: self.offset + self.ahead };
            self.step = (self.ahead != 0).then_some(step);
        }
        let Some(step) = self.step else { return Timing::fixed(self.offset()) };
        Timing {
            offset: self.offset(),
            switch_at: u64::try_from(step.at).unwrap_or(u64::MAX),
            next_offset: i64::try_from(step.offset).unwrap_or(i64::MAX),
        }
    }

    /// Makes the jump that [`timing`](Self::timing) told of, once it is due, and returns whether it was.
    pub fn adopt(&mut self, since_boot: Duration) -> bool {
        let Some(step) = self.step.filter(|step| step.at <= nanos(since_boot)) else {
            return false;
        };
        self.ahead -= step.offset - self.offset;
        self.ahead_before = self.ahead;
        self.offset = step.offset;
        self.now = duration(nanos(since_boot) + self.offset);
        self.step = None;
        true
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
    fn a_jump_is_made_at_the_end_of_the_window() {
        for by in [-7200, -30, 30, 7200] {
            let mut clock = at_noon();
            let steady = Timing::fixed(clock.offset());
            assert_eq!(clock.timing(WindowLength::ONE_MINUTE), steady);

            let (wall, since_boot) = readings(10.0, by);
            clock.advance(wall, since_boot);
            let timing = clock.timing(WindowLength::ONE_MINUTE);

            let jump = Timing {
                switch_at: (HOUR + 60) * 1_000_000_000,
                next_offset: steady.offset + by * 1_000_000_000,
                ..steady
            };
            assert_eq!((timing, clock.timing(WindowLength::ONE_MINUTE)), (jump, jump));
            assert!(!clock.adopt(Duration::from_secs_f64(3659.9)));
            assert_eq!(clock.now().as_secs(), NOON + 10);
            assert!(clock.adopt(Duration::from_secs(HOUR + 60)));
            assert_eq!(clock.now().as_secs(), NOON.checked_add_signed(60 + by).unwrap());
            let (wall, since_boot) = readings(61.0, by);
            assert_eq!(clock.advance(wall, since_boot), None);
            assert!(clock.agrees() && !clock.adopt(since_boot));
            assert_eq!(clock.timing(WindowLength::ONE_MINUTE), Timing::fixed(jump.next_offset));
        }
    }

    #[test]
    fn what_was_told_too_shortly_before_is_made_and_the_rest_a_window_later() {
        let mut clock = at_noon();
        let offset = clock.offset();
        let (wall, since_boot) = readings(10.0, 20);
        clock.advance(wall, since_boot);
        let told = clock.timing(WindowLength::ONE_MINUTE);

        // Set once more as the window ends.
        let (wall, since_boot) = readings(59.9, 40);
        assert_eq!(clock.advance(wall, since_boot), Some(20.0));
        assert_eq!(clock.timing(WindowLength::ONE_MINUTE), told);
        assert!(clock.adopt(Duration::from_secs(HOUR + 60)));
        assert_eq!(clock.now().as_secs(), NOON + 80);

        let timing = clock.timing(WindowLength::ONE_MINUTE);
        assert_eq!(timing.next_offset, offset + 40_000_000_000);
        assert_eq!(timing.switch_at, (HOUR + 100) * 1_000_000_000);
    }

    #[test]
    fn a_clock_that_is_set_back_before_the_jump_does_not_jump() {
        let mut clock = at_noon();
        let steady = Timing::fixed(clock.offset());
        let (wall, since_boot) = readings(10.0, 20);
        clock.advance(wall, since_boot);
        clock.timing(WindowLength::ONE_MINUTE);
        let (wall, since_boot) = readings(11.0, 0);
        clock.advance(wall, since_boot);

        assert_eq!(clock.timing(WindowLength::ONE_MINUTE), steady);
        assert!(!clock.adopt(Duration::from_secs(HOUR + 60)));
    }

    #[test]
    fn what_an_earlier_process_counts_by_is_kept_to_until_a_window_ends() {
        let mut clock = at_noon();
        let offset = clock.offset() - 3_600_000_000_000;
        clock.keep_to(offset, Duration::from_secs(HOUR));
        assert_eq!(clock.now().as_secs(), NOON - 3600);

        let (wall, since_boot) = readings(1.0, 0);
        assert_eq!(clock.advance(wall, since_boot), Some(3600.0));
        assert_eq!(clock.timing(WindowLength::ONE_MINUTE).next_offset, offset + 3_600_000_000_000);
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

//! What a device has counted, as far as its packets have been read (`semantics.md` 21).

use std::collections::VecDeque;
use std::time::Duration;

/// Between two readings of the counters.
const PACE: Duration = Duration::from_millis(50);
/// A packet may be counted so long before it is stamped.
const SLACK: Duration = Duration::from_millis(50);

/// Readings of a device's counter of packets, and the last one of which all packets have been read.
///
/// A counter is ahead of what has been read by what lies in the ring. Taken at its word, a process that
/// takes over would not tell of packets that were lost in the ring of the one before.
#[derive(Debug)]
pub struct Passed {
    readings: VecDeque<(Duration, u64)>,
    last: (Duration, u64),
}

impl Passed {
    /// Begins at a moment before which nothing matters.
    pub const fn new(time: Duration, packets: u64) -> Self {
        Self { readings: VecDeque::new(), last: (time, packets) }
    }

    /// Whether it is time to read the counter.
    pub fn is_due(&self, now: Duration) -> bool {
        let (newest, _) = self.readings.back().unwrap_or(&self.last);
        now.saturating_sub(*newest) >= PACE
    }

    /// Takes a reading.
    pub fn add(&mut self, now: Duration, packets: u64) {
        self.readings.push_back((now, packets));
    }

    /// All packets that were stamped before `time` have been read.
    pub fn read_up_to(&mut self, time: Duration) {
        while let Some(reading) = self.readings.front().copied()
            && reading.0 + SLACK <= time
        {
            self.last = reading;
            self.readings.pop_front();
        }
    }

    /// Returns the last reading of which all packets have been read: when, and how many.
    pub const fn last(&self) -> (Duration, u64) {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_counts_when_its_packets_have_been_read() {
        let at = Duration::from_millis;
        let mut passed = Passed::new(at(1000), 7);
        assert!(!passed.is_due(at(1049)));
        assert!(passed.is_due(at(1050)));
        passed.add(at(1050), 10);
        passed.add(at(1100), 20);
        passed.read_up_to(at(1099));
        assert_eq!(passed.last(), (at(1000), 7));
        passed.read_up_to(at(1100));
        assert_eq!(passed.last(), (at(1050), 10));
        passed.read_up_to(at(9999));
        assert_eq!(passed.last(), (at(1100), 20));
    }
}

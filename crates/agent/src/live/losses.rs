//! Packets that the kernel dropped: how many, and when.

use std::time::Duration;

/// What was dropped and is not told yet.
///
/// The kernel counts drops without a time. It drops while its ring is full, so what lies in the ring is
/// older than the loss, and what comes after it is younger: the loss began with the newest of the older.
#[derive(Debug, Default)]
pub struct Losses {
    packets: u64,
    /// Whatever the ring held by then was there before the loss.
    before: Duration,
    began: Option<Duration>,
    total: u64,
}

impl Losses {
    /// Takes note of drops that were counted after `before`, when a block of the ring was last waited for.
    pub fn add(&mut self, packets: u64, before: Duration) {
        if packets > 0 && self.packets == 0 {
            self.before = before;
            self.began = None;
        }
        self.packets += packets;
        self.total += packets;
    }

    /// Looks at the times of the packets that were read next, and returns how many packets were lost at
    /// which second, once it is clear: when the ring is read up, or packets come that are younger.
    pub fn settle(&mut self, times: impl Iterator<Item = Duration>) -> Option<(u64, u64)> {
        if self.packets == 0 {
            return None;
        }
        let mut last = None;
        for time in times {
            if time <= self.before {
                self.began = self.began.max(Some(time));
            }
            last = Some(time);
        }
        if last.is_some_and(|last| last <= self.before) {
            return None;
        }
        let began = self.began.unwrap_or(self.before);
        Some((began.as_secs(), std::mem::take(&mut self.packets)))
    }

    /// Returns how many packets were dropped in all.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn minute() -> Duration {
        Duration::from_mins(1)
    }

    fn seconds(seconds: &[u64]) -> impl Iterator<Item = Duration> {
        seconds.iter().copied().map(Duration::from_secs)
    }

    #[test]
    fn a_loss_began_when_the_ring_was_full() {
        let mut losses = Losses::default();

        // Stopped from 10 on, went on at 60: by 20 the ring was full.
        losses.add(500, minute());
        assert_eq!(losses.settle(seconds(&[10, 11, 15])), None);
        assert_eq!(losses.settle(seconds(&[16, 20])), None);

        assert_eq!(losses.settle(seconds(&[61, 62])), Some((20, 500)));
        assert_eq!(losses.settle(seconds(&[63])), None);
        assert_eq!(losses.total(), 500);
    }

    #[test]
    fn a_ring_that_is_read_up_settles_a_loss() {
        let mut losses = Losses::default();

        losses.add(3, minute());
        losses.add(4, minute() + Duration::from_secs(1));
        assert_eq!(losses.settle(seconds(&[20])), None);

        assert_eq!(losses.settle(seconds(&[])), Some((20, 7)));
    }

    #[test]
    fn a_loss_without_older_packets_was_just_then() {
        let mut losses = Losses::default();

        losses.add(3, minute());
        assert_eq!(losses.settle(seconds(&[])), Some((60, 3)));

        losses.add(5, Duration::from_secs(70));
        assert_eq!(losses.settle(seconds(&[71])), Some((70, 5)));
        assert_eq!(losses.total(), 8);
    }
}

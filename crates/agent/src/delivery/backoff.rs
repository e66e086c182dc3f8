//! How long to wait after a failure.

use std::time::Duration;

use super::DeliverySettings;
use super::failure::Trouble;

/// Pauses that grow until something succeeds.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the next pause; `chance` is any number.
    pub(super) fn pause(
        &mut self,
        trouble: Trouble,
        settings: &DeliverySettings,
        chance: u32,
    ) -> Duration {
        let longest = match trouble {
            Trouble::Access => settings.longest_access_pause.min(settings.longest_pause),
            Trouble::RateLimited | Trouble::Unknown => settings.longest_pause,
        };
        // More doublings than this pass every bound.
        let factor = 1 << self.failures.min(16);
        self.failures += 1;
        let pause = settings.first_pause.saturating_mul(factor).min(longest);
        // Between a half and the whole, so that those who failed together do not come back together.
        pause / 2 + (pause / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }

    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_a_success() {
        let settings = DeliverySettings::default();
        let mut backoff = Backoff::default();
        let mut pause = |trouble| backoff.pause(trouble, &settings, u32::MAX).as_millis();

        let pauses: Vec<_> = (0..8).map(|_| pause(Trouble::Unknown)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        // A repaired role is noticed soon, however long it was broken.
        assert_eq!(pause(Trouble::Access), 5000);

        backoff.reset();
        assert_eq!(backoff.pause(Trouble::Unknown, &settings, u32::MAX).as_millis(), 500);
        assert_eq!(backoff.pause(Trouble::Unknown, &settings, 0).as_millis(), 500);
    }
}

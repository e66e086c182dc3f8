//! Capture windows: the stretches of time in which packets are counted together.

use std::fmt;

/// How late a packet may be and still find its window open, in seconds (`semantics.md` 2).
pub const GRACE: u64 = 2;

/// The length of capture windows, 1 to 600 seconds.
///
/// EC2 offers 60 and 600 (`MaxAggregationInterval`); looking on live uses shorter ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowLength(u16);

/// A window length that cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a capture window is 1 to 600 seconds long, not {0}")]
pub struct InvalidWindowLength(pub u64);

impl WindowLength {
    /// `MaxAggregationInterval` 60.
    pub const ONE_MINUTE: Self = Self(60);
    /// `MaxAggregationInterval` 600, what `CreateFlowLogs` uses when the caller does not say.
    pub const TEN_MINUTES: Self = Self(600);

    /// Returns the length in seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 as u64
    }

    /// Returns the number of windows that are over for good when the packets' clock shows `watermark`:
    /// all with a lower number are closed.
    pub const fn closed_before(self, watermark: u64) -> u64 {
        watermark.saturating_sub(GRACE) / self.as_secs()
    }
}

impl TryFrom<u64> for WindowLength {
    type Error = InvalidWindowLength;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        match u16::try_from(seconds) {
            Ok(short @ 1..=600) => Ok(Self(short)),
            Ok(_) | Err(_) => Err(InvalidWindowLength(seconds)),
        }
    }
}

/// A half-open stretch of Unix time, `[number · length, (number + 1) · length)`.
///
/// Windows of one length never overlap and leave no gap, so a packet belongs to exactly one of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CaptureWindow {
    number: u64,
    length: WindowLength,
}

impl CaptureWindow {
    /// Returns the window that the Unix second `at` falls in.
    pub const fn containing(at: u64, length: WindowLength) -> Self {
        Self { number: at / length.as_secs(), length }
    }

    /// Returns the window with this number.
    pub const fn numbered(number: u64, length: WindowLength) -> Self {
        Self { number, length }
    }

    /// Returns how many windows of this length came before it since 1970.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// Returns its first second.
    pub const fn start(self) -> u64 {
        self.number.saturating_mul(self.length.as_secs())
    }

    /// Returns the first second after it.
    pub const fn end(self) -> u64 {
        self.start().saturating_add(self.length.as_secs())
    }

    /// Returns whether `at` is in it.
    pub const fn contains(self, at: u64) -> bool {
        at >= self.start() && at < self.end()
    }
}

impl fmt::Debug for CaptureWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start(), self.end())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_second_is_in_exactly_one_window(at in 0..u64::from(u32::MAX), length in 1..=600_u64) {
            let length = WindowLength::try_from(length).unwrap();
            let window = CaptureWindow::containing(at, length);
            let next = CaptureWindow::containing(window.end(), length);

            prop_assert!(window.contains(at));
            prop_assert_eq!(window.end(), next.start());
        }

        #[test]
        fn a_window_is_closed_from_two_seconds_after_its_end(number in 0..1_000_000_u64) {
            let window = CaptureWindow::numbered(number, WindowLength::ONE_MINUTE);
            let is_closed = |watermark| window.number() < WindowLength::ONE_MINUTE.closed_before(watermark);

            prop_assert!(!is_closed(window.end() + 1));
            prop_assert!(is_closed(window.end() + 2));
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused_by_number() {
        for seconds in [0, 601, 65_536 + 60, u64::MAX] {
            assert_eq!(WindowLength::try_from(seconds), Err(InvalidWindowLength(seconds)));
        }
    }
}

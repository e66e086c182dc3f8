//! What a pcapng timestamp counts (pcapng draft, `if_tsresol` and `if_tsoffset`).

/// Nanoseconds since 1970 fit 64 bits until July 2554; no true packet is later.
const END_OF_TIME: u64 = u64::MAX / NANOS_PER_SECOND;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Seconds since 1970, and nanoseconds within the second.
pub(super) type Timestamp = (u64, u32);

/// The unit and the origin of an interface's timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimestampFormat {
    unit: Unit,
    offset: i64,
}

/// What the timestamp is a number of. The two that are written everywhere are divided by a
/// constant, which the compiler turns into a multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Micros,
    Nanos,
    /// This many make a second.
    PerSecond(u128),
    /// Finer than 10^-38 s: even the largest timestamp is within the first nanosecond.
    Vanishing,
}

impl Default for TimestampFormat {
    fn default() -> Self {
        Self { unit: Unit::Micros, offset: 0 }
    }
}

impl TimestampFormat {
    /// Takes the value of `if_tsresol`: a negative power of 2 if the high bit is set, else of 10.
    pub(super) fn set_resolution(&mut self, resolution: u8) {
        let exponent = u32::from(resolution & 0x7f);
        self.unit = match resolution {
            6 => Unit::Micros,
            9 => Unit::Nanos,
            0..0x80 => 10_u128.checked_pow(exponent).map_or(Unit::Vanishing, Unit::PerSecond),
            0x80.. => Unit::PerSecond(1 << exponent),
        };
    }

    /// Takes the value of `if_tsoffset`: seconds to be added.
    pub(super) fn set_offset(&mut self, offset: i64) {
        self.offset = offset;
    }

    /// Returns the time that `units` stands for, if it is between 1970 and 2554.
    pub(super) fn timestamp(&self, units: u64) -> Option<Timestamp> {
        let (secs, nanos) = match self.unit {
            Unit::Micros => (units / 1_000_000, units % 1_000_000 * 1000),
            Unit::Nanos => (units / NANOS_PER_SECOND, units % NANOS_PER_SECOND),
            Unit::PerSecond(per_second) => divide(units, per_second),
            Unit::Vanishing => (0, 0),
        };
        let secs = if self.offset == 0 { secs } else { secs.checked_add_signed(self.offset)? };

        // Less than 10^9 by construction.
        (secs < END_OF_TIME).then_some((secs, u32::try_from(nanos).unwrap_or(0)))
    }
}

/// Splits `units`, of which there are `per_second`, into seconds and nanoseconds.
fn divide(units: u64, per_second: u128) -> (u64, u64) {
    let secs = u128::from(units) / per_second;
    // Below 2^64 · 10^9, far from overflow.
    let nanos = u128::from(units) % per_second * u128::from(NANOS_PER_SECOND) / per_second;

    // The quotient of a 64-bit number, and a number below 10^9: both always fit.
    (u64::try_from(secs).unwrap_or(u64::MAX), u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(resolution: u8, offset: i64) -> TimestampFormat {
        let mut format = TimestampFormat::default();
        format.set_resolution(resolution);
        format.set_offset(offset);
        format
    }

    #[test]
    fn a_timestamp_counts_microseconds_unless_the_interface_says_otherwise() {
        let format = TimestampFormat::default();

        assert_eq!(format.timestamp(1_600_000_000_123_456), Some((1_600_000_000, 123_456_000)));
    }

    #[test]
    fn every_resolution_is_read() {
        for (resolution, units, expected) in [
            (0, 7, (7, 0)),
            (3, 1_500, (1, 500_000_000)),
            (6, 1_500_001, (1, 500_001_000)),
            (9, 1_500_000_001, (1, 500_000_001)),
            (12, 1_500_000_001_999, (1, 500_000_001)),
            (19, 15_000_000_019_999_999_999, (1, 500_000_001)),
            (20, 15_000_000_019_999_999_999, (0, 150_000_000)),
            (28, u64::MAX, (0, 1)),
            (29, u64::MAX, (0, 0)),
            (38, u64::MAX, (0, 0)),
            (39, u64::MAX, (0, 0)),
            (127, u64::MAX, (0, 0)),
            (0x80, 7, (7, 0)),
            (0x81, 3, (1, 500_000_000)),
            (0x88, 0x1_40, (1, 250_000_000)),
            (0xbf, 1 << 62, (0, 500_000_000)),
            (0xc0, 1 << 63, (0, 500_000_000)),
            (0xff, u64::MAX, (0, 0)),
        ] {
            assert_eq!(format(resolution, 0).timestamp(units), Some(expected), "{resolution:#x}");
        }
    }

    #[test]
    fn the_offset_is_added_and_may_be_negative() {
        assert_eq!(format(6, 1000).timestamp(2_500_000), Some((1002, 500_000_000)));
        assert_eq!(format(6, -2).timestamp(2_500_000), Some((0, 500_000_000)));
    }

    #[test]
    fn times_before_1970_and_after_2554_are_none() {
        assert_eq!(format(6, -3).timestamp(2_500_000), None);
        assert_eq!(format(0, 0).timestamp(END_OF_TIME - 1), Some((END_OF_TIME - 1, 0)));
        assert_eq!(format(0, 0).timestamp(END_OF_TIME), None);
        assert_eq!(format(0, i64::MAX).timestamp(u64::MAX), None);
        assert_eq!(format(0, i64::MIN).timestamp(0), None);
        assert_eq!(format(0, 10).timestamp(u64::MAX), None);
    }

    proptest! {
        #[test]
        fn the_quick_units_agree_with_the_general_division(units: u64) {
            for (resolution, per_second) in [(6, 1_000_000), (9, 1_000_000_000)] {
                let (secs, nanos) = divide(units, per_second);

                let (got_secs, got_nanos) = format(resolution, 0).timestamp(units).unwrap_or_default();
                if secs < END_OF_TIME {
                    prop_assert_eq!((got_secs, u64::from(got_nanos)), (secs, nanos));
                }
            }
        }

        #[test]
        fn a_later_timestamp_is_never_an_earlier_time(resolution: u8, a: u64, b: u64, offset: i64) {
            let format = format(resolution, offset);

            if let (Some(first), Some(second)) = (format.timestamp(a.min(b)), format.timestamp(a.max(b))) {
                prop_assert!(first <= second);
            }
        }
    }
}

//! Whole numbers, which some clients write as `1.0e12`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// Reads a whole number, whichever way it is written.
pub(super) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Integral>::deserialize(deserializer)?.map(|Integral(number)| number))
}

struct Integral(i64);

impl<'de> Deserialize<'de> for Integral {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(AnyNumber).map(Self)
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        /// Up to here every whole number is a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() != 0.0 || number.abs() > EXACT {
            return Err(E::invalid_value(Unexpected::Float(number), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
        Ok(number as i64)
    }
}

#[cfg(test)]
mod tests {
    use crate::logs::shapes::InputLogEvent;

    #[test]
    fn times_may_be_written_as_whole_floats() {
        let timestamp = |text: &str| {
            serde_json::from_str::<InputLogEvent>(&format!("{{\"timestamp\":{text}}}"))
                .map(|event| event.timestamp)
        };

        assert_eq!(timestamp("1000000000000").unwrap(), Some(1_000_000_000_000));
        assert_eq!(timestamp("1.0e12").unwrap(), Some(1_000_000_000_000));
        assert_eq!(timestamp("-5").unwrap(), Some(-5));
        assert_eq!(timestamp("null").unwrap(), None);
        for wrong in ["1.5", "1e300", "18446744073709551615", "\"5\"", "true"] {
            let error = timestamp(wrong).unwrap_err().to_string();
            assert!(error.contains("a whole number"), "{wrong}: {error}");
        }
    }
}

//! Events and their identity.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An event as it is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputEvent {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// Not empty.
    pub message: String,
}

/// What identifies an event and orders it (`semantics.md` 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// Unix milliseconds.
    pub timestamp: i64,
    /// Unix milliseconds.
    pub ingestion_time: i64,
    /// Only grows, over all groups.
    pub sequence: u64,
}

/// What is no event id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an event id: it would be 56 digits")]
pub struct InvalidEventId(pub String);

/// Digits of an id.
const DIGITS: usize = 56;
/// Bits of a time in an id.
const TIME_BITS: u32 = 48;

/// An id as six words of 32 bits, the highest first: timestamp (48 bits), ingestion time (48), 32 bits of
/// nothing, sequence (64).
type Words = [u32; 6];

/// 56 digits: timestamp, ingestion time and sequence as one number (`cloudwatch-logs.md` §4.4).
impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = self.words();
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            let mut rest = 0_u64;
            for word in &mut words {
                let value = rest << 32 | u64::from(*word);
                *word = u32::try_from(value / 10).unwrap_or(u32::MAX);
                rest = value % 10;
            }
            *digit = b'0' + u8::try_from(rest).unwrap_or(0);
        }
        f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
    }
}

impl EventKey {
    fn words(self) -> Words {
        let mask = (1 << TIME_BITS) - 1;
        let times = |time: i64| u128::from(u64::try_from(time).unwrap_or(0) & mask);
        let high = times(self.timestamp) << TIME_BITS | times(self.ingestion_time);
        let part = |bits: u32| u32::try_from(high >> bits & 0xffff_ffff).unwrap_or(0);
        let low = |bits: u32| u32::try_from(self.sequence >> bits & 0xffff_ffff).unwrap_or(0);
        [part(64), part(32), part(0), 0, low(32), low(0)]
    }
}

impl FromStr for EventKey {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let invalid = || InvalidEventId(text.to_owned());
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let mut words: Words = [0; 6];
        for digit in text.bytes() {
            let mut carry = u64::from(digit - b'0');
            for word in words.iter_mut().rev() {
                let value = u64::from(*word) * 10 + carry;
                *word = u32::try_from(value & 0xffff_ffff).unwrap_or(0);
                carry = value >> 32;
            }
            if carry != 0 {
                return Err(invalid());
            }
        }
        let [a, b, c, d, e, f] = words.map(u64::from);
        // No id of ours has anything there.
        if d != 0 {
            return Err(invalid());
        }
        let high = u128::from(a) << 64 | u128::from(b) << 32 | u128::from(c);
        let time =
            |bits: u32| i64::try_from(high >> bits & ((1 << TIME_BITS) - 1)).map_err(|_| invalid());
        Ok(Self { timestamp: time(TIME_BITS)?, ingestion_time: time(0)?, sequence: e << 32 | f })
    }
}

/// An event as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its identity.
    pub key: EventKey,
    /// Its stream.
    pub stream: Arc<str>,
    /// What it says.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_is_read_back_and_orders_as_its_event(
            a in (0..1_i64 << 48, 0..1_i64 << 48, any::<u64>()),
            b in (0..1_i64 << 48, 0..1_i64 << 48, any::<u64>()),
        ) {
            let key = |(timestamp, ingestion_time, sequence)| EventKey { timestamp, ingestion_time, sequence };
            let (a, b) = (key(a), key(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            prop_assert_eq!(a.to_string().len(), 56);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }

    #[test]
    fn the_published_layout_has_its_times_where_ours_have() {
        let id = "36384818116690549627269041764445207655710599286989651997";
        // Its low bits are AWS's own; cleared, it is one of ours.
        assert!(id.parse::<EventKey>().is_err());
        let ours = EventKey {
            timestamp: 1_631_551_672_053,
            ingestion_time: 1_631_551_672_138,
            sequence: 0,
        };
        assert_eq!(ours.to_string()[..28], id[..28]);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "1", &"9".repeat(56), &"1".repeat(57), &format!("{}x", "0".repeat(55))] {
            assert!(text.parse::<EventKey>().is_err(), "{text}");
        }
    }
}

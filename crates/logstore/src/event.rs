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

/// An id as six words of 32 bits, the highest first: timestamp (48 bits), ingestion time (64), sequence
/// (64), and 16 bits of nothing. The times lie where AWS's ids have theirs.
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
    /// What a time may be to fit 56 digits: the year 2112.
    const LATEST: u64 = 4_484_155_085_838;
    /// The same, as a time.
    pub(crate) const LATEST_TIME: i64 = Self::LATEST.cast_signed();

    fn words(self) -> Words {
        let time = |time: i64| u64::try_from(time).unwrap_or(0).min(Self::LATEST);
        let (at, ingested) = (time(self.timestamp), time(self.ingestion_time));
        let part = |value: u64, bits: u32| u32::try_from(value >> bits & 0xffff_ffff).unwrap_or(0);
        let join = |high: u32, low: u32| high << 16 | low >> 16;
        let [a1, a0] = [part(at, 32), part(at, 0)];
        let [i1, i0] = [part(ingested, 32), part(ingested, 0)];
        let [s1, s0] = [part(self.sequence, 32), part(self.sequence, 0)];
        // Everything begins 16 bits after a word does.
        [join(a1, a0), join(a0, i1), join(i1, i0), join(i0, s1), join(s1, s0), s0 << 16]
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
        let [first, second, third, fourth, fifth, last] = words.map(u64::from);
        let timestamp = first << 16 | second >> 16;
        let ingested = (second & 0xffff) << 48 | third << 16 | fourth >> 16;
        let sequence = (fourth & 0xffff) << 48 | fifth << 16 | last >> 16;
        // No id of ours has anything in its last bits.
        if last & 0xffff != 0 {
            return Err(invalid());
        }
        Ok(Self {
            timestamp: i64::try_from(timestamp).map_err(|_| invalid())?,
            ingestion_time: i64::try_from(ingested).map_err(|_| invalid())?,
            sequence,
        })
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
            a in (0..1_i64 << 42, 0..1_i64 << 42, any::<u64>()),
            b in (0..1_i64 << 42, 0..1_i64 << 42, any::<u64>()),
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

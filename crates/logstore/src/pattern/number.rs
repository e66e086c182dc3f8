//! Numbers of patterns and events.

use std::cmp::Ordering;

/// A number; whole ones of 64 bits are compared exactly.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    /// Reads `1`, `-1`, `.5`, `1e-3`; not `inf` or `nan`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let first = text.bytes().next()?;
        if !first.is_ascii_digit() && !matches!(first, b'-' | b'+' | b'.') {
            return None;
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        let is_number =
            |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        if !text.bytes().all(is_number) {
            return None;
        }
        text.parse().ok().map(Self::Real)
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => Some(one.cmp(&two)),
            (one, two) => one.real().partial_cmp(&two.real()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "compared with a number that is not whole")]
    const fn real(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

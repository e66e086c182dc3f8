//! Parameters that AWS has and that nothing here stands behind.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

/// A parameter of whatever shape that the operation refuses when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

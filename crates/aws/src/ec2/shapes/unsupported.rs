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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::query::Parameters;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Request {
        a: Option<Unsupported>,
    }

    #[test]
    fn a_parameter_of_any_shape_is_seen_and_its_absence_too() {
        let read = |form: &str| Parameters::parse(form).unwrap().read::<Request>().unwrap().a;

        for form in ["a=1", "a=", "a.1=x&a.2=y", "a.1.b.c=x", "a.b=true"] {
            assert_eq!(read(form), Some(Unsupported), "{form}");
        }
        assert_eq!(read(""), None);
    }
}

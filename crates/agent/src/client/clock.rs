//! The wall clock of the shells that talk to services.

use std::time::SystemTime;

/// Returns Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "a shell: requests are signed with the time of day")]
pub(crate) fn unix_milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

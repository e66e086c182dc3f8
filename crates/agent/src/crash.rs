//! Places where a test kills the process, to see that nothing is lost or doubled there.
//!
//! `FLOWLOGD_CRASH_AT=sent:3` ends the process as `kill -9` would when it comes to the place `sent` for
//! the third time. Only builds with debug assertions look.

#[cfg(debug_assertions)]
use std::sync::{LazyLock, atomic::AtomicU64, atomic::Ordering};

#[cfg(debug_assertions)]
static PLAN: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
    let plan = std::env::var("FLOWLOGD_CRASH_AT").ok()?;
    let (place, count) = plan.split_once(':')?;
    Some((place.to_owned(), count.parse().ok()?))
});
#[cfg(debug_assertions)]
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Passes a place, or ends there.
#[cfg(debug_assertions)]
pub(crate) fn point(place: &str) {
    let Some((planned, count)) = &*PLAN else { return };
    if planned == place && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *count {
        tracing::error!(place, "crash, as planned by a test");
        std::process::abort();
    }
}

/// Passes a place.
#[cfg(not(debug_assertions))]
pub(crate) const fn point(_: &str) {}

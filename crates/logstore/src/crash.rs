//! Places where a test may have the process end, as `kill -9` would end it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// With `FLOWLOGD_CRASH_AT=stored:3` the process ends when this place is reached for the third time; a test
/// sees then that nothing is lost or doubled. Only builds with debug assertions look.
pub(crate) fn at(place: &'static str) {
    static REACHED: Mutex<BTreeMap<&str, u64>> = Mutex::new(BTreeMap::new());
    if !cfg!(debug_assertions) {
        return;
    }
    let Ok(plan) = std::env::var("FLOWLOGD_CRASH_AT") else { return };
    let Some((planned, count)) = plan.split_once(':') else { return };
    if planned != place {
        return;
    }
    let mut reached = REACHED.lock().unwrap_or_else(PoisonError::into_inner);
    let times = reached.entry(place).or_default();
    *times += 1;
    if Ok(*times) == count.parse() {
        std::process::abort();
    }
}

//! The clock that nobody sets.
#![expect(unsafe_code, reason = "std has no interface to this clock")]

use std::io;
use std::mem::zeroed;
use std::time::Duration;

/// Returns how long ago the machine was started, the time that it slept included.
///
/// Unlike the wall clock, by which packets are stamped, it cannot be set.
pub fn boot_time() -> io::Result<Duration> {
    read(libc::CLOCK_BOOTTIME)
}

/// Returns how long the machine has slept since it was started.
pub(crate) fn time_asleep() -> io::Result<Duration> {
    // In this order the difference is never negative.
    let awake = read(libc::CLOCK_MONOTONIC)?;
    let asleep = boot_time()?.saturating_sub(awake);
    // Between the two readings nobody slept for long.
    Ok(if asleep < SHORTEST_SLEEP { Duration::ZERO } else { asleep })
}

/// Less is the time that a reading takes.
const SHORTEST_SLEEP: Duration = Duration::from_millis(100);

fn read(clock: libc::clockid_t) -> io::Result<Duration> {
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut time: libc::timespec = unsafe { zeroed() };
    // SAFETY: the structure is valid for writing.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // Neither is negative: the clock starts at 0.
    let secs = u64::try_from(time.tv_sec).unwrap_or_default();
    Ok(Duration::new(secs, u32::try_from(time.tv_nsec).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_and_includes_the_time_since_the_start() {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();

        let (first, second) = (boot_time().unwrap(), boot_time().unwrap());

        assert!(first <= second);
        // A container may count its own time in /proc: that is shorter.
        assert!(first.as_secs_f64() + 0.02 >= uptime, "{first:?} < {uptime}");
    }
}

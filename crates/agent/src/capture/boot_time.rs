//! The clock that nobody sets.
#![expect(unsafe_code, reason = "std has no interface to this clock")]

use std::io;
use std::mem::zeroed;
use std::time::Duration;

/// Returns how long ago the machine was started, the time that it slept included.
///
/// Unlike the wall clock, by which packets are stamped, it cannot be set.
pub fn boot_time() -> io::Result<Duration> {
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut time: libc::timespec = unsafe { zeroed() };
    // SAFETY: the structure is valid for writing.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) } != 0 {
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

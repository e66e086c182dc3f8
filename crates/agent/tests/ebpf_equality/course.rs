//! What all sequences of a batch have in common.

use flowlogd_agent::capture::ebpf::Timing;
use flowlogd_flowlog::WindowLength;

use crate::traffic::SECOND;

/// Time, windows and generations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    /// Time since boot at the beginning, in nanoseconds.
    pub(crate) start: u64,
    pub(crate) timing: Timing,
    pub(crate) length: WindowLength,
    /// Of the rules before the change; those after it have the next.
    pub(crate) generation: u16,
}

impl Course {
    /// Returns the second since boot so many after the beginning.
    pub(crate) fn tick_after(&self, seconds: u32) -> u64 {
        self.start / SECOND + u64::from(seconds)
    }

    /// Returns the wall clock's second.
    pub(crate) fn second(&self, now: u64) -> u64 {
        let Timing { offset, switch_at, next_offset } = self.timing;
        let offset = if now >= switch_at { next_offset } else { offset };
        now.saturating_add_signed(offset) / SECOND
    }
}

//! What a live source has beside its packets: a clock that never jumps, losses, and the device's counters; and the
//! source that counts by itself, in the kernel.

mod clock;
mod counted;
mod frames;
mod kernel_watch;
mod losses;
mod passed;

pub use clock::SteadyClock;
pub(crate) use counted::{Slots, drained};
pub use frames::mend_frames;
pub use kernel_watch::{KernelWatch, KernelWatchError};
pub use losses::Losses;
pub use passed::Passed;

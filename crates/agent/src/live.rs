//! What a live source has beside its packets: a clock that never jumps, losses, and the device's counters.

mod clock;
mod frames;
mod losses;
mod passed;

pub use clock::SteadyClock;
pub use frames::mend_frames;
pub use losses::Losses;
pub use passed::Passed;

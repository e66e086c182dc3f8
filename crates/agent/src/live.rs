//! What a live source has beside its packets: a clock that never jumps, losses, and the device's counters.

mod clock;
mod losses;
mod passed;

pub use clock::SteadyClock;
pub use losses::Losses;
pub use passed::Passed;

//! What a live source has beside its packets: a clock that never jumps, and losses.

mod clock;
mod losses;

pub use clock::SteadyClock;
pub use losses::Losses;

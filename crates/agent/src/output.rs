//! Closed windows → records in files: step 7 of `ARCHITECTURE.md`, as far as replay and looking on need it.

mod files;
mod recorder;
mod refusals;
mod renderer;

pub use files::{Destination, OutputError};
pub use recorder::Recorder;
pub use refusals::{Refusal, Refusals};
pub(crate) use renderer::Renderer;
pub use renderer::{Encoding, RecorderOptions, TrafficType, Written};

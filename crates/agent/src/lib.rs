//! Frames in, records out: capture and pipeline.
#![warn(missing_docs)]

pub mod capture;
pub mod client;
pub mod delivery;
mod engine;
pub mod explain;
mod ledger;
pub mod output;
mod pipeline;
mod queue;
pub mod spool;
mod timeline;

pub use engine::{Engine, EngineOptions, Rules};
pub use ledger::{InterfaceLedger, Ledger};
pub use queue::Refused;
pub use timeline::{Timeline, TimelineError};

//! Frames in, records out: capture and pipeline.
#![warn(missing_docs)]

pub mod attachment;
pub mod capture;
pub mod client;
pub mod config;
mod counter;
mod crash;
pub mod daemon;
pub mod delivery;
pub mod discover;
pub mod doctor;
pub mod dump;
mod engine;
pub mod explain;
pub mod journal;
pub mod lab;
mod ledger;
pub mod live;
pub mod netns;
pub mod output;
mod pipeline;
pub mod provision;
pub mod publish;
mod queue;
mod rtnetlink;
pub mod spool;
pub mod stored_records;
mod timeline;
mod windows;

pub use counter::{Books, Counter, Drained, Tables};
pub use engine::{Engine, EngineOptions, Rules};
pub use ledger::{InterfaceLedger, Ledger};
pub use queue::Refused;
pub use timeline::{Timeline, TimelineError};
pub use windows::{ClosedWindows, Standing, Windows};

//! The server: one HTTP door for EC2, Logs, IAM and STS, and what stands behind it.
//!
//! A call's way: [`http`] → `authenticate` → `dispatch` → `ops`, which authorize through [`Call`] and
//! change [`State`] in one transaction → the answer.

#![warn(missing_docs)]

mod authorize;
mod call;
mod config;
mod dispatch;
mod ids;
mod model;
mod ops;
mod state;
#[cfg(test)]
mod testing;

pub use call::{Call, Caller, Identity};
pub use config::{Config, Quotas};
pub use dispatch::{Answer, Body, Circumstances, Door, Service};
pub use state::{State, StateError};

//! The server: one HTTP door for EC2, Logs, IAM and STS, and what stands behind it.
//!
//! A call's way: [`http`] → `authenticate` → `dispatch` → `ops`, which authorize through [`Call`] and
//! change [`State`] in one transaction → the answer.

#![warn(missing_docs)]

mod accounts;
mod authenticate;
mod authorize;
pub mod backup;
mod call;
mod config;
pub mod data_directory;
mod dispatch;
pub mod http;
mod ids;
mod inventory;
mod last_uses;
mod line_formats;
mod model;
mod ops;
mod reports;
mod state;
#[cfg(test)]
mod testing;

pub use accounts::{AccountError, Credentials, RootCredentials, enroll, prepare};
pub use call::{Call, Caller, Identity};
pub use config::{Config, LogStoreConfig, Quotas};
pub use dispatch::{Answer, Body, Circumstances, Door, Service};
pub use line_formats::FlowLogLines;
pub use state::{State, StateError};

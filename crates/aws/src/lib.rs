//! The AWS wire: how requests are signed, written and read, and who may do what.
//!
//! Pure: bytes, times and secrets are handed in. Every service has a folder, every operation a file
//! with its request and its response as plain structs; [`codec`] turns them into what travels.

#![warn(missing_docs)]

pub mod arn;
pub mod codec;
pub mod ec2;
mod fault;
pub mod flowlogd;
pub mod iam;
pub mod logs;
mod one_line;
pub mod policy;
pub mod sigv4;
pub mod sts;
mod timestamp;

pub use arn::Arn;
pub use fault::{Fault, Protocol};
pub use timestamp::{Seconds, Timestamp};

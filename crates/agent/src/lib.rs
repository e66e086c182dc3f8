//! Frames in, records out: capture and pipeline.
#![warn(missing_docs)]

pub mod capture;

//! Records as text, JSON, gzip and Parquet.

mod gzip;
mod json;
mod parquet;
mod path;
mod text;
mod value;

#[cfg(test)]
mod worked_records;

pub use gzip::GzipMembers;
pub use parquet::{ParquetWriteError, ParquetWriter};

//! How much a client may ask of the server.

use std::time::Duration;

use serde::Deserialize;

/// Section `[server.limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a request's body, before and after decompression.
    pub body_bytes: usize,
    /// Bytes that the bodies of all requests larger than 64 KiB may take together, decompressed ones included; the
    /// next ones wait for their turn. Two of the largest always have room.
    pub memory_bytes: usize,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// Seconds that the headers may take to arrive.
    pub header_seconds: u32,
    /// Seconds that the body may take to arrive.
    pub body_seconds: u32,
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 16 << 20,
            memory_bytes: 256 << 20,
            header_bytes: 64 << 10,
            headers: 100,
            header_seconds: 10,
            body_seconds: 30,
            connections: 1024,
        }
    }
}

impl Limits {
    pub(super) fn header_time(&self) -> Duration {
        Duration::from_secs(self.header_seconds.into())
    }

    pub(super) fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds.into())
    }
}

//! The log store's part of the configuration.

use flowlogd_logstore::Settings;
use serde::Deserialize;

/// Section `[server.log_store]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogStoreConfig {
    /// Bytes of events of a log group from which on they are moved into segments. What was not moved yet has to be looked through by a search.
    pub drain_bytes: u64,
    /// Seconds after which they are moved, however few.
    pub drain_seconds: u32,
    /// Segments of a group, day and format that are merged into one.
    pub merge_segments: u32,
    /// Free bytes of the disk below which nothing new is stored; reading and deleting go on.
    pub free_bytes: u64,
    /// Bytes of a file that is given up where the disk is so full that even deleting finds no room.
    pub ballast_bytes: u64,
}

impl Default for LogStoreConfig {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            drain_bytes: settings.drain_bytes,
            drain_seconds: u32::try_from(settings.drain_age / 1000).unwrap_or(u32::MAX),
            merge_segments: u32::try_from(settings.compact_files).unwrap_or(u32::MAX),
            free_bytes: settings.floor,
            ballast_bytes: settings.ballast,
        }
    }
}

impl LogStoreConfig {
    /// What the store is told.
    pub fn settings(&self) -> Settings {
        Settings {
            drain_bytes: self.drain_bytes,
            drain_age: i64::from(self.drain_seconds) * 1000,
            // One is not merged with itself.
            compact_files: usize::try_from(self.merge_segments).unwrap_or(usize::MAX).max(2),
            floor: self.free_bytes,
            ballast: self.ballast_bytes,
            ..Settings::default()
        }
    }
}

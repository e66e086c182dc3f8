//! `DescribeLogStore`.

use serde::{Deserialize, Serialize};

/// Request of `DescribeLogStore`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DescribeLogStoreRequest {}

/// Answer of `DescribeLogStore`: how the log store stands, over all accounts and regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogStoreResponse {
    /// Log groups.
    pub groups: u64,
    /// Log streams.
    pub streams: u64,
    /// Events that are not in segments yet.
    pub blocks: BlockCount,
    /// Segments that are read.
    pub live_segments: SegmentCount,
    /// Segments that were replaced or have expired, and whose files are about to be removed.
    pub dead_segments: SegmentCount,
    /// Segments that were set aside as damaged.
    pub damaged_segments: SegmentCount,
    /// Live segments that are due to be merged.
    pub segments_to_merge: SegmentCount,
    /// Bytes of the database, its write-ahead log included.
    pub database_bytes: u64,
    /// Bytes of all files of the log store.
    pub directory_bytes: u64,
    /// Bytes of the disk that are free.
    pub free_bytes: u64,
    /// Free bytes below which events are refused.
    pub floor_bytes: u64,
    /// Whether events are refused for want of room.
    pub refusing: bool,
    /// What was found damaged since the server's start, one line each.
    pub damage_met: Vec<String>,
}

/// Blocks of the log store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockCount {
    /// How many.
    pub count: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// Bytes of their events.
    pub raw_bytes: u64,
    /// Milliseconds since the oldest came; absent without blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_age: Option<i64>,
}

/// Segments of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentCount {
    /// How many.
    pub count: u64,
    /// Bytes of their files.
    pub bytes: u64,
    /// Their events.
    pub events: u64,
    /// Bytes of their events' messages.
    pub message_bytes: u64,
    /// Bytes of the files for each event; absent without events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_event: Option<f64>,
}

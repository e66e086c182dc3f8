//! What a store can be told.

/// Sizes and times; the defaults are those that were measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of events in blocks from which on a group is drained into segments (`semantics.md` 30).
    pub drain_bytes: u64,
    /// Milliseconds after which blocks are drained, however few.
    pub drain_age: i64,
    /// Segments of a group, day, format and level that are merged into one.
    pub compact_files: usize,
    /// Events of a slice of a segment at most: what a search opens for its next event, and what merging has in
    /// memory of each segment.
    pub slice_events: usize,
    /// Milliseconds between two looks for what has expired or was deleted.
    pub sweep_every: i64,
    /// Milliseconds for which the file of a segment that was replaced stays, for who is reading it.
    pub grace: i64,
    /// Free bytes of the disk below which nothing new is stored.
    pub floor: u64,
    /// Bytes of the file that is given up when the disk is full.
    pub ballast: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            drain_bytes: 32 << 20,
            drain_age: 3_600_000,
            compact_files: 8,
            slice_events: 65_536,
            sweep_every: 60_000,
            grace: 15 * 60_000,
            floor: 64 << 20,
            ballast: 64 << 20,
        }
    }
}

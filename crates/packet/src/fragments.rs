//! The ports of a fragmented datagram.

/// Remembers the ports of first fragments for those that follow.
#[derive(Debug)]
pub struct FragmentPorts {
    capacity: usize,
}

impl FragmentPorts {
    /// How long a later fragment may follow its first, in seconds (`semantics.md` 14).
    pub const LIFETIME: u64 = 30;

    /// Creates an empty table that holds at most `capacity` datagrams.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity }
    }
}

//! Many frames at once: the unit in which captures are read and packets are spread over threads.

use flowlogd_packet::{FrameDirection, LinkType};

/// Where one frame lies in its chunk, and what the capture says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRef {
    /// Seconds since 1970 (a timestamp before that is the reader's to refuse).
    pub secs: u64,
    /// Nanoseconds within the second.
    pub nanos: u32,
    /// First byte of the frame in [`Chunk::bytes`].
    pub offset: u32,
    /// Bytes captured.
    pub captured: u32,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// What its first header is.
    pub link_type: LinkType,
    /// Direction, where the capture file says it.
    pub direction: Option<FrameDirection>,
}

/// A buffer of capture file and the frames that lie wholly in it, in order.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes as read.
    pub bytes: Vec<u8>,
    /// The frames.
    pub frames: Vec<FrameRef>,
}

impl Chunk {
    /// Returns the captured bytes of a frame of this chunk.
    pub fn frame(&self, frame: &FrameRef) -> &[u8] {
        let start = frame.offset as usize;
        self.bytes.get(start..start + frame.captured as usize).unwrap_or_default()
    }
}

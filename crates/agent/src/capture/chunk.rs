//! Many frames at once: the unit in which captures are read and packets are spread over threads.

use std::num::NonZeroU16;
use std::time::Duration;

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
    /// The packets it stands for, where the kernel tells of segmentation offload; never in a file.
    pub gso: Option<Gso>,
}

impl FrameRef {
    /// Returns when the packet was captured, since 1970.
    pub const fn time(&self) -> Duration {
        Duration::new(self.secs, self.nanos)
    }
}

// One is written per packet: two to a cache line.
const _: () = assert!(size_of::<FrameRef>() == 32);

/// A frame that the network stack handled whole and the wire carries (or carried) in pieces.
///
/// Flow logs count what is on the wire: `segments` packets, and the frame's IP bytes plus
/// [`extra_bytes`](Self::extra_bytes), because every piece has headers of its own
/// (live-capture.md §6, "GSO super-packets").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gso {
    /// Packets on the wire.
    pub segments: NonZeroU16,
    /// Bytes of IP and transport header that each of them repeats.
    pub header_len: u16,
}

impl Gso {
    /// Returns the header bytes on the wire that the frame itself does not have.
    pub fn extra_bytes(self) -> u32 {
        u32::from(self.segments.get() - 1) * u32::from(self.header_len)
    }
}

/// A buffer of capture file and the frames that lie wholly in it, in order.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes as read; what no frame covers is headers, or left over from an earlier chunk.
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

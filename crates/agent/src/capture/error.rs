//! Why a capture cannot be read, or not to its end.

use std::io;

use super::reader::MAX_CAPTURED;

/// Why a capture cannot be read, or not to its end.
///
/// All but [`Broken`](Self::Broken) and [`Read`](Self::Read) come before any frame was delivered.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The path names nothing.
    #[error("no such file: {file}")]
    Missing {
        /// As the user named it.
        file: String,
    },
    /// The path names a directory.
    #[error("{file} is a directory, not a capture file")]
    Directory {
        /// As the user named it.
        file: String,
    },
    /// The file may not be read by this user.
    #[error("no permission to read {file}")]
    NotPermitted {
        /// As the user named it.
        file: String,
    },
    /// The file cannot be opened for another reason.
    #[error("cannot open {file}")]
    Open {
        /// As the user named it.
        file: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// There is not one byte in the file (or in what it unpacks to).
    #[error("{file} is empty")]
    Empty {
        /// As the user named it.
        file: String,
    },
    /// The file does not start as a capture does.
    #[error(
        "unknown format: {file} starts with {start}; pcap and pcapng are read, \
         as they are or compressed with gzip or zstd"
    )]
    UnknownFormat {
        /// As the user named it.
        file: String,
        /// Its first bytes, and what they look like.
        start: String,
    },
    /// No packet of the capture has a link type that can be read.
    #[error(
        "{file} has link type {number} ({name}), which is not read; Ethernet, raw IP, \
         BSD loopback and Linux cooked captures are"
    )]
    UnsupportedLinkType {
        /// As the user named it.
        file: String,
        /// Number in the list of tcpdump.org.
        number: u16,
        /// What the list calls it.
        name: &'static str,
    },
    /// From here on the file contradicts its format. Every frame before it was delivered.
    #[error("{file} is broken at byte {offset}: {fault}")]
    Broken {
        /// As the user named it.
        file: String,
        /// Where the faulty record or block starts, after decompression.
        offset: u64,
        /// What is wrong there.
        fault: Fault,
    },
    /// The operating system failed to read on. Every frame before it was delivered.
    #[error("cannot read {file} beyond byte {offset}")]
    Read {
        /// As the user named it.
        file: String,
        /// Bytes read until then, after decompression.
        offset: u64,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

/// What is wrong with a broken file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file ends inside a record or block.
    #[error("cut off: needs {needed} bytes, {present} are there")]
    CutOff {
        /// Its length, as far as what is there tells it.
        needed: u64,
        /// Bytes of it that are there.
        present: u64,
    },
    /// The compressed data ends too early; the offset is what it gave so far.
    #[error("{compression} data cut off")]
    CompressionCutOff {
        /// `gzip` or `zstd`.
        compression: &'static str,
    },
    /// The compressed data contradicts itself; the offset is what it gave so far.
    #[error("{compression} data damaged: {detail}")]
    Compression {
        /// `gzip` or `zstd`.
        compression: &'static str,
        /// What the decompressor says.
        detail: String,
    },
    /// A pcap file of an unknown version.
    #[error("pcap version {major}.{minor}, where 2.4 is read")]
    PcapVersion {
        /// As in the file.
        major: u16,
        /// As in the file.
        minor: u16,
    },
    /// A pcapng section of an unknown version.
    #[error("pcapng version {major}.{minor}, where 1.0 is read")]
    SectionVersion {
        /// As in the file.
        major: u16,
        /// As in the file.
        minor: u16,
    },
    /// A section header that does not tell its byte order.
    #[error("byte-order magic 0x{0:08x}, where 0x1a2b3c4d is expected in either order")]
    ByteOrder(u32),
    /// A packet longer than any capture holds.
    #[error("a packet of {0} bytes, where at most {MAX_CAPTURED} can be")]
    Oversized(u32),
    /// A block length that no block of its type can have.
    #[error("block length {length}, where a multiple of 4 and at least {least} is needed")]
    BlockLength {
        /// As in the file.
        length: u32,
        /// The least for its type.
        least: u32,
    },
    /// A block that should be held in memory whole, and is too long for that.
    #[error("a block of {length} bytes of type {kind}, where at most {most} can be")]
    BlockTooLong {
        /// As in the file.
        length: u32,
        /// Block type.
        kind: u32,
        /// The most for its type.
        most: u32,
    },
    /// A block says two different lengths.
    #[error("block length {head} at its start and {tail} at its end")]
    BlockLengths {
        /// At its start.
        head: u32,
        /// At its end.
        tail: u32,
    },
    /// A packet that is longer than the block it is in.
    #[error("a packet of {captured} bytes in a block with room for {room}")]
    PacketBeyondBlock {
        /// Bytes captured, as in the file.
        captured: u32,
        /// Bytes between the block's header and its end.
        room: u32,
    },
    /// A packet of an interface that its section does not describe.
    #[error("a packet of interface {number}, where the section describes {known}")]
    UnknownInterface {
        /// As in the file, counted from 0.
        number: u32,
        /// Interfaces described so far.
        known: usize,
    },
    /// An interface option that does not end in its block.
    #[error("an interface option that runs past the end of its block")]
    OptionBeyondBlock,
    /// More interfaces than are kept.
    #[error("more than {0} interfaces in one section")]
    TooManyInterfaces(usize),
}

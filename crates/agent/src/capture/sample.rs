//! Captures to test with, made byte by byte, and a way to read them.

use std::io::{self, Read};
use std::path::Path;

use flowlogd_packet::{FrameDirection, LinkType};

use super::{CaptureError, CaptureReader, Chunk, Progress, Skipped};

/// A byte order to write in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

pub(super) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub(super) fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(super) fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub(super) fn i64(self, number: i64) -> [u8; 8] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    /// Writes 32-bit fields.
    pub(super) fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| self.u32(word)).collect()
    }
}

pub(super) fn pcap_header(order: Order, magic: u32, snap_len: u32, link: u32) -> Vec<u8> {
    let mut header = order.u32(magic).to_vec();
    header.extend([order.u16(2), order.u16(4)].concat());
    header.extend(order.words(&[0, 0, snap_len, link]));
    header
}

pub(super) fn pcap_record(
    order: Order,
    secs: u32,
    fraction: u32,
    data: &[u8],
    wire_len: u32,
) -> Vec<u8> {
    let mut record = order.words(&[secs, fraction, len(data), wire_len]);
    record.extend(data);
    record
}

/// Writes blocks of a pcapng section.
pub(super) struct Section(pub(super) Order);

impl Section {
    pub(super) fn header(&self) -> Vec<u8> {
        let mut body = self.0.u32(0x1a2b_3c4d).to_vec();
        body.extend([self.0.u16(1), self.0.u16(0)].concat());
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    pub(super) fn interface(&self, link: u16, snap_len: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = [self.0.u16(link), [0; 2]].concat();
        body.extend(self.0.u32(snap_len));
        body.extend(self.options(options));
        self.block(1, &body)
    }

    pub(super) fn packet(
        &self,
        interface: u32,
        units: u64,
        data: &[u8],
        wire_len: u32,
        options: &[(u16, &[u8])],
    ) -> Vec<u8> {
        let (high, low) = ((units >> 32) as u32, (units & 0xffff_ffff) as u32);
        let mut body = self.0.words(&[interface, high, low, len(data), wire_len]);
        body.extend(padded(data));
        body.extend(self.options(options));
        self.block(6, &body)
    }

    pub(super) fn simple(&self, data: &[u8], wire_len: u32) -> Vec<u8> {
        let mut body = self.0.u32(wire_len).to_vec();
        body.extend(padded(data));
        self.block(3, &body)
    }

    pub(super) fn block(&self, kind: u32, body: &[u8]) -> Vec<u8> {
        let length = len(body) + 12;
        let mut block = self.0.words(&[kind, length]);
        block.extend(body);
        block.extend(self.0.u32(length));
        block
    }

    fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(
                [self.0.u16(*code), self.0.u16(u16::try_from(value.len()).unwrap())].concat(),
            );
            bytes.extend(padded(value));
        }
        if !options.is_empty() {
            bytes.extend([0; 4]);
        }
        bytes
    }
}

/// What there is to know of a frame, wherever it lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) time: (u64, u32),
    pub(super) bytes: Vec<u8>,
    pub(super) wire_len: u32,
    pub(super) link_type: LinkType,
    pub(super) direction: Option<FrameDirection>,
}

/// What reading a capture to its end gave.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) frames: Vec<Frame>,
    pub(super) error: Option<CaptureError>,
    pub(super) skipped: Skipped,
    /// The longest that the buffer became.
    pub(super) buffer: usize,
}

impl Outcome {
    pub(super) fn times(&self) -> Vec<(u64, u32)> {
        self.frames.iter().map(|frame| frame.time).collect()
    }

    pub(super) fn message(&self) -> String {
        self.error.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// Reads a capture in one piece.
pub(super) fn read(bytes: Vec<u8>) -> Outcome {
    drain(CaptureReader::new(Box::new(io::Cursor::new(bytes)), "sample"))
}

/// Reads a capture in chunks and pieces of the given sizes.
pub(super) fn read_in(bytes: Vec<u8>, chunk_size: usize, pieces: Vec<usize>) -> Outcome {
    let reader = Trickle { bytes, at: 0, pieces: pieces.into_iter().cycle() };
    let reader = CaptureReader::new(Box::new(reader), "sample");
    drain(reader.map(|reader| reader.with_chunk_size(chunk_size)))
}

pub(super) fn read_file(path: &Path) -> Outcome {
    drain(CaptureReader::open(path))
}

pub(super) fn drain(reader: Result<CaptureReader, CaptureError>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return Outcome { error: Some(error), ..outcome },
    };
    let mut chunk = Chunk::default();
    loop {
        match reader.next_chunk(&mut chunk) {
            Ok(Progress::Frames) => assert!(!chunk.frames.is_empty()),
            Ok(Progress::End) => break,
            Err(error) => {
                assert!(outcome.error.is_none(), "an error is told once");
                outcome.error = Some(error);
            }
        }
        outcome.buffer = outcome.buffer.max(chunk.bytes.len());
        outcome.frames.extend(chunk.frames.iter().map(|frame| Frame {
            time: (frame.secs, frame.nanos),
            bytes: chunk.frame(frame).to_vec(),
            wire_len: frame.wire_len,
            link_type: frame.link_type,
            direction: frame.direction,
        }));
    }
    assert!(chunk.frames.is_empty(), "nothing is left in the chunk at the end");
    outcome.skipped = reader.skipped();
    outcome
}

/// Gives no more than the next size of `pieces` at a time.
struct Trickle<I> {
    bytes: Vec<u8>,
    at: usize,
    pieces: I,
}

impl<I: Iterator<Item = usize>> Read for Trickle<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let size = self.pieces.next().unwrap_or(1).min(buffer.len()).min(rest.len());
        buffer[..size].copy_from_slice(&rest[..size]);
        self.at += size;
        Ok(size)
    }
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.resize(data.len().next_multiple_of(4), 0);
    padded
}

fn len(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap()
}

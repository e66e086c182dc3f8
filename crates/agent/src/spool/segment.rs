//! One commit, as a file.
//!
//! ```text
//! "FLSPOOL1" | length of the header: u32 | CRC-32 of the header: u32 | header: JSON | bodies
//! ```
//!
//! Numbers are little-endian. The bodies follow each other in the order of the header's batches, each
//! compressed by zstd for itself. A body is a run of events: timestamp (i64), packets (u64), length of
//! the message (u32), message.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::batch::Place;
use super::{Batch, Event, QueueId, ReadError, SpoolError};

/// Batches that a segment may have.
pub(super) const MAX_BATCHES: usize = 1 << 16;
const MAGIC: &[u8; 8] = b"FLSPOOL1";
const PREFIX: usize = 16;
/// Level 1 keeps up with the wire; records shrink to a fifth.
const LEVEL: i32 = 1;
const EVENT_PREFIX: usize = 20;
/// The greatest number that a batch, or a segment, can have: nothing that is counted up gets there.
pub(super) const MAX_NUMBER: u64 = 1 << 62;
/// What a batch's entry in the index may take.
const INDEX_ENTRY: u64 = 1024;
/// What the file system hands out.
const BLOCK: u64 = 4096;

/// What a segment says of its batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The queues that the batches belong to.
    pub(super) queues: Vec<HeaderQueue>,
    pub(super) batches: Vec<HeaderBatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeaderQueue {
    pub(super) queue: QueueId,
    pub(super) producer: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeaderBatch {
    /// Index into the queues.
    pub(super) queue: usize,
    pub(super) number: u64,
    pub(super) log_group: String,
    pub(super) log_stream: String,
    pub(super) interface: String,
    pub(super) records: u64,
    pub(super) packets: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) created: i64,
    pub(super) stored: u32,
    pub(super) raw: u32,
    pub(super) checksum: u32,
    /// Which of the bodies handed in it is.
    #[serde(skip)]
    pub(super) body: usize,
}

impl Header {
    /// Returns the place of every batch, given the length of the header in the file.
    pub(super) fn places(&self, segment: u64, head: u64) -> impl Iterator<Item = Place> {
        let mut offset = head;
        self.batches.iter().map(move |batch| {
            let HeaderBatch { stored, raw, checksum, .. } = *batch;
            let place = Place { segment, offset, stored, raw, checksum };
            offset += u64::from(stored);
            place
        })
    }
}

/// Compressed bodies of batches.
pub(super) struct Bodies(Vec<Body>);

pub(super) struct Body {
    pub(super) compressed: Vec<u8>,
    pub(super) raw: u32,
    pub(super) checksum: u32,
}

impl Bodies {
    pub(super) fn encode(batches: &[Batch]) -> Result<Self, SpoolError> {
        let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(SpoolError::Compress)?;
        let mut raw = Vec::new();
        let mut bodies = Vec::with_capacity(batches.len());
        for batch in batches {
            raw.clear();
            for event in &batch.events {
                let length =
                    u32::try_from(event.message.len()).map_err(|_| SpoolError::BatchTooLarge)?;
                raw.extend_from_slice(&event.timestamp.to_le_bytes());
                raw.extend_from_slice(&event.packets.to_le_bytes());
                raw.extend_from_slice(&length.to_le_bytes());
                raw.extend_from_slice(event.message.as_bytes());
            }
            let compressed = compressor.compress(&raw).map_err(SpoolError::Compress)?;
            if u32::try_from(compressed.len()).is_err() {
                return Err(SpoolError::BatchTooLarge);
            }
            let raw = u32::try_from(raw.len()).map_err(|_| SpoolError::BatchTooLarge)?;
            let checksum = checksum(&compressed);
            bodies.push(Body { compressed, raw, checksum });
        }
        Ok(Self(bodies))
    }

    pub(super) fn get(&self, index: usize) -> Option<&Body> {
        self.0.get(index)
    }

    /// Returns the bodies that the batches of a header are.
    pub(super) fn of(&self, header: &Header) -> Vec<&[u8]> {
        let bodies = header.batches.iter().filter_map(|batch| self.0.get(batch.body));
        bodies.map(|body| body.compressed.as_slice()).collect()
    }
}

/// Returns what a segment of `length` bytes counts against the bound.
pub(super) fn footprint(length: usize, batches: usize) -> u64 {
    (length as u64).next_multiple_of(BLOCK) + batches as u64 * INDEX_ENTRY
}

/// Returns the bytes of a segment before its bodies.
pub(super) fn encode_header(header: &Header) -> Result<Vec<u8>, SpoolError> {
    let json = serde_json::to_vec(header)?;
    let length = u32::try_from(json.len()).map_err(|_| SpoolError::BatchTooLarge)?;
    let mut head = Vec::with_capacity(PREFIX + json.len());
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&length.to_le_bytes());
    head.extend_from_slice(&checksum(&json).to_le_bytes());
    head.extend_from_slice(&json);
    Ok(head)
}

/// A header as it is in a file.
pub(super) struct Stored {
    pub(super) header: Header,
    /// Bytes before the bodies.
    pub(super) head: u64,
    /// Bytes of the file.
    pub(super) length: usize,
}

/// Reads the header of a segment. Nothing where the file is not what was committed; what an error
/// tells is the disk's.
pub(super) fn read_header(path: &Path) -> io::Result<Option<Stored>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut prefix = [0; PREFIX];
    if length < PREFIX as u64 {
        return Ok(None);
    }
    file.read_exact(&mut prefix)?;
    let Some((magic, rest)) = prefix.split_first_chunk::<8>() else { return Ok(None) };
    let (Some(json_length), Some(expected)) = (u32_at(rest, 0), u32_at(rest, 4)) else {
        return Ok(None);
    };
    let head = PREFIX as u64 + u64::from(json_length);
    if magic != MAGIC || head > length {
        return Ok(None);
    }
    let mut json = vec![0; json_length as usize];
    file.read_exact(&mut json)?;
    if checksum(&json) != expected {
        return Ok(None);
    }
    let Ok(header) = serde_json::from_slice::<Header>(&json) else { return Ok(None) };
    let bodies: u64 = header.batches.iter().map(|batch| u64::from(batch.stored)).sum();
    let known = header.batches.iter().all(|batch| {
        let most = u64::from(batch.raw) / EVENT_PREFIX as u64;
        batch.queue < header.queues.len() && batch.number <= MAX_NUMBER && batch.records <= most
    });
    let Ok(bytes) = usize::try_from(length) else { return Ok(None) };
    Ok((known && head + bodies == length).then_some(Stored { header, head, length: bytes }))
}

/// Reads the body of a batch.
pub(super) fn read_body(path: &Path, place: &Place) -> Result<Vec<Event>, ReadError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::Gone),
        other => other?,
    };
    let mut compressed = vec![0; place.stored as usize];
    match file.read_exact_at(&mut compressed, place.offset) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(ReadError::Damaged);
        }
        other => other?,
    }
    if checksum(&compressed) != place.checksum {
        return Err(ReadError::Damaged);
    }
    let raw =
        zstd::bulk::decompress(&compressed, place.raw as usize).map_err(|_| ReadError::Damaged)?;
    decode_events(&raw).ok_or(ReadError::Damaged)
}

fn decode_events(mut raw: &[u8]) -> Option<Vec<Event>> {
    let mut events = Vec::new();
    while !raw.is_empty() {
        let (prefix, rest) = raw.split_at_checked(EVENT_PREFIX)?;
        let (timestamp, prefix) = prefix.split_first_chunk::<8>()?;
        let (packets, prefix) = prefix.split_first_chunk::<8>()?;
        let (message, rest) = rest.split_at_checked(u32_at(prefix, 0)? as usize)?;
        events.push(Event {
            timestamp: i64::from_le_bytes(*timestamp),
            message: std::str::from_utf8(message).ok()?.to_owned(),
            packets: u64::from_le_bytes(*packets),
        });
        raw = rest;
    }
    Some(events)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

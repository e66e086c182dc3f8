//! Blocks: events of one stream, compressed together.

use std::sync::{Mutex, PoisonError};

use zstd::bulk::Compressor;

use crate::{InputEvent, StoreError};

/// Bytes that a block may have before compression; a batch has hardly more.
const MAX_RAW: usize = 64 << 20;

/// Compresses events: timestamps as differences, then lengths and messages.
pub fn encode(events: &[InputEvent]) -> Result<(Vec<u8>, usize), StoreError> {
    let size: usize = events.iter().map(|event| event.message.len() + 12).sum();
    let mut raw = Vec::with_capacity(size);
    let mut last = 0;
    for event in events {
        raw.extend((event.timestamp - last).to_le_bytes());
        last = event.timestamp;
        let length = u32::try_from(event.message.len()).unwrap_or(u32::MAX);
        raw.extend(length.to_le_bytes());
        raw.extend(event.message.as_bytes());
    }
    let body = compress(&raw)?;
    Ok((body, raw.len()))
}

/// Compressors at rest: making one costs more than compressing a small block with it.
static COMPRESSORS: Mutex<Vec<Compressor<'static>>> = Mutex::new(Vec::new());
/// More are not kept; each has about a megabyte.
const KEPT: usize = 4;

fn compress(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let kept = || COMPRESSORS.lock().unwrap_or_else(PoisonError::into_inner);
    let pooled = kept().pop();
    let mut compressor = if let Some(compressor) = pooled {
        compressor
    } else {
        let mut compressor = Compressor::new(1)?;
        compressor.include_checksum(true)?;
        compressor
    };
    let body = compressor.compress(raw)?;
    let mut kept = kept();
    if kept.len() < KEPT {
        kept.push(compressor);
    }
    Ok(body)
}

/// Reads a block back.
pub fn decode(body: &[u8], raw_bytes: usize) -> Result<Vec<InputEvent>, StoreError> {
    let damaged = || StoreError::Damaged("a block cannot be read".to_owned());
    if raw_bytes > MAX_RAW {
        return Err(damaged());
    }
    let raw = zstd::bulk::decompress(body, raw_bytes).map_err(|_| damaged())?;
    let mut rest = raw.as_slice();
    let mut events = Vec::new();
    let mut last = 0_i64;
    while !rest.is_empty() {
        let (difference, after) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (length, after) = after.split_first_chunk().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| damaged())?;
        let (message, after) = after.split_at_checked(length).ok_or_else(damaged)?;
        last = last.checked_add(i64::from_le_bytes(*difference)).ok_or_else(damaged)?;
        let message = String::from_utf8(message.to_vec()).map_err(|_| damaged())?;
        events.push(InputEvent { timestamp: last, message });
        rest = after;
    }
    Ok(events)
}

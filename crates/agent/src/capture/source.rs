//! The bytes of a capture: a file or a stream, unpacked on the way.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::error::{CaptureError, Fault};

/// Compressed bytes are read in pieces of this size.
const COMPRESSED_BUFFER: usize = 256 * 1024;

/// A file may be compressed twice; what is more is somebody's test of us.
const MAX_LAYERS: usize = 2;

/// Where the bytes of a capture come from.
pub(super) struct Source {
    reader: Box<dyn Read + Send>,
    compression: Option<&'static str>,
    position: Arc<AtomicU64>,
    /// Met behind bytes that had to be delivered first.
    failed: Option<io::Error>,
    pub(super) size: Option<u64>,
    pub(super) arrival: Arrival,
    pub(super) at_end: bool,
}

/// When a chunk is worth delivering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A file: when it is full.
    AtOnce,
    /// A pipe, whose writer may be a live capture: as soon as there is something in it.
    AsItComes,
}

impl Source {
    /// Opens a file, or a named pipe.
    pub(super) fn open(path: &Path, name: &str) -> Result<Self, CaptureError> {
        let file = || name.to_owned();
        let opened = File::open(path).map_err(|source| {
            if source.kind() == ErrorKind::NotFound {
                CaptureError::Missing { file: file() }
            } else if source.kind() == ErrorKind::PermissionDenied {
                CaptureError::NotPermitted { file: file() }
            } else {
                CaptureError::Open { file: file(), source }
            }
        })?;
        let metadata =
            opened.metadata().map_err(|source| CaptureError::Open { file: file(), source })?;
        if metadata.is_dir() {
            return Err(CaptureError::Directory { file: file() });
        }

        let (size, arrival) = if metadata.is_file() {
            (Some(metadata.len()), Arrival::AtOnce)
        } else {
            (None, Arrival::AsItComes)
        };
        Self::new(Box::new(opened), size, arrival, name)
    }

    /// Looks at the first bytes of `reader`, and unpacks it if it is compressed.
    pub(super) fn new(
        reader: Box<dyn Read + Send>,
        size: Option<u64>,
        arrival: Arrival,
        name: &str,
    ) -> Result<Self, CaptureError> {
        let position = Arc::new(AtomicU64::new(0));
        let counted = Counted { reader, position: Arc::clone(&position) };
        let mut source = Self {
            reader: Box::new(counted),
            compression: None,
            position,
            failed: None,
            size,
            arrival,
            at_end: false,
        };

        for _ in 0..MAX_LAYERS {
            let start = source.start(4, name)?;
            let compression = compression(&start);
            source.put_back(start);
            let Some(compression) = compression else { break };
            source.unpack(compression, name)?;
        }
        Ok(source)
    }

    /// Returns how many bytes of the file, as it lies on the disk, have been read.
    pub(super) fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Reads the first bytes, fewer than `count` only at the end.
    pub(super) fn start(&mut self, count: usize, name: &str) -> Result<Vec<u8>, CaptureError> {
        let mut start = vec![0; count];
        let mut there = 0;
        while let Some(free) = start.get_mut(there..).filter(|free| !free.is_empty()) {
            let read = self.read(free).map_err(|error| self.error(error, there as u64, name))?;
            if read == 0 {
                break;
            }
            there += read;
        }
        start.truncate(there);
        Ok(start)
    }

    /// Reads into `free` as much as is worth waiting for, and returns how much that is.
    pub(super) fn fill(&mut self, free: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        while let Some(rest) = free.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let read = match self.read(rest) {
                Ok(read) => read,
                Err(error) if filled > 0 => {
                    self.failed = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            };
            filled += read;
            if read == 0 || self.arrival == Arrival::AsItComes {
                break;
            }
        }
        Ok(filled)
    }

    /// Turns what `read` failed with, `offset` bytes into the stream, into an error of the file.
    pub(super) fn error(&self, error: io::Error, offset: u64, name: &str) -> CaptureError {
        let file = name.to_owned();
        let fault = match (self.compression, error.kind()) {
            (Some(compression), ErrorKind::UnexpectedEof) => {
                Fault::CompressionCutOff { compression }
            }
            // A decompressor's own errors have no number; those of the file below it have.
            (Some(compression), _) if error.raw_os_error().is_none() => {
                Fault::Compression { compression, detail: error.to_string() }
            }
            _ => return CaptureError::Read { file, offset, source: error },
        };
        CaptureError::Broken { file, offset, fault }
    }

    fn read(&mut self, free: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(free) {
                Ok(read) => {
                    self.at_end = read == 0;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn put_back(&mut self, start: Vec<u8>) {
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(Cursor::new(start).chain(reader));
        self.at_end = false;
    }

    fn unpack(&mut self, compression: Compression, name: &str) -> Result<(), CaptureError> {
        let packed = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        let packed = BufReader::with_capacity(COMPRESSED_BUFFER, packed);
        match compression {
            Compression::Gzip => {
                self.compression = Some("gzip");
                self.reader = Box::new(MultiGzDecoder::new(packed));
            }
            Compression::Zstd => {
                let decoder = zstd::Decoder::with_buffer(packed)
                    .map_err(|source| CaptureError::Open { file: name.to_owned(), source })?;
                self.compression = Some("zstd");
                self.reader = Box::new(decoder);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

/// Returns what a file that starts so is compressed with.
fn compression(start: &[u8]) -> Option<Compression> {
    match start {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // A frame, or a skippable one, with which parallel compressors begin.
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Compression::Zstd),
        _ => None,
    }
}

/// Counts what is read from the file itself.
struct Counted {
    reader: Box<dyn Read + Send>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

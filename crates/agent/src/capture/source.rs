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
        let opened = File::open(path).map_err(|source| not_opened(source, file()))?;
        let metadata = opened.metadata().map_err(|source| not_opened(source, file()))?;
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
                self.reader = Box::new(Piecewise::new(MultiGzDecoder::new(packed)));
            }
            Compression::Zstd => {
                let decoder = zstd::Decoder::with_buffer(packed)
                    .map_err(|source| CaptureError::Open { file: name.to_owned(), source })?;
                self.compression = Some("zstd");
                self.reader = Box::new(Piecewise::new(decoder));
            }
        }
        Ok(())
    }
}

/// Returns what to tell the user of a file that the operating system does not open.
fn not_opened(source: io::Error, file: String) -> CaptureError {
    if source.kind() == ErrorKind::NotFound {
        CaptureError::Missing { file }
    } else if source.kind() == ErrorKind::PermissionDenied {
        CaptureError::NotPermitted { file }
    } else {
        CaptureError::Open { file, source }
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

/// Asks a decompressor for little at a time: one that fails takes what it had made in that call with it.
struct Piecewise<R> {
    decompressor: R,
    failed: Option<io::Error>,
}

/// So much can be lost before a damaged place; smaller pieces cost more calls.
const PIECE: usize = 4096;

impl<R: Read> Piecewise<R> {
    fn new(decompressor: R) -> Self {
        Self { decompressor, failed: None }
    }
}

impl<R: Read> Read for Piecewise<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut filled = 0;
        for piece in buffer.chunks_mut(PIECE) {
            match self.decompressor.read(piece) {
                Ok(made) => {
                    filled += made;
                    // Perhaps there will be more, but what there is need not wait for it.
                    if made < piece.len() {
                        break;
                    }
                }
                Err(error) if filled > 0 => {
                    self.failed = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::atomic::AtomicBool;

    use flate2::Compression as Level;
    use flate2::write::GzEncoder;

    use super::super::sample::{Order, pcap_header, pcap_record, read, read_file};
    use super::super::{CaptureReader, Chunk, Progress};
    use super::*;

    /// 200 records of 116 bytes.
    fn capture() -> Vec<u8> {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, 65_535, 1);
        for index in 0..200_u8 {
            file.extend(pcap_record(Order::Little, index.into(), 0, &[index; 100], 100));
        }
        file
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 1).unwrap()
    }

    #[test]
    fn a_packed_capture_gives_the_frames_of_the_plain_one() {
        let (plain, skippable) = (capture(), b"\x50\x2a\x4d\x18\x03\0\0\0abc");
        let (first, second) = plain.split_at(1000);

        for packed in [
            gzip(&plain),
            zstd(&plain),
            [gzip(first), gzip(second)].concat(),
            [zstd(first), zstd(second)].concat(),
            [skippable.to_vec(), zstd(&plain)].concat(),
            gzip(&zstd(&plain)),
        ] {
            let outcome = read(packed);

            assert!(outcome.error.is_none(), "{:?}", outcome.error);
            assert_eq!(outcome.frames, read(plain.clone()).frames);
        }
    }

    #[test]
    fn a_packed_capture_that_is_cut_off_is_read_as_far_as_it_goes() {
        for (packed, fault) in
            [(gzip(&capture()), "gzip data cut off"), (zstd(&capture()), "zstd data cut off")]
        {
            let half = packed.len() / 2;

            let outcome = read(packed.into_iter().take(half).collect());

            let error = outcome.error.expect("half a file").to_string();
            assert!(error.starts_with("sample is broken at byte "), "{error}");
            assert!(error.ends_with(fault), "{error}");
            assert!(outcome.frames.len() < 200);
        }
        let packed = gzip(&capture());
        let outcome = read(packed.iter().copied().take(packed.len() - 8).collect());
        assert_eq!(outcome.frames.len(), 200, "only the checksum is missing");
        assert_eq!(
            outcome.error.map(|error| error.to_string()).as_deref(),
            Some("sample is broken at byte 23224: gzip data cut off")
        );
    }

    #[test]
    fn damaged_packing_is_a_fault_at_the_place_where_it_stops() {
        let mut packed = gzip(&capture());
        let checksum = packed.len() - 8;
        packed[checksum] ^= 1;

        let outcome = read(packed);

        assert_eq!(outcome.frames.len(), 200);
        let error = outcome.error.expect("a wrong checksum").to_string();
        assert!(
            error.starts_with("sample is broken at byte 23224: gzip data damaged: "),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_capture_is_told_by_what_it_starts_with() {
        for (bytes, start) in [
            (vec![0; 1 << 20], "00 00 00 00 00 00 00 00"),
            (b"a,b\n".to_vec(), "61 2c 62 0a"),
            (b"version account-id".to_vec(), "76 65 72 73 69 6f 6e 20 (\"version \")"),
            (b"BZh91AY".to_vec(), "42 5a 68 39 31 41 59 (bzip2)"),
            (gzip(&gzip(&gzip(&capture()))), "1f 8b 08 00 00 00 00 00 (gzip within gzip)"),
            (gzip(b"\xa1"), "a1"),
        ] {
            let message = read(bytes).error.map(|error| error.to_string());

            let expected = format!(
                "unknown format: sample starts with {start}; pcap and pcapng are read, \
                 as they are or compressed with gzip or zstd"
            );
            // The fifth byte on of a gzip header is the time and the system.
            let cut = if start.starts_with("1f") { 45 } else { expected.len() };
            assert_eq!(message.unwrap_or_default()[..cut], expected[..cut]);
        }
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty_even_if_it_is_packed() {
        for bytes in [Vec::new(), gzip(b""), zstd(b"")] {
            let error = read(bytes).error.map(|error| error.to_string());

            assert_eq!(error.as_deref(), Some("sample is empty"));
        }
    }

    #[test]
    fn a_path_that_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().display();

        let missing = CaptureReader::open(directory.path().join("no.pcap")).unwrap_err();
        let is_directory = CaptureReader::open(directory.path()).unwrap_err();
        let forbidden = not_opened(ErrorKind::PermissionDenied.into(), "a.pcap".to_owned());
        let other = not_opened(ErrorKind::OutOfMemory.into(), "a.pcap".to_owned());

        assert_eq!(missing.to_string(), format!("no such file: {path}/no.pcap"));
        assert_eq!(is_directory.to_string(), format!("{path} is a directory, not a capture file"));
        assert_eq!(forbidden.to_string(), "no permission to read a.pcap");
        assert_eq!(other.to_string(), "cannot open a.pcap");
    }

    #[test]
    fn the_position_runs_to_the_size_of_the_file_as_it_lies_on_the_disk() {
        for bytes in [capture(), gzip(&capture()), zstd(&capture())] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();

            let mut reader = CaptureReader::open(file.path()).unwrap().with_chunk_size(1000);

            assert_eq!(reader.size(), Some(bytes.len() as u64));
            let mut last = 0;
            let mut chunk = Chunk::default();
            while reader.next_chunk(&mut chunk).unwrap() == Progress::Frames {
                assert!(reader.position() >= last);
                last = reader.position();
            }
            assert_eq!(reader.position(), bytes.len() as u64);
            assert_eq!(read_file(file.path()).frames.len(), 200);
        }
    }

    #[test]
    fn a_chunk_of_a_file_is_full_unless_it_is_the_last() {
        // Decompressors stop at the end of each member.
        let members = capture().chunks(100).map(gzip).collect::<Vec<_>>().concat();
        for bytes in [capture(), members] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let mut reader = CaptureReader::open(file.path()).unwrap().with_chunk_size(1160);
            let mut chunk = Chunk::default();

            let mut sizes = Vec::new();
            while reader.next_chunk(&mut chunk).unwrap() == Progress::Frames {
                sizes.push(chunk.frames.len());
            }

            assert_eq!(sizes, [10; 20]);
        }
    }

    /// Gives one piece after the other, from the last on, and then fails once.
    struct Faltering {
        pieces: Vec<Vec<u8>>,
        failed: bool,
        /// Whether the frames in the pieces must have come before.
        delivered: Option<Arc<AtomicBool>>,
    }

    impl Read for Faltering {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if let Some(piece) = self.pieces.pop() {
                buffer[..piece.len()].copy_from_slice(&piece);
                return Ok(piece.len());
            }
            if let Some(delivered) = &self.delivered {
                assert!(delivered.load(Ordering::Relaxed), "asked for more before delivery");
            }
            let failed = std::mem::replace(&mut self.failed, true);
            if failed { Ok(0) } else { Err(io::Error::from_raw_os_error(5)) }
        }
    }

    #[test]
    fn damaged_gzip_data_is_read_to_within_a_piece_of_the_damage() {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(&capture()).unwrap();
        // Ends a block at a whole byte; there is no block of the kind that begins after it.
        encoder.flush().unwrap();
        let mut packed = encoder.get_ref().clone();
        packed.extend([0xff; 16]);

        let outcome = read(packed);

        let delivered = outcome.frames.len() * 116;
        assert!(delivered + PIECE + 116 >= capture().len(), "{delivered} of {}", capture().len());
        assert!(outcome.error.is_some_and(|error| error.to_string().contains("gzip data damaged")));
    }

    #[test]
    fn a_failure_comes_after_the_frames_before_it_which_a_stream_does_not_wait_with() {
        for arrival in [Arrival::AsItComes, Arrival::AtOnce] {
            let header = pcap_header(Order::Little, 0xa1b2_c3d4, 65_535, 1);
            let record = pcap_record(Order::Little, 7, 0, b"frame", 5);
            let (magic, rest) = header.split_at(4);
            let delivered = Arc::new(AtomicBool::new(false));
            let live = (arrival == Arrival::AsItComes).then_some(Arc::clone(&delivered));
            let pieces = vec![record, rest.to_vec(), magic.to_vec()];
            let pieces = Faltering { pieces, failed: false, delivered: live };

            let source = Source::new(Box::new(pieces), None, arrival, "a pipe").unwrap();
            let mut reader = CaptureReader::start(source, "a pipe".to_owned()).unwrap();

            assert_eq!(reader.size(), None);
            let mut chunk = Chunk::default();
            assert_eq!(reader.next_chunk(&mut chunk).unwrap(), Progress::Frames);
            assert_eq!(chunk.frame(&chunk.frames[0]), b"frame");
            delivered.store(true, Ordering::Relaxed);
            let error = reader.next_chunk(&mut chunk).unwrap_err();
            assert_eq!(error.to_string(), "cannot read a pipe beyond byte 45");
            assert_eq!(reader.next_chunk(&mut chunk).unwrap(), Progress::End);
        }
    }
}

//! A whole capture file, pcap or pcapng, packed or not.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Cursor, Read};

use flowlogd_agent::capture::{
    CaptureError, CaptureReader, Chunk, Fault, FrameRef, MAX_CAPTURED, Progress,
};
use flowlogd_flowlog::GzipMembers;

use super::{assert_one_line, frame};

/// Packed zeros can be 100 million frames; what goes wrong does so before.
const MAX_FRAMES: usize = 20_000;

/// Larger than every input that is not packed.
const LARGE_CHUNK: usize = 128 * 1024;
const SMALL_CHUNK: usize = 100;

/// A block of pcapng is held whole, and holds the longest packet four times over.
const MAX_RECORD: usize = 4 * MAX_CAPTURED as usize;

/// A capture, read at one go, in small pieces, packed, and cut off in the middle.
pub(super) fn run(data: &[u8]) {
    let whole = read(Cursor::new(data.to_vec()), LARGE_CHUNK);
    if let Some(CaptureError::Broken { offset, .. }) = &whole.error
        && !is_packed(data)
    {
        assert!(*offset <= data.len() as u64, "broken at byte {offset}, behind the end");
    }

    let dribbled = read(Dribble(Cursor::new(data.to_vec())), SMALL_CHUNK);
    if whole.is_damaged_packing() || dribbled.is_damaged_packing() {
        // How much a decompressor gives before it notices the damage depends on how much it is asked for.
        assert_one_begins_the_other(&dribbled.frames, &whole.frames);
    } else {
        assert!(dribbled.frames == whole.frames, "other frames in smaller pieces");
        if !whole.is_cut_short() {
            assert_eq!(dribbled.message(), whole.message(), "another error in smaller pieces");
            assert_eq!(dribbled.skipped, whole.skipped, "other frames left out in smaller pieces");
        }
    }

    let (half, _) = data.split_at(data.len() / 2);
    let cut_off = read(Cursor::new(half.to_vec()), LARGE_CHUNK);
    if is_packed(data) {
        assert_one_begins_the_other(&cut_off.frames, &whole.frames);
    } else {
        assert!(whole.frames.starts_with(&cut_off.frames), "half a file has frames of its own");
    }

    if !is_packed(data) && !data.is_empty() {
        let mut packed = Vec::new();
        GzipMembers::new().append(data, &mut packed);
        let unpacked = read(Cursor::new(packed), LARGE_CHUNK);
        assert!(unpacked.frames == whole.frames, "other frames in gzip");
        assert_eq!(unpacked.message(), whole.message(), "another error in gzip");
    }
}

fn assert_one_begins_the_other(some: &[u64], others: &[u64]) {
    assert!(some.starts_with(others) || others.starts_with(some), "other frames");
}

/// What reading a capture gave: frames as hashes of all that is known of them.
struct Outcome {
    frames: Vec<u64>,
    error: Option<CaptureError>,
    skipped: Vec<String>,
}

impl Outcome {
    fn message(&self) -> Option<String> {
        self.error.as_ref().map(ToString::to_string)
    }

    fn is_damaged_packing(&self) -> bool {
        matches!(self.error, Some(CaptureError::Broken { fault: Fault::Compression { .. }, .. }))
    }

    fn is_cut_short(&self) -> bool {
        self.frames.len() == MAX_FRAMES
    }
}

fn read(input: impl Read + Send + 'static, chunk_size: usize) -> Outcome {
    let mut outcome = Outcome { frames: Vec::new(), error: None, skipped: Vec::new() };
    let mut reader = match CaptureReader::new(Box::new(input), "sample") {
        Ok(reader) => reader.with_chunk_size(chunk_size),
        Err(error) => {
            assert_one_line(&error.to_string());
            return Outcome { error: Some(error), ..outcome };
        }
    };
    let mut chunk = Chunk::default();
    while !outcome.is_cut_short() {
        match reader.next_chunk(&mut chunk) {
            Ok(Progress::Frames) => assert!(!chunk.frames.is_empty(), "a chunk of nothing"),
            Ok(Progress::End) => {
                assert!(chunk.frames.is_empty(), "frames at the end");
                break;
            }
            Err(error) => {
                assert!(outcome.error.is_none(), "told twice: {error}");
                assert!(chunk.frames.is_empty(), "frames beside an error");
                assert_one_line(&error.to_string());
                outcome.error = Some(error);
            }
        }
        assert!(chunk.bytes.len() <= chunk_size.max(MAX_RECORD), "{} bytes", chunk.bytes.len());
        for frame in &chunk.frames {
            check(&chunk, frame);
        }
        let room = MAX_FRAMES - outcome.frames.len();
        outcome.frames.extend(chunk.frames.iter().take(room).map(|frame| hash(&chunk, frame)));
    }
    outcome.skipped = reader.skipped().warnings();
    outcome
}

fn check(chunk: &Chunk, frame: &FrameRef) {
    let bytes = chunk.frame(frame);
    assert_eq!(bytes.len(), frame.captured as usize, "a frame that reaches out of its chunk");
    assert!(frame.captured <= MAX_CAPTURED, "a frame of {} bytes", frame.captured);
    assert!(frame.wire_len >= frame.captured, "more captured than there was");
    assert!(frame.nanos < 1_000_000_000, "{} ns in a second", frame.nanos);
    assert_eq!(frame.gso, None, "segmentation offload in a file");
    frame::check(frame.link_type, bytes, frame.wire_len);
}

fn hash(chunk: &Chunk, frame: &FrameRef) -> u64 {
    let mut hasher = DefaultHasher::new();
    (frame.secs, frame.nanos, frame.wire_len).hash(&mut hasher);
    (frame.link_type, frame.direction, chunk.frame(frame)).hash(&mut hasher);
    hasher.finish()
}

/// Whether the first bytes are those of gzip or zstd.
fn is_packed(data: &[u8]) -> bool {
    matches!(
        data,
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
    )
}

/// Gives one to eight bytes at a time.
struct Dribble(Cursor<Vec<u8>>);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.0.position() % 8 + 1;
        self.0.by_ref().take(size).read(buffer)
    }
}

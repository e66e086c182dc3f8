//! The reader of capture files: chunks of frames from pcap and pcapng, packed or not.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use flowlogd_packet::LinkType;

use super::Chunk;
use super::error::{CaptureError, Fault};
use super::link_type::link_type_name;
use super::pcap::{FILE_HEADER, Pcap, Variant};
use super::pcapng::{Pcapng, SECTION_HEADER};
use super::source::{Arrival, Source};

/// What is read in one go: much less costs system calls, much more leaves the processor's cache.
pub const DEFAULT_CHUNK_SIZE: usize = 1 << 20;

/// The longest packet a capture can hold: the snap length with which tools mean "all of it".
pub const MAX_CAPTURED: u32 = 262_144;

/// Places in a chunk are 32 bits wide.
const MAX_CHUNK_SIZE: usize = 1 << 30;

/// Reads the frames of one capture.
///
/// Holds a few chunk lengths at most, whatever the length of the file, and reads it with
/// `read(2)` in pieces of [`DEFAULT_CHUNK_SIZE`], which costs no more than mapping it and works
/// on pipes and packed files too.
pub struct CaptureReader {
    file: String,
    source: Source,
    format: Format,
    chunk_size: usize,
    /// The start of a record whose end was not read yet.
    carry: Vec<u8>,
    /// What that record needs in memory.
    needed: usize,
    /// Where `carry` starts in the (unpacked) stream.
    offset: u64,
    frames: u64,
    state: State,
}

/// Whether more frames were read, or all of them had been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The chunk holds at least one frame.
    Frames,
    /// There are no more frames.
    End,
}

/// Packets of the file that are in no chunk, or there with a makeshift time; to be told at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Packets whose time is before 1970 or after 2554, left out.
    pub out_of_time: u64,
    /// Packets of each link type that is not read, left out, by its number.
    pub link_types: Vec<(u16, u64)>,
    /// Packets without a time, which were given that of the packet before (1970 if there is none).
    pub untimed: u64,
}

/// What a walk through the bytes of a chunk stops at.
#[derive(Debug)]
pub(super) enum Walk {
    /// A record or block that, as far as it can be told, is so long.
    Needs(usize),
    /// Something that contradicts the format.
    Faulty(Fault),
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

#[derive(Debug)]
enum State {
    Reading,
    /// The last frames were delivered; this comes next.
    Failed(CaptureError),
    Ended,
}

impl CaptureReader {
    /// Opens a capture file, or a named pipe to which one is written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaptureError> {
        let file = path.as_ref().display().to_string();
        Self::start(Source::open(path.as_ref(), &file)?, file)
    }

    /// Reads a capture from standard input.
    pub fn from_stdin() -> Result<Self, CaptureError> {
        Self::new(Box::new(std::io::stdin()), "standard input")
    }

    /// Reads a capture from anything that can be read, called `name` in messages.
    ///
    /// Frames are delivered as they come: a chunk is not waited for until it is full.
    pub fn new(
        reader: Box<dyn Read + Send>,
        name: impl Into<String>,
    ) -> Result<Self, CaptureError> {
        let file = name.into();
        Self::start(Source::new(reader, None, Arrival::AsItComes, &file)?, file)
    }

    /// Sets how much is read in one go. A record that is longer is read all the same.
    #[must_use]
    pub fn with_chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = bytes.clamp(1, MAX_CHUNK_SIZE);
        self
    }

    /// Returns the name of the file, as messages have it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns how many bytes of the file, as it lies on the disk, have been read.
    pub fn position(&self) -> u64 {
        self.source.position()
    }

    /// Returns the length of the file, as it lies on the disk; none of a pipe.
    pub fn size(&self) -> Option<u64> {
        self.source.size
    }

    /// Returns what had to be left out so far, or was given a makeshift time.
    pub fn skipped(&self) -> Skipped {
        match &self.format {
            Format::Pcap(_) => Skipped::default(),
            Format::Pcapng(pcapng) => Skipped {
                out_of_time: pcapng.left_out.out_of_time,
                link_types: pcapng.left_out.link_types.iter().map(|(&n, &c)| (n, c)).collect(),
                untimed: pcapng.left_out.untimed,
            },
        }
    }

    /// Replaces the content of `chunk` by the next frames of the capture.
    ///
    /// An error comes after all frames before it, once; what follows is the end. Hand back a
    /// chunk that was used before, and no memory is allocated.
    pub fn next_chunk(&mut self, chunk: &mut Chunk) -> Result<Progress, CaptureError> {
        chunk.frames.clear();
        if matches!(self.state, State::Reading) {
            self.read_frames(chunk);
        }
        if !chunk.frames.is_empty() {
            self.frames += chunk.frames.len() as u64;
            return Ok(Progress::Frames);
        }

        let ended = std::mem::replace(&mut self.state, State::Ended);
        if let (Some(number), State::Reading | State::Failed(_)) = (self.only_link_type(), &ended) {
            let (file, name) = (self.file.clone(), link_type_name(number));
            return Err(CaptureError::UnsupportedLinkType { file, number, name });
        }
        match ended {
            State::Failed(error) => Err(error),
            State::Reading | State::Ended => Ok(Progress::End),
        }
    }

    /// Recognises the format, and reads pcap's file header.
    fn start(mut source: Source, file: String) -> Result<Self, CaptureError> {
        let start = source.start(FILE_HEADER, &file)?;
        let (format, carry, offset) = match start.first_chunk() {
            // A block like all others: it is walked through with them.
            Some(&SECTION_HEADER) => (Format::Pcapng(Pcapng::new()), start, 0),
            Some(&magic) if let Some(variant) = Variant::from_magic(magic) => {
                (Format::Pcap(pcap(variant, &start, &file)?), Vec::new(), FILE_HEADER as u64)
            }
            Some(_) | None if start.is_empty() => return Err(CaptureError::Empty { file }),
            Some(_) | None => {
                return Err(CaptureError::UnknownFormat { file, start: describe(&start) });
            }
        };

        Ok(Self {
            file,
            source,
            format,
            chunk_size: DEFAULT_CHUNK_SIZE,
            needed: carry.len() + 1,
            carry,
            offset,
            frames: 0,
            state: State::Reading,
        })
    }

    /// Fills `chunk` until it holds a frame, or changes the state to what came up.
    fn read_frames(&mut self, chunk: &mut Chunk) {
        let mut filled = self.carry.len();
        grow(&mut chunk.bytes, self.chunk_size.max(self.needed));
        if let Some(start) = chunk.bytes.get_mut(..filled) {
            start.copy_from_slice(&self.carry);
        }
        self.carry.clear();

        loop {
            match self.source.fill(chunk.bytes.get_mut(filled..).unwrap_or_default()) {
                Ok(read) => filled += read,
                Err(error) => {
                    let offset = self.offset + filled as u64;
                    self.state = State::Failed(self.source.error(error, offset, &self.file));
                    return;
                }
            }
            let mut at = 0;
            let walk = match &mut self.format {
                Format::Pcap(pcap) => pcap.walk(chunk, &mut at, filled),
                Format::Pcapng(pcapng) => pcapng.walk(chunk, &mut at, filled),
            };
            self.offset += at as u64;
            let rest = at..filled;
            match walk {
                Walk::Faulty(fault) => return self.fail(self.offset, fault),
                Walk::Needs(needed) if self.source.at_end => return self.end(needed, rest.len()),
                Walk::Needs(needed) if chunk.frames.is_empty() => {
                    filled = rest.len();
                    chunk.bytes.copy_within(rest, 0);
                    grow(&mut chunk.bytes, needed);
                }
                Walk::Needs(needed) => {
                    self.needed = needed;
                    self.carry.extend_from_slice(chunk.bytes.get(rest).unwrap_or_default());
                    return;
                }
            }
        }
    }

    /// Tells an end between two records from one within a record that `needed` so many bytes, of
    /// which `present` are there.
    fn end(&mut self, needed: usize, present: usize) {
        let within_block = match &self.format {
            Format::Pcap(_) => None,
            Format::Pcapng(pcapng) => pcapng.within_block(),
        };
        let present = present as u64;
        if let Some((needed, behind)) = within_block {
            let fault = Fault::CutOff { needed, present: behind + present };
            self.fail(self.offset - behind, fault);
        } else if present > 0 {
            self.fail(self.offset, Fault::CutOff { needed: needed as u64, present });
        } else {
            self.state = State::Ended;
        }
    }

    fn fail(&mut self, offset: u64, fault: Fault) {
        let file = self.file.clone();
        self.state = State::Failed(CaptureError::Broken { file, offset, fault });
    }

    /// Returns the link type that is not read, if there was no packet of one that is.
    fn only_link_type(&self) -> Option<u16> {
        match &self.format {
            Format::Pcapng(pcapng) if self.frames == 0 => pcapng.left_out.first_link_type,
            Format::Pcap(_) | Format::Pcapng(_) => None,
        }
    }
}

/// Reads the header of a pcap file.
fn pcap(variant: Variant, start: &[u8], file: &str) -> Result<Pcap, CaptureError> {
    let broken = |fault| CaptureError::Broken { file: file.to_owned(), offset: 0, fault };
    let header = start.first_chunk::<FILE_HEADER>().ok_or_else(|| {
        let (needed, present) = (FILE_HEADER as u64, start.len() as u64);
        broken(Fault::CutOff { needed, present })
    })?;
    let number = variant.link_type(header).map_err(broken)?;
    let link_type = LinkType::from_number(number).ok_or_else(|| {
        let (file, name) = (file.to_owned(), link_type_name(number));
        CaptureError::UnsupportedLinkType { file, number, name }
    })?;
    Ok(Pcap::new(variant, link_type))
}

/// Makes `bytes` at least `length` long. It never shrinks: to write zeros into what is about to
/// be read into would cost as much as reading.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

/// Returns the first bytes of a file as a person would tell them, and what they look like.
fn describe(start: &[u8]) -> String {
    let known = match start {
        [0x1f, 0x8b, ..] => " (gzip within gzip)",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => " (zstd within zstd)",
        [b'B', b'Z', b'h', ..] => " (bzip2)",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => " (xz)",
        [0x04, 0x22, 0x4d, 0x18, ..] => " (lz4)",
        [b'P', b'K', ..] => " (zip)",
        [b's', b'n', b'o', b'o', b'p', 0, ..] => " (snoop)",
        [0x7f, b'E', b'L', b'F', ..] => " (a program)",
        _ => "",
    };
    let mut text = String::new();
    for byte in start.iter().take(8) {
        let _ = write!(text, "{byte:02x} "); // Writing to a string cannot fail.
    }
    text.truncate(text.len().saturating_sub(1));
    let printable: String = start
        .iter()
        .take(8)
        .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
        .map(|&byte| char::from(byte))
        .collect();
    if known.is_empty() && printable.len() >= 4 {
        let _ = write!(text, " ({printable:?})");
    }
    text + known
}

impl std::fmt::Debug for CaptureReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureReader").field("file", &self.file).finish_non_exhaustive()
    }
}

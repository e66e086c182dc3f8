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
use super::skipped::Skipped;
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
    /// The last frames were delivered; the error, if there is one, comes next.
    Read(Option<CaptureError>),
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

        let State::Read(error) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(Progress::End);
        };
        let only = self.only_link_type().map(|number| {
            let (file, name) = (self.file.clone(), link_type_name(number));
            CaptureError::UnsupportedLinkType { file, number, name }
        });
        only.or(error).map_or(Ok(Progress::End), Err)
    }

    /// Recognises the format, and reads pcap's file header.
    pub(super) fn start(mut source: Source, file: String) -> Result<Self, CaptureError> {
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
                    let error = self.source.error(error, offset, &self.file);
                    self.state = State::Read(Some(error));
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
                Walk::Faulty(fault) => return self.fail(self.behind().0, fault),
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
        let present = present as u64;
        match self.behind() {
            (behind, Some(length)) => {
                let fault = Fault::CutOff { needed: length, present: behind + present };
                self.fail(behind, fault);
            }
            (behind, None) if present > 0 => {
                self.fail(behind, Fault::CutOff { needed: needed as u64, present });
            }
            (_, None) => self.state = State::Read(None),
        }
    }

    /// Returns how much of a block that is being passed over lies behind, and its length.
    fn behind(&self) -> (u64, Option<u64>) {
        match &self.format {
            Format::Pcap(_) => (0, None),
            Format::Pcapng(pcapng) => {
                pcapng.within_block().map_or((0, None), |(length, behind)| (behind, Some(length)))
            }
        }
    }

    /// Names the record or block that starts `behind` bytes before the place reached.
    fn fail(&mut self, behind: u64, fault: Fault) {
        let (file, offset) = (self.file.clone(), self.offset - behind);
        self.state = State::Read(Some(CaptureError::Broken { file, offset, fault }));
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

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::super::sample::{
        Frame, ORDERS, Order, Outcome, Section, pcap_header, pcap_record, read, read_in,
    };
    use super::*;

    /// Reports far beyond what it has: a block of 4 GiB, with 64 MiB there.
    struct Endless {
        start: Vec<u8>,
        left: usize,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if !self.start.is_empty() {
                let size = self.start.len().min(buffer.len());
                buffer[..size].copy_from_slice(&self.start[..size]);
                self.start.drain(..size);
                return Ok(size);
            }
            let size = self.left.min(buffer.len());
            self.left -= size;
            Ok(size)
        }
    }

    #[test]
    fn a_record_that_claims_4_gib_is_never_held() {
        let order = Order::Little;
        let pcap = [
            pcap_header(order, 0xa1b2_c3d4, 65_535, 1),
            order.words(&[0, 0, 0xffff_fff0, 0xffff_fff0]),
        ];
        let section = Section(order);
        let skipped = [section.header(), order.words(&[5, 0xffff_fffc])];
        let packet = [
            section.header(),
            section.interface(1, 0, &[]),
            order.words(&[6, 0xffff_fffc, 0, 0, 0, 0xffff_fff0, 60]),
        ];

        for (start, fault) in [
            (pcap.concat(), "a packet of 4294967280 bytes, where at most 262144 can be"),
            (skipped.concat(), "cut off: needs 4294967292 bytes, 67108872 are there"),
            (
                packet.concat(),
                "a block of 4294967292 bytes of type 6, where at most 1048576 can be",
            ),
        ] {
            let endless = Endless { start, left: 64 << 20 };
            let reader = CaptureReader::new(Box::new(endless), "sample").unwrap();

            let outcome = super::super::sample::drain(Ok(reader));

            assert!(outcome.message().ends_with(fault), "{}", outcome.message());
            assert!(outcome.buffer <= DEFAULT_CHUNK_SIZE);
        }
    }

    #[test]
    fn a_chunk_that_is_handed_back_is_used_again() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, 65_535, 1);
        for index in 0..1000 {
            file.extend(pcap_record(Order::Little, index, 0, &[0; 60], 60));
        }
        let reader = CaptureReader::new(Box::new(std::io::Cursor::new(file)), "sample").unwrap();
        let mut reader = reader.with_chunk_size(4096);
        let mut chunk = Chunk::default();
        reader.next_chunk(&mut chunk).unwrap();
        chunk.frames.reserve(1); // There may be one frame more in a later chunk.
        let places = |chunk: &Chunk| (chunk.bytes.as_ptr(), chunk.frames.as_ptr());
        let before = places(&chunk);

        let mut chunks = 0;
        while reader.next_chunk(&mut chunk).unwrap() == Progress::Frames {
            chunks += 1;
            assert_eq!(places(&chunk), before);
        }

        assert!(chunks > 10, "{chunks}");
    }

    #[test]
    fn frames_of_different_chunks_may_be_held_at_the_same_time() {
        let mut file = pcap_header(Order::Little, 0xa1b2_c3d4, 65_535, 1);
        for index in 0..100_u8 {
            file.extend(pcap_record(Order::Little, index.into(), 0, &[index; 50], 50));
        }
        let reader = CaptureReader::new(Box::new(std::io::Cursor::new(file)), "sample").unwrap();
        let mut reader = reader.with_chunk_size(1000);

        let mut chunks = Vec::new();
        loop {
            let mut chunk = Chunk::default();
            if reader.next_chunk(&mut chunk).unwrap() == Progress::End {
                break;
            }
            chunks.push(chunk);
        }

        let firsts: Vec<u8> = chunks
            .iter()
            .flat_map(|chunk| chunk.frames.iter().map(|frame| chunk.frame(frame)[49]))
            .collect();
        assert_eq!(firsts, (0..100).collect::<Vec<u8>>());
    }

    /// A packet as a test describes it: seconds, nanoseconds, bytes, and what was cut off.
    type Packet = (u32, u32, Vec<u8>, u16);

    fn packets() -> impl Strategy<Value = Vec<Packet>> {
        vec((any::<u32>(), 0..1_000_000_000_u32, vec(any::<u8>(), 0..200), any::<u16>()), 0..20)
    }

    fn order() -> impl Strategy<Value = Order> {
        prop::sample::select(&ORDERS[..])
    }

    fn wire_len(packet: &Packet) -> u32 {
        u32::try_from(packet.2.len()).unwrap() + u32::from(packet.3)
    }

    /// Writes packets as pcap, in units of `nanos`.
    fn pcap_of(order: Order, nanos: u32, packets: &[Packet]) -> Vec<u8> {
        let magic = if nanos == 1 { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let mut file = pcap_header(order, magic, 65_535, 1);
        for packet in packets {
            let (secs, fraction, data, _) = packet;
            file.extend(pcap_record(order, *secs, fraction / nanos, data, wire_len(packet)));
        }
        file
    }

    /// Writes packets as pcapng in several sections, among blocks of all kinds.
    fn pcapng_of(sections: &[(Order, Vec<Packet>)]) -> Vec<u8> {
        let mut file = Section(Order::Little).header();
        for (order, packets) in sections {
            let section = Section(*order);
            file.extend(section.header());
            file.extend(section.interface(1, 0, &[(9, &[9]), (2, b"eth0")]));
            file.extend(section.interface(105, 0, &[]));
            for packet in packets {
                let (secs, nanos, data, rest) = packet;
                let units = u64::from(*secs) * 1_000_000_000 + u64::from(*nanos);
                let flags = order.u32(u32::from(*rest));
                file.extend(section.packet(0, units, data, wire_len(packet), &[(2, &flags)]));
                match rest % 4 {
                    0 => file.extend(section.block(5, data.repeat(4).as_slice())),
                    1 => file.extend(section.packet(1, units, data, wire_len(packet), &[])),
                    2 => file.extend(section.simple(data, wire_len(packet))),
                    _ => {}
                }
            }
        }
        file
    }

    fn frames(outcome: Outcome) -> (Vec<Frame>, String, Skipped) {
        let message = outcome.message();
        (outcome.frames, message, outcome.skipped)
    }

    proptest! {
        #[test]
        fn what_is_written_as_pcap_is_read(
            order in order(),
            nanos in prop::sample::select(&[1_u32, 1000][..]),
            packets in packets(),
        ) {
            let outcome = read(pcap_of(order, nanos, &packets));

            prop_assert_eq!(outcome.message(), "");
            let read: Vec<_> =
                outcome.frames.iter().map(|f| (f.time, f.bytes.clone(), f.wire_len)).collect();
            let written: Vec<_> = packets
                .iter()
                .map(|p| ((u64::from(p.0), p.1 / nanos * nanos), p.2.clone(), wire_len(p)))
                .collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn neither_chunk_size_nor_the_size_of_reads_changes_the_frames(
            sections in vec((order(), packets()), 0..4),
            pcap in any::<bool>(),
            chunk_size in 1..3000_usize,
            pieces in vec(1..8_usize, 1..5),
            cut in any::<Index>(),
        ) {
            let mut file = match sections.first() {
                Some((order, packets)) if pcap => pcap_of(*order, 1, packets),
                Some(_) | None => pcapng_of(&sections),
            };
            file.truncate(cut.index(file.len() * 2).max(1));

            let at_once = frames(read(file.clone()));

            prop_assert_eq!(&frames(read_in(file.clone(), chunk_size, vec![usize::MAX])), &at_once);
            prop_assert_eq!(&frames(read_in(file, chunk_size, pieces)), &at_once);
        }

        #[test]
        fn any_bytes_are_read_to_an_end(
            magic in prop::sample::select(&[
                [0xd4, 0xc3, 0xb2, 0xa1], [0xa1, 0xb2, 0xc3, 0xd4], [0x34, 0xcd, 0xb2, 0xa1],
                [0x0a, 0x0d, 0x0d, 0x0a], [0x1f, 0x8b, 8, 0], [0x28, 0xb5, 0x2f, 0xfd], [0; 4],
            ][..]),
            bytes in vec(any::<u8>(), 0..2000),
            chunk_size in 1..3000_usize,
        ) {
            let file = [&magic[..], &bytes].concat();

            read(bytes);
            read_in(file, chunk_size, vec![usize::MAX]);
        }

        #[test]
        fn a_file_with_wrong_bytes_is_read_to_an_end(
            sections in vec((order(), packets()), 1..3),
            pcap in any::<bool>(),
            wrong in vec((any::<Index>(), any::<u8>()), 1..6),
            chunk_size in 1..3000_usize,
        ) {
            let mut file = match sections.first() {
                Some((order, packets)) if pcap => pcap_of(*order, 1000, packets),
                Some(_) | None => pcapng_of(&sections),
            };
            for (place, byte) in wrong {
                let place = place.index(file.len());
                file[place] = byte;
            }

            let at_once = frames(read(file.clone()));

            prop_assert_eq!(frames(read_in(file, chunk_size, vec![5])), at_once);
        }
    }
}

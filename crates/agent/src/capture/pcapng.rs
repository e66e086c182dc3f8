//! pcapng: blocks of many types, in sections that each have a byte order and interfaces
//! (draft-ietf-opsawg-pcapng).

use std::collections::BTreeMap;

use flowlogd_packet::{FrameDirection, LinkType};

use super::byte_order::{Big, ByteOrder, Little, four};
use super::error::Fault;
use super::pcap::offset;
use super::reader::{MAX_CAPTURED, Walk};
use super::timestamp::{Timestamp, TimestampFormat};
use super::{Chunk, FrameRef};

/// The type of a section header block: the same in both byte orders, and the first bytes of a file.
pub(super) const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// A packet or interface block is held in memory whole: the longest packet, and options as long
/// as three quarters of this. Blocks of other types are passed over, however long.
const MAX_BLOCK: u32 = 4 * MAX_CAPTURED;

/// A byte of file must not turn into kilobytes of memory; a real section has a few dozen.
const MAX_INTERFACES: usize = 65_536;

/// What the blocks so far say of the blocks to come.
#[derive(Debug)]
pub(super) struct Pcapng {
    order: Order,
    interfaces: Vec<Interface>,
    skip: Option<Skip>,
    /// The time of the packet before: what a simple packet block, which has none, is given.
    last: Timestamp,
    pub(super) left_out: LeftOut,
}

/// Packets that were read and are in no chunk, or in one with a makeshift time.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    pub(super) out_of_time: u64,
    pub(super) untimed: u64,
    pub(super) link_types: BTreeMap<u16, u64>,
    /// The first that was met; the map has them in order of number.
    pub(super) first_link_type: Option<u16>,
}

/// The byte order of the section that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

#[derive(Debug)]
struct Interface {
    number: u16,
    link_type: Option<LinkType>,
    snap_len: u32,
    timestamps: TimestampFormat,
}

/// A block that is being passed over.
#[derive(Clone, Copy, Debug)]
struct Skip {
    length: u32,
    /// Bytes still to come, the repeated length at the end among them.
    left: u32,
}

/// Why a walk through blocks of one byte order stops.
enum Stop {
    Needs(usize),
    Faulty(Fault),
    /// At a section header, which says its own byte order.
    Section,
}

impl Pcapng {
    /// Blocks, the first of which must be a section header.
    pub(super) fn new() -> Self {
        Self {
            order: Order::Little,
            interfaces: Vec::new(),
            skip: None,
            last: (0, 0),
            left_out: LeftOut::default(),
        }
    }

    /// Returns how much of a block that is being passed over lies behind.
    pub(super) fn within_block(&self) -> Option<(u64, u64)> {
        let skip = self.skip.as_ref()?;
        Some((u64::from(skip.length), u64::from(skip.length - skip.left)))
    }

    /// Appends the frames that lie wholly between `*at` and `filled` to `chunk`.
    pub(super) fn walk(&mut self, chunk: &mut Chunk, at: &mut usize, filled: usize) -> Walk {
        loop {
            let stop = match self.order {
                Order::Little => self.blocks::<Little>(chunk, at, filled),
                Order::Big => self.blocks::<Big>(chunk, at, filled),
            };
            match stop {
                Stop::Needs(bytes) => return Walk::Needs(bytes),
                Stop::Faulty(fault) => return Walk::Faulty(fault),
                Stop::Section => {
                    let whole = chunk.bytes.get(..filled).unwrap_or_default();
                    let header = whole.get(*at..).and_then(<[u8]>::first_chunk::<28>);
                    let Some(header) = header else { return Walk::Needs(28) };
                    if let Err(fault) = self.enter_section(header) {
                        return Walk::Faulty(fault);
                    }
                }
            }
        }
    }

    /// Takes the byte order from a section header, forgets the interfaces of the section before,
    /// and passes over the block.
    fn enter_section(&mut self, header: &[u8; 28]) -> Result<(), Fault> {
        self.order = match [header[8], header[9], header[10], header[11]] {
            [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
            [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
            magic => return Err(Fault::ByteOrder(u32::from_be_bytes(magic))),
        };
        let (length, major, minor) = match self.order {
            Order::Little => section::<Little>(header),
            Order::Big => section::<Big>(header),
        };
        check_length(length, 28)?;
        // Version 1.2 is what some writers call 1.0.
        if major != 1 {
            return Err(Fault::SectionVersion { major, minor });
        }

        self.interfaces.clear();
        self.skip = Some(Skip { length, left: length });
        Ok(())
    }

    fn blocks<O: ByteOrder>(&mut self, chunk: &mut Chunk, at: &mut usize, filled: usize) -> Stop {
        let Chunk { bytes, frames } = chunk;
        let whole = bytes.get(..filled).unwrap_or_default();
        loop {
            let rest = whole.get(*at..).unwrap_or_default();
            if let Some(skip) = &mut self.skip {
                match skip.over::<O>(rest) {
                    Ok(Passed::All(bytes)) => {
                        *at += bytes;
                        self.skip = None;
                        continue;
                    }
                    Ok(Passed::Some(bytes)) => {
                        *at += bytes;
                        return Stop::Needs(4);
                    }
                    Err(fault) => return Stop::Faulty(fault),
                }
            }

            let Some(&[k0, k1, k2, k3, l0, l1, l2, l3]) = rest.first_chunk() else {
                return Stop::Needs(8);
            };
            if [k0, k1, k2, k3] == SECTION_HEADER {
                return Stop::Section;
            }
            let (kind, length) = (O::u32([k0, k1, k2, k3]), O::u32([l0, l1, l2, l3]));
            let least = match kind {
                INTERFACE => 20,
                OBSOLETE_PACKET | ENHANCED_PACKET => 32,
                SIMPLE_PACKET => 16,
                _ => 12,
            };
            if let Err(fault) = check_length(length, least) {
                return Stop::Faulty(fault);
            }
            if least == 12 {
                self.skip = Some(Skip { length, left: length });
                continue;
            }
            if length > MAX_BLOCK {
                return Stop::Faulty(Fault::BlockTooLong { length, kind, most: MAX_BLOCK });
            }

            let Some(block) = rest.get(..length as usize) else {
                return Stop::Needs(length as usize);
            };
            let read = check_trailer::<O>(block, length).and_then(|()| match kind {
                INTERFACE => self.add_interface::<O>(block),
                SIMPLE_PACKET => self.simple_packet::<O>(block, *at, frames),
                _ => self.packet::<O>(block, kind, *at, frames),
            });
            if let Err(fault) = read {
                return Stop::Faulty(fault);
            }
            *at += block.len();
        }
    }

    fn add_interface<O: ByteOrder>(&mut self, block: &[u8]) -> Result<(), Fault> {
        let Some(&[n0, n1, _, _, s0, s1, s2, s3]) = block.get(8..).and_then(<[u8]>::first_chunk)
        else {
            return Ok(()); // At least 20 bytes are there.
        };
        if self.interfaces.len() == MAX_INTERFACES {
            return Err(Fault::TooManyInterfaces(MAX_INTERFACES));
        }

        let number = O::u16([n0, n1]);
        let mut timestamps = TimestampFormat::default();
        let mut options = Options::new(block, 16);
        while let Some((code, value)) = options.next::<O>() {
            match (code, value) {
                (9, [resolution, ..]) => timestamps.set_resolution(*resolution),
                (14, _) => {
                    if let Some(value) = value.first_chunk() {
                        timestamps.set_offset(O::i64(*value));
                    }
                }
                _ => {}
            }
        }
        if options.cut_off {
            return Err(Fault::OptionBeyondBlock);
        }

        let link_type = LinkType::from_number(number);
        let snap_len = O::u32([s0, s1, s2, s3]);
        self.interfaces.push(Interface { number, link_type, snap_len, timestamps });
        Ok(())
    }

    /// Reads an enhanced packet block, or its obsolete forerunner, which differs in the first field.
    #[inline]
    fn packet<O: ByteOrder>(
        &mut self,
        block: &[u8],
        kind: u32,
        at: usize,
        frames: &mut Vec<FrameRef>,
    ) -> Result<(), Fault> {
        const DATA: usize = 28;
        let Some(&[i0, i1, i2, i3, h0, h1, h2, h3, l0, l1, l2, l3, c0, c1, c2, c3, w0, w1, w2, w3]) =
            block.get(8..).and_then(<[u8]>::first_chunk)
        else {
            return Ok(()); // At least 32 bytes are there.
        };
        let number = if kind == OBSOLETE_PACKET {
            // The other half counts packets lost.
            u32::from(O::u16([i0, i1]))
        } else {
            O::u32([i0, i1, i2, i3])
        };
        let interface = self.interface(number)?;
        let captured = O::u32([c0, c1, c2, c3]);
        let room = block.len() - DATA - 4;
        check_captured(captured, room)?;

        let high = u64::from(O::u32([h0, h1, h2, h3]));
        let units = high << 32 | u64::from(O::u32([l0, l1, l2, l3]));
        let timestamp = interface.timestamps.timestamp(units);
        let Some(link_type) = interface.link_type else {
            let number = interface.number;
            self.left_out.count_link_type(number);
            return Ok(());
        };
        let Some((secs, nanos)) = timestamp else {
            self.left_out.out_of_time += 1;
            return Ok(());
        };

        self.last = (secs, nanos);
        let options = DATA + (captured as usize).next_multiple_of(4);
        frames.push(FrameRef {
            secs,
            nanos,
            offset: offset(at + DATA),
            captured,
            wire_len: O::u32([w0, w1, w2, w3]).max(captured),
            link_type,
            // Most blocks have none.
            direction: if options + 4 < block.len() {
                direction::<O>(block, options)
            } else {
                None
            },
            gso: None,
        });
        Ok(())
    }

    fn simple_packet<O: ByteOrder>(
        &mut self,
        block: &[u8],
        at: usize,
        frames: &mut Vec<FrameRef>,
    ) -> Result<(), Fault> {
        const DATA: usize = 12;
        let Some(wire_len) = four(block, 8).map(O::u32) else {
            return Ok(()); // At least 16 bytes are there.
        };
        // A simple packet is always of the first interface, whose snap length cuts it.
        let interface = self.interface(0)?;
        let snap_len = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        let captured = wire_len.min(snap_len).min(offset(block.len() - DATA - 4));
        check_captured(captured, block.len() - DATA - 4)?;
        let Some(link_type) = interface.link_type else {
            let number = interface.number;
            self.left_out.count_link_type(number);
            return Ok(());
        };

        self.left_out.untimed += 1;
        let (secs, nanos) = self.last;
        frames.push(FrameRef {
            secs,
            nanos,
            offset: offset(at + DATA),
            captured,
            wire_len,
            link_type,
            direction: None,
            gso: None,
        });
        Ok(())
    }

    #[inline]
    fn interface(&self, number: u32) -> Result<&Interface, Fault> {
        let known = self.interfaces.len();
        self.interfaces.get(number as usize).ok_or(Fault::UnknownInterface { number, known })
    }
}

impl LeftOut {
    fn count_link_type(&mut self, number: u16) {
        self.first_link_type.get_or_insert(number);
        *self.link_types.entry(number).or_default() += 1;
    }
}

/// How far a block was passed over.
enum Passed {
    All(usize),
    Some(usize),
}

impl Skip {
    /// Passes over as much of the block as `rest` holds, and compares the length at its end.
    fn over<O: ByteOrder>(&mut self, rest: &[u8]) -> Result<Passed, Fault> {
        let left = self.left as usize;
        if let Some(tail) = rest.get(..left) {
            return check_trailer::<O>(tail, self.length).map(|()| Passed::All(left));
        }
        // All but the last four bytes, which must be seen together.
        let passed = rest.len().min(left - 4);
        self.left -= offset(passed);
        Ok(Passed::Some(passed))
    }
}

/// The options of a block, one after the other: code, length, value, padding.
struct Options<'a> {
    rest: &'a [u8],
    cut_off: bool,
}

impl<'a> Options<'a> {
    /// The options between `start` and the repeated length at the end of `block`.
    fn new(block: &'a [u8], start: usize) -> Self {
        let end = block.len().saturating_sub(4);
        Self { rest: block.get(start..end).unwrap_or_default(), cut_off: false }
    }

    fn next<O: ByteOrder>(&mut self) -> Option<(u16, &'a [u8])> {
        let (&[c0, c1, l0, l1], after) = self.rest.split_first_chunk()?;
        let (code, length) = (O::u16([c0, c1]), usize::from(O::u16([l0, l1])));
        if code == 0 {
            return None;
        }
        let Some(value) = after.get(..length) else {
            self.cut_off = true;
            return None;
        };
        self.rest = after.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    }
}

/// Returns the direction that a packet's flags (option 2) say. A damaged option says none: the
/// packet itself is whole.
fn direction<O: ByteOrder>(block: &[u8], options: usize) -> Option<FrameDirection> {
    let mut options = Options::new(block, options);
    while let Some((code, value)) = options.next::<O>() {
        if code == 2 {
            return match four(value, 0).map(O::u32)? & 0b11 {
                0b01 => Some(FrameDirection::Incoming),
                0b10 => Some(FrameDirection::Outgoing),
                _ => None,
            };
        }
    }
    None
}

/// Returns block length, major and minor version.
fn section<O: ByteOrder>(header: &[u8; 28]) -> (u32, u16, u16) {
    let length = O::u32([header[4], header[5], header[6], header[7]]);
    (length, O::u16([header[12], header[13]]), O::u16([header[14], header[15]]))
}

#[inline]
fn check_length(length: u32, least: u32) -> Result<(), Fault> {
    if length < least || !length.is_multiple_of(4) {
        return Err(Fault::BlockLength { length, least });
    }
    Ok(())
}

/// Compares the length in the last four bytes of `block` with the one at its start.
#[inline]
fn check_trailer<O: ByteOrder>(block: &[u8], head: u32) -> Result<(), Fault> {
    match block.last_chunk().copied().map(O::u32) {
        Some(tail) if tail != head => Err(Fault::BlockLengths { head, tail }),
        Some(_) | None => Ok(()),
    }
}

#[inline]
fn check_captured(captured: u32, room: usize) -> Result<(), Fault> {
    if captured > MAX_CAPTURED {
        return Err(Fault::Oversized(captured));
    }
    if captured as usize > room {
        return Err(Fault::PacketBeyondBlock { captured, room: offset(room) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{ORDERS, Order as Write, Outcome, Section, read, read_in};
    use super::*;

    const LITTLE: Section = Section(Write::Little);

    /// A section with an Ethernet interface, and `blocks` after that.
    fn section(blocks: &[Vec<u8>]) -> Outcome {
        read([LITTLE.header(), LITTLE.interface(1, 0, &[]), blocks.concat()].concat())
    }

    fn packet(data: &[u8]) -> Vec<u8> {
        LITTLE.packet(0, 1_000_000, data, 60, &[])
    }

    /// Where the first block after [`section`]'s two lies.
    const THIRD_BLOCK: u64 = 28 + 20;

    #[test]
    fn a_packet_block_becomes_a_frame_in_both_byte_orders() {
        for order in ORDERS {
            let section = Section(order);
            let offset = order.i64(1000);
            let file = [
                section.header(),
                section.interface(101, 262_144, &[(2, b"eth0"), (9, &[9]), (14, &offset)]),
                section.packet(0, 5_000_000_007, b"frame", 1500, &[]),
            ];

            let outcome = read(file.concat());

            assert_eq!(outcome.message(), "");
            let [frame] = outcome.frames.as_slice() else { panic!("{outcome:?}") };
            assert_eq!(frame.time, (1005, 7));
            assert_eq!(frame.bytes, b"frame");
            assert_eq!(frame.wire_len, 1500);
            assert_eq!(frame.link_type, LinkType::RawIp);
            assert_eq!(frame.direction, None);
        }
    }

    #[test]
    fn the_flags_of_a_packet_tell_its_direction() {
        for order in ORDERS {
            let section = Section(order);
            let mut file = [section.header(), section.interface(1, 0, &[])].concat();
            for flags in [0b01, 0b10, 0b00, 0b11, 0xffff_fff1] {
                let flags = order.u32(flags);
                file.extend(section.packet(0, 0, b"abc", 60, &[(1, b"a comment"), (2, &flags)]));
            }
            file.extend(section.packet(0, 0, b"abc", 60, &[(2, &[1])]));

            let outcome = read(file);

            assert_eq!(outcome.message(), "");
            let directions: Vec<_> = outcome.frames.iter().map(|frame| frame.direction).collect();
            let (incoming, outgoing) = (FrameDirection::Incoming, FrameDirection::Outgoing);
            assert_eq!(
                directions,
                [Some(incoming), Some(outgoing), None, None, Some(incoming), None]
            );
        }
    }

    #[test]
    fn every_interface_has_its_own_link_type_and_clock() {
        let file = [
            LITTLE.header(),
            LITTLE.interface(1, 0, &[]),
            LITTLE.interface(113, 0, &[(9, &[0x8a])]),
            LITTLE.packet(1, 2048 + 512, b"b", 60, &[]),
            LITTLE.packet(0, 3_000_001, b"a", 60, &[]),
        ];

        let outcome = read(file.concat());

        assert_eq!(outcome.times(), [(2, 500_000_000), (3, 1000)]);
        assert_eq!(outcome.frames[0].link_type, LinkType::LinuxSll);
        assert_eq!(outcome.frames[1].link_type, LinkType::Ethernet);
    }

    #[test]
    fn a_section_starts_anew_in_its_own_byte_order() {
        let big = Section(Write::Big);
        let file = [
            LITTLE.header(),
            LITTLE.interface(1, 0, &[]),
            LITTLE.packet(0, 1_000_000, b"a", 60, &[]),
            big.header(),
            big.interface(101, 0, &[(9, &[3])]),
            big.packet(0, 2_000, b"b", 60, &[]),
            LITTLE.header(),
            LITTLE.packet(0, 3_000_000, b"c", 60, &[]),
        ];

        let outcome = read(file.concat());

        assert_eq!(outcome.times(), [(1, 0), (2, 0)]);
        let fault = "a packet of interface 0, where the section describes 0";
        assert!(outcome.message().ends_with(fault), "{}", outcome.message());
    }

    #[test]
    fn a_simple_packet_is_cut_by_the_snap_length_and_takes_the_time_before_it() {
        let file = [
            LITTLE.header(),
            LITTLE.interface(1, 6, &[]),
            LITTLE.simple(b"abcdef", 60),
            LITTLE.packet(0, 5_000_000, b"a", 60, &[]),
            LITTLE.simple(b"abcdef", 6),
            LITTLE.simple(b"ab", 2),
        ];

        let outcome = read(file.concat());

        assert_eq!(outcome.message(), "");
        assert_eq!(outcome.times(), [(0, 0), (5, 0), (5, 0), (5, 0)]);
        let lengths: Vec<_> =
            outcome.frames.iter().map(|frame| (frame.bytes.len(), frame.wire_len)).collect();
        assert_eq!(lengths, [(6, 60), (1, 60), (6, 6), (2, 2)]);
        assert_eq!(outcome.skipped.untimed, 3);
    }

    #[test]
    fn an_obsolete_packet_block_names_its_interface_in_half_a_field() {
        for order in ORDERS {
            let section = Section(order);
            let mut body = [order.u16(1), order.u16(77)].concat(); // 77 packets lost before it.
            body.extend(order.words(&[0, 6_000_000, 3, 60]));
            body.extend(b"abc\0");
            let file = [
                section.header(),
                section.interface(1, 0, &[]),
                section.interface(101, 0, &[]),
                section.block(2, &body),
            ];

            let outcome = read(file.concat());

            assert_eq!(outcome.message(), "");
            assert_eq!(outcome.times(), [(6, 0)]);
            assert_eq!(outcome.frames[0].bytes, b"abc");
            assert_eq!(outcome.frames[0].link_type, LinkType::RawIp);
        }
    }

    #[test]
    fn blocks_without_packets_are_passed_over() {
        let mut blocks = Vec::new();
        for kind in [4, 5, 9, 10, 0xbad, 0x4000_0bad, 0x8000_0001, 0x1234_5678] {
            blocks.extend([LITTLE.block(kind, &[0xff; 40]), LITTLE.block(kind, b""), packet(b"a")]);
        }

        let outcome = section(&blocks);

        assert_eq!((outcome.frames.len(), outcome.message().as_str()), (8, ""));
    }

    #[test]
    fn a_long_block_is_passed_over_without_being_held() {
        let long = LITTLE.block(5, &vec![0; 3_000_000]);
        let file = [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a"), long, packet(b"b")]
            .concat();

        let outcome = read_in(file, 4096, vec![usize::MAX]);

        assert_eq!((outcome.frames.len(), outcome.message().as_str()), (2, ""));
        assert_eq!(outcome.buffer, 4096);
    }

    #[test]
    fn a_block_that_is_cut_off_is_told_from_its_start() {
        let start = [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a")].concat();
        let at = start.len();
        let skipped = LITTLE.block(5, &[0; 1000]);

        for (tail, message) in [
            (&skipped[..1011], "cut off: needs 1012 bytes, 1011 are there"),
            (&skipped[..700], "cut off: needs 1012 bytes, 700 are there"),
            (&skipped[..7], "cut off: needs 8 bytes, 7 are there"),
            (&packet(b"b")[..35], "cut off: needs 36 bytes, 35 are there"),
            (&LITTLE.header()[..20], "cut off: needs 28 bytes, 20 are there"),
        ] {
            for chunk_size in [1, 100, 1 << 20] {
                let file = [&start, tail].concat();

                let outcome = read_in(file, chunk_size, vec![13]);

                assert_eq!(outcome.frames.len(), 1);
                assert_eq!(outcome.message(), format!("sample is broken at byte {at}: {message}"));
            }
        }
    }

    #[test]
    fn a_block_that_contradicts_itself_is_a_fault_behind_the_frames_before_it() {
        let with = |mut block: Vec<u8>, at: usize, word: u32| {
            block[at..at + 4].copy_from_slice(&word.to_le_bytes());
            block
        };
        let many = vec![LITTLE.interface(1, 0, &[]); MAX_INTERFACES].concat();
        let last = THIRD_BLOCK + 36 + 20 * (MAX_INTERFACES as u64 - 1);

        for (block, at, fault) in [
            (
                with(packet(b"b"), 4, 38),
                THIRD_BLOCK + 36,
                "block length 38, where a multiple of 4 and at least 32 is needed",
            ),
            (
                with(LITTLE.block(5, b""), 4, 8),
                THIRD_BLOCK + 36,
                "block length 8, where a multiple of 4 and at least 12 is needed",
            ),
            (
                with(packet(b"b"), 32, 40),
                THIRD_BLOCK + 36,
                "block length 36 at its start and 40 at its end",
            ),
            (
                with(LITTLE.block(5, &[0; 8]), 16, 24),
                THIRD_BLOCK + 36,
                "block length 20 at its start and 24 at its end",
            ),
            (
                with(packet(b"b"), 8, 3),
                THIRD_BLOCK + 36,
                "a packet of interface 3, where the section describes 1",
            ),
            (
                with(packet(b"b"), 20, 5),
                THIRD_BLOCK + 36,
                "a packet of 5 bytes in a block with room for 4",
            ),
            (
                with(packet(b"b"), 20, 262_145),
                THIRD_BLOCK + 36,
                "a packet of 262145 bytes, where at most 262144 can be",
            ),
            (
                with(packet(b"b"), 4, 1 << 30),
                THIRD_BLOCK + 36,
                "a block of 1073741824 bytes of type 6, where at most 1048576 can be",
            ),
            (
                with(LITTLE.interface(1, 0, &[(2, b"eth0")]), 16, 0x00ff_0002),
                THIRD_BLOCK + 36,
                "an interface option that runs past the end of its block",
            ),
            (
                with(LITTLE.header(), 8, 0x1a2b_3c4e),
                THIRD_BLOCK + 36,
                "byte-order magic 0x4e3c2b1a, where 0x1a2b3c4d is expected in either order",
            ),
            (
                with(LITTLE.header(), 12, 2),
                THIRD_BLOCK + 36,
                "pcapng version 2.0, where 1.0 is read",
            ),
            (many, last, "more than 65536 interfaces in one section"),
        ] {
            let start = [LITTLE.header(), LITTLE.interface(1, 0, &[]), packet(b"a")].concat();
            for chunk_size in [1, 1 << 20] {
                let file = [start.as_slice(), &block, &packet(b"c")].concat();

                let outcome = read_in(file, chunk_size, vec![usize::MAX]);

                assert_eq!(outcome.times(), [(1, 0)], "{fault}");
                assert_eq!(outcome.message(), format!("sample is broken at byte {at}: {fault}"));
            }
        }
    }

    #[test]
    fn a_damaged_option_of_a_packet_costs_its_direction_only() {
        let mut damaged = LITTLE.packet(0, 0, b"abcd", 60, &[(2, &[1, 0, 0, 0])]);
        damaged[34] = 200;

        let outcome = section(&[damaged]);

        assert_eq!((outcome.frames.len(), outcome.message().as_str()), (1, ""));
        assert_eq!(outcome.frames[0].direction, None);
    }

    #[test]
    fn packets_of_link_types_that_are_not_read_are_counted_beside_others() {
        let file = [
            LITTLE.header(),
            LITTLE.interface(105, 0, &[]),
            LITTLE.interface(1, 0, &[]),
            LITTLE.interface(9, 0, &[]),
            LITTLE.interface(127, 0, &[]),
            LITTLE.packet(0, 0, b"a", 60, &[]),
            LITTLE.simple(b"a", 1),
            LITTLE.packet(1, 0, b"a", 60, &[]),
            LITTLE.packet(2, 0, b"a", 60, &[]),
        ];

        let outcome = read(file.concat());

        assert_eq!((outcome.frames.len(), outcome.message().as_str()), (1, ""));
        assert_eq!(outcome.skipped.link_types, [(9, 1), (105, 2)]);
        assert_eq!(outcome.skipped.untimed, 0);
    }

    #[test]
    fn a_capture_without_a_link_type_that_is_read_is_refused_by_the_first_name() {
        let mut file = [
            LITTLE.header(),
            LITTLE.interface(1, 0, &[]),
            LITTLE.interface(239, 0, &[]),
            LITTLE.interface(9, 0, &[]),
            LITTLE.packet(1, 0, b"a", 60, &[]),
            LITTLE.packet(2, 0, b"a", 60, &[]),
        ]
        .concat();

        for _ in 0..2 {
            let message = read(file.clone()).message();

            assert!(message.starts_with("sample has link type 239 (NFLOG),"), "{message}");
            file.push(0); // Broken, too; but there was nothing to read before that.
        }
        let unused = [LITTLE.header(), LITTLE.interface(239, 0, &[])].concat();
        assert_eq!(read(unused).message(), "");
    }

    #[test]
    fn packets_before_1970_and_after_2554_are_counted() {
        let back = Write::Little.i64(-10);
        let file = [
            LITTLE.header(),
            LITTLE.interface(1, 0, &[(14, &back)]),
            LITTLE.packet(0, 9_999_999, b"a", 60, &[]),
            LITTLE.packet(0, 10_000_000, b"a", 60, &[]),
            LITTLE.interface(1, 0, &[(9, &[0])]),
            LITTLE.packet(1, u64::MAX, b"a", 60, &[]),
        ];

        let outcome = read(file.concat());

        assert_eq!((outcome.times(), outcome.message().as_str()), (vec![(0, 0)], ""));
        assert_eq!(outcome.skipped.out_of_time, 2);
    }
}

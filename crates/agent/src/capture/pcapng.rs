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
mod tests;

//! pcap: a file header, and records of one link type (draft-ietf-opsawg-pcap).

use flowlogd_packet::{FrameDirection, LinkType};

use super::byte_order::{Big, ByteOrder, Little};
use super::error::Fault;
use super::reader::{MAX_CAPTURED, Walk};
use super::{Chunk, FrameRef};

/// Bytes before the first record.
pub(super) const FILE_HEADER: usize = 24;

/// What the file header says of the records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    variant: Variant,
    link_type: LinkType,
}

/// Byte order, unit of the part below a second, and form of the record header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    order: Order,
    /// Nanoseconds in one unit: 1000 or 1.
    nanos: u32,
    record: Record,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    /// 16 bytes: seconds, fraction, captured length, length on the wire.
    Plain,
    /// 24 bytes: after these the interface, the `EtherType` and the kernel's packet type, as
    /// Alexey Kuznetsov's patched libpcap wrote them in Linux's early days.
    Kuznetsov,
}

impl Variant {
    /// Returns what the first four bytes of a file stand for, if it is pcap.
    pub(super) fn from_magic(magic: [u8; 4]) -> Option<Self> {
        let of = |order, nanos, record| Some(Self { order, nanos, record });
        match magic {
            [0xd4, 0xc3, 0xb2, 0xa1] => of(Order::Little, 1000, Record::Plain),
            [0xa1, 0xb2, 0xc3, 0xd4] => of(Order::Big, 1000, Record::Plain),
            [0x4d, 0x3c, 0xb2, 0xa1] => of(Order::Little, 1, Record::Plain),
            [0xa1, 0xb2, 0x3c, 0x4d] => of(Order::Big, 1, Record::Plain),
            [0x34, 0xcd, 0xb2, 0xa1] => of(Order::Little, 1000, Record::Kuznetsov),
            [0xa1, 0xb2, 0xcd, 0x34] => of(Order::Big, 1000, Record::Kuznetsov),
            _ => None,
        }
    }

    /// Returns the number of the link type in `header`.
    ///
    /// The upper half of the field tells of frame check sequences, which no IP length counts.
    pub(super) fn link_type(self, header: &[u8; FILE_HEADER]) -> Result<u16, Fault> {
        match self.order {
            Order::Little => link_type::<Little>(header),
            Order::Big => link_type::<Big>(header),
        }
    }
}

impl Pcap {
    /// The records after a file header of `variant` and `link_type`.
    pub(super) fn new(variant: Variant, link_type: LinkType) -> Self {
        Self { variant, link_type }
    }

    /// Appends the frames that lie wholly between `*at` and `filled` to `chunk`.
    pub(super) fn walk(self, chunk: &mut Chunk, at: &mut usize, filled: usize) -> Walk {
        match (self.variant.order, self.variant.record) {
            (Order::Little, Record::Plain) => self.records::<Little, 16>(chunk, at, filled),
            (Order::Big, Record::Plain) => self.records::<Big, 16>(chunk, at, filled),
            (Order::Little, Record::Kuznetsov) => self.records::<Little, 24>(chunk, at, filled),
            (Order::Big, Record::Kuznetsov) => self.records::<Big, 24>(chunk, at, filled),
        }
    }

    fn records<O: ByteOrder, const HEADER: usize>(
        self,
        chunk: &mut Chunk,
        at: &mut usize,
        filled: usize,
    ) -> Walk {
        let whole = chunk.bytes.get(..filled).unwrap_or_default();
        let mut rest = whole.get(*at..).unwrap_or_default();
        let walk = loop {
            let Some((header, after)) = rest.split_first_chunk::<HEADER>() else {
                break Walk::Needs(HEADER);
            };
            let Some((&[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, w0, w1, w2, w3], more)) =
                header.split_first_chunk::<16>()
            else {
                break Walk::Needs(HEADER);
            };
            let captured = O::u32([c0, c1, c2, c3]);
            if captured > MAX_CAPTURED {
                break Walk::Faulty(Fault::Oversized(captured));
            }
            let Some(next) = after.get(captured as usize..) else {
                break Walk::Needs(HEADER + captured as usize);
            };

            let (secs, nanos) = self.timestamp(O::u32([s0, s1, s2, s3]), O::u32([f0, f1, f2, f3]));
            chunk.frames.push(FrameRef {
                secs,
                nanos,
                offset: offset(whole.len() - after.len()),
                captured,
                // Some writers get the second length wrong; what is there was on the wire.
                wire_len: O::u32([w0, w1, w2, w3]).max(captured),
                link_type: self.link_type,
                direction: direction(more),
                gso: None,
            });
            rest = next;
        };

        *at = whole.len() - rest.len();
        walk
    }

    /// Returns the time in a record. Writers that let the fraction reach a second meant a later
    /// second.
    #[inline]
    fn timestamp(self, secs: u32, fraction: u32) -> (u64, u32) {
        const SECOND: u64 = 1_000_000_000;

        let nanos = u64::from(fraction) * u64::from(self.variant.nanos);
        if nanos < SECOND {
            (u64::from(secs), fraction * self.variant.nanos)
        } else {
            carried(secs, nanos)
        }
    }
}

/// Returns `secs` and `nanos` with whole seconds moved to the first.
#[cold]
fn carried(secs: u32, nanos: u64) -> (u64, u32) {
    const SECOND: u64 = 1_000_000_000;

    // A remainder of 10^9 always fits.
    (u64::from(secs) + nanos / SECOND, u32::try_from(nanos % SECOND).unwrap_or(0))
}

/// Returns a place in a chunk, whose size [`CaptureReader`](super::CaptureReader) keeps far
/// below 4 GiB.
#[inline]
pub(super) fn offset(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Returns what the last 8 bytes of Kuznetsov's record header say: interface (4), `EtherType` (2),
/// packet type (1), padding. A plain record has none.
#[inline]
fn direction(more: &[u8]) -> Option<FrameDirection> {
    match more {
        // To us, to all, to some.
        [_, _, _, _, _, _, 0..=2, _] => Some(FrameDirection::Incoming),
        [_, _, _, _, _, _, 4, _] => Some(FrameDirection::Outgoing),
        _ => None,
    }
}

fn link_type<O: ByteOrder>(header: &[u8; FILE_HEADER]) -> Result<u16, Fault> {
    let (major, minor) = (O::u16([header[4], header[5]]), O::u16([header[6], header[7]]));
    if major != 2 {
        return Err(Fault::PcapVersion { major, minor });
    }
    let field = O::u32([header[20], header[21], header[22], header[23]]);
    // Masked, so it always fits.
    Ok(u16::try_from(field & 0xffff).unwrap_or(u16::MAX))
}

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
        // To us, to all, to some; what was to another host says nothing of us.
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

#[cfg(test)]
mod tests {
    use super::super::sample::{ORDERS, Order, Outcome, pcap_header, pcap_record, read};
    use super::*;

    const MICROS: u32 = 0xa1b2_c3d4;
    const NANOS: u32 = 0xa1b2_3c4d;
    const KUZNETSOV: u32 = 0xa1b2_cd34;

    fn ethernet(records: &[Vec<u8>]) -> Outcome {
        let header = pcap_header(Order::Little, MICROS, 65_535, 1);
        read([header, records.concat()].concat())
    }

    fn record(data: &[u8]) -> Vec<u8> {
        pcap_record(Order::Little, 1_600_000_000, 5, data, u32::try_from(data.len()).unwrap())
    }

    #[test]
    fn a_record_becomes_a_frame_in_both_byte_orders_and_units() {
        for order in ORDERS {
            for (magic, nanos) in [(MICROS, 123_456_000), (NANOS, 123_456)] {
                let mut file = pcap_header(order, magic, 65_535, 101);
                file.extend(pcap_record(order, 1_600_000_000, 123_456, b"frame", 1500));

                let outcome = read(file);

                assert_eq!(outcome.message(), "");
                let [frame] = outcome.frames.as_slice() else { panic!("{outcome:?}") };
                assert_eq!(frame.time, (1_600_000_000, nanos));
                assert_eq!(frame.bytes, b"frame");
                assert_eq!(frame.wire_len, 1500);
                assert_eq!(frame.link_type, LinkType::RawIp);
                assert_eq!(frame.direction, None);
            }
        }
    }

    #[test]
    fn kuznetsovs_records_have_a_longer_header_that_tells_the_direction() {
        for order in ORDERS {
            let mut file = pcap_header(order, KUZNETSOV, 65_535, 1);
            for kind in [0, 4, 3] {
                file.extend(order.words(&[7, 8, 5, 5, 2]));
                file.extend([0, 8, kind, 0]);
                file.extend(b"frame");
            }

            let outcome = read(file);

            assert_eq!(outcome.message(), "");
            let directions: Vec<_> = outcome.frames.iter().map(|frame| frame.direction).collect();
            let (incoming, outgoing) = (FrameDirection::Incoming, FrameDirection::Outgoing);
            assert_eq!(directions, [Some(incoming), Some(outgoing), None]);
            assert!(outcome.frames.iter().all(|frame| frame.bytes == b"frame"));
            assert_eq!(outcome.times(), [(7, 8000); 3]);
        }
    }

    #[test]
    fn the_upper_half_of_the_link_type_field_does_not_count() {
        for link in [1, 0x1400_0001, 0xf3ff_0001] {
            let mut file = pcap_header(Order::Little, MICROS, 65_535, link);
            file.extend(record(b"frame"));

            assert_eq!(read(file).frames[0].link_type, LinkType::Ethernet);
        }
    }

    #[test]
    fn a_snap_length_of_nothing_or_everything_is_no_fault() {
        for snap_len in [0, 1, 262_144, u32::MAX] {
            let mut file = pcap_header(Order::Little, MICROS, snap_len, 1);
            file.extend(record(b"frame"));

            let outcome = read(file);

            assert_eq!((outcome.frames.len(), outcome.message().as_str()), (1, ""));
        }
    }

    #[test]
    fn a_frame_is_at_least_as_long_on_the_wire_as_in_the_file() {
        let outcome = ethernet(&[pcap_record(Order::Little, 0, 0, b"frame", 2)]);

        assert_eq!((outcome.frames[0].bytes.len(), outcome.frames[0].wire_len), (5, 5));
    }

    #[test]
    fn a_fraction_of_a_second_or_more_is_carried() {
        let mut file = pcap_header(Order::Big, MICROS, 65_535, 1);
        for fraction in [999_999, 1_000_000, u32::MAX] {
            file.extend(pcap_record(Order::Big, 10, fraction, b"", 60));
        }

        assert_eq!(read(file).times(), [(10, 999_999_000), (11, 0), (4304, 967_295_000)]);
    }

    #[test]
    fn time_may_go_back_and_reach_2106() {
        let records = [9, 3, u32::MAX].map(|secs| pcap_record(Order::Little, secs, 0, b"", 60));

        assert_eq!(ethernet(&records).times(), [(9, 0), (3, 0), (u64::from(u32::MAX), 0)]);
    }

    #[test]
    fn the_longest_packet_is_read_and_a_longer_one_is_a_fault() {
        let longest = vec![7; MAX_CAPTURED as usize];
        let longer = vec![7; MAX_CAPTURED as usize + 1];

        let outcome = ethernet(&[record(b"a"), record(&longest), record(&longer), record(b"b")]);

        let lengths: Vec<_> = outcome.frames.iter().map(|frame| frame.bytes.len()).collect();
        assert_eq!(lengths, [1, longest.len()]);
        assert_eq!(
            outcome.message(),
            "sample is broken at byte 262201: a packet of 262145 bytes, where at most 262144 can be"
        );
    }

    #[test]
    fn a_record_that_is_cut_off_is_a_fault_behind_the_frames_before_it() {
        let file = [pcap_header(Order::Little, MICROS, 65_535, 1), record(b"one"), record(b"two")]
            .concat();

        for (length, frames, message) in [
            (62, 2, ""),
            (61, 1, "sample is broken at byte 43: cut off: needs 19 bytes, 18 are there"),
            (50, 1, "sample is broken at byte 43: cut off: needs 16 bytes, 7 are there"),
            (43, 1, ""),
            (24, 0, ""),
            (23, 0, "sample is broken at byte 0: cut off: needs 24 bytes, 23 are there"),
            (4, 0, "sample is broken at byte 0: cut off: needs 24 bytes, 4 are there"),
        ] {
            let outcome = read(file[..length].to_vec());

            assert_eq!((outcome.frames.len(), outcome.message().as_str()), (frames, message));
        }
    }

    #[test]
    fn another_version_is_refused() {
        let mut file = pcap_header(Order::Little, MICROS, 65_535, 1);
        file[4] = 3;

        assert_eq!(
            read(file).message(),
            "sample is broken at byte 0: pcap version 3.4, where 2.4 is read"
        );
    }

    #[test]
    fn a_link_type_that_is_not_read_is_refused_by_name() {
        let mut file = pcap_header(Order::Big, MICROS, 65_535, 105);
        file.extend(pcap_record(Order::Big, 0, 0, b"frame", 5));

        let outcome = read(file);

        assert!(outcome.frames.is_empty());
        assert_eq!(
            outcome.message(),
            "sample has link type 105 (IEEE 802.11), which is not read; \
             Ethernet, raw IP, BSD loopback and Linux cooked captures are"
        );
    }
}

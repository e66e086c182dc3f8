//! Packets on their way from the parser to the shard that judges and counts them.

use std::collections::BTreeMap;

use flowlogd_flowlog::{KeyV4, KeyV6, PackedKey, Sighting};
use flowlogd_packet::{
    Addresses, Fragment, Icmp, LinkInfo, NonIp, PacketHeader, ParseError, ParsedFrame,
    QuotedHeader, parse,
};
use flowlogd_vpc::{InterfaceSet, Points, Tick};

use crate::capture::{Chunk, FrameRef};

/// The number of shards, whatever the number of threads, so that the output does not depend on it
/// (`semantics.md` 32).
pub(crate) const SHARDS: usize = 64;

/// A parsed packet in one cache line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueuedPacket {
    /// The flow key of an IPv4 packet, not yet at an interface.
    pub(crate) v4: KeyV4,
    pub(crate) secs: u64,
    pub(crate) tick: Tick,
    /// Counted from the start of the round.
    sequence: u32,
    bytes: u32,
    pub(crate) points: Points,
    /// Index into [`Batch::v6`], or `IPV4`.
    v6: u32,
    /// Fragment identification, index into [`Batch::quoted`], or wire packets of a super-packet.
    extra: u32,
    icmp_id: u16,
    icmp_kind: u8,
    icmp_code: u8,
    protocol: u8,
    tcp_flags: u8,
    marks: u8,
}

const IPV4: u32 = u32::MAX;
const HAS_FLAGS: u8 = 1;
const HAS_ICMP: u8 = 1 << 1;
const HAS_QUOTED: u8 = 1 << 2;
const FIRST_FRAGMENT: u8 = 1 << 3;
const LATER_FRAGMENT: u8 = 1 << 4;
const SUPER_PACKET: u8 = 1 << 5;

/// The packets of a stretch of frames, by shard, and what was not a packet.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) shards: Vec<Vec<QueuedPacket>>,
    pub(crate) v6: Vec<KeyV6>,
    quoted: Vec<QuotedHeader>,
    pub(crate) refused: Refused,
    /// Packets in the queues.
    pub(crate) packets: u64,
}

/// Frames that give no packet for any shard, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Frames that carry something other than IP.
    pub not_ip: BTreeMap<NonIp, u64>,
    /// Such frames of types that the source does not tell.
    pub not_ip_unnamed: u64,
    /// Frames that break off or contradict themselves, by the parser's words.
    pub malformed: BTreeMap<String, u64>,
    /// Packets of no interface of the inventory.
    pub foreign: u64,
}

impl Refused {
    fn count(&mut self, error: ParseError) {
        match error {
            ParseError::NotIp(kind) => *self.not_ip.entry(kind).or_default() += 1,
            ParseError::LinkTruncated | ParseError::IpTruncated | ParseError::IpMalformed => {
                *self.malformed.entry(error.to_string()).or_default() += 1;
            }
        }
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Self) {
        for (kind, frames) in &other.not_ip {
            *self.not_ip.entry(*kind).or_default() += frames;
        }
        for (fault, frames) in &other.malformed {
            *self.malformed.entry(fault.clone()).or_default() += frames;
        }
        self.not_ip_unnamed += other.not_ip_unnamed;
        self.foreign += other.foreign;
    }

    /// Returns the frames that carry something other than IP.
    pub fn not_ip_total(&self) -> u64 {
        self.not_ip.values().sum::<u64>() + self.not_ip_unnamed
    }
}

impl Batch {
    /// Creates an empty batch. Packets are spread over `shards` shards.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            shards: vec![Vec::new(); shards],
            v6: Vec::new(),
            quoted: Vec::new(),
            refused: Refused::default(),
            packets: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.shards.iter_mut().for_each(Vec::clear);
        self.v6.clear();
        self.quoted.clear();
        self.refused = Refused::default();
        self.packets = 0;
    }

    /// Parses frames and sorts their packets into shards. `sequence` is the first frame's place in the
    /// round, `watermark` the highest timestamp before it; `points` says where a packet is judged, and
    /// nothing for foreign ones.
    pub(crate) fn fill(
        &mut self,
        chunk: &Chunk,
        frames: &[FrameRef],
        sequence: u32,
        watermark: u64,
        points: impl Fn(&LinkInfo, &Addresses) -> Option<Points>,
    ) {
        let mut watermark = watermark;
        for (sequence, frame) in (sequence..).zip(frames) {
            watermark = watermark.max(frame.secs);
            // By reference: the parsed frame is larger than what is kept of it.
            let parsed = &parse(frame.link_type, chunk.frame(frame), frame.wire_len);
            let ParsedFrame { header, link } = match parsed {
                Ok(parsed) => parsed,
                Err(error) => {
                    self.refused.count(*error);
                    continue;
                }
            };
            let told = LinkInfo { direction: frame.direction.or(link.direction), ..*link };
            let Some(points) = points(&told, &header.addresses) else {
                self.refused.foreign += 1;
                continue;
            };
            self.push(header, frame, sequence, Tick(watermark), points);
        }
    }

    #[inline]
    fn push(
        &mut self,
        header: &PacketHeader,
        frame: &FrameRef,
        sequence: u32,
        tick: Tick,
        points: Points,
    ) {
        let mut marks = 0;
        let mut extra = 0;
        let mut bytes = header.bytes;
        let mut home = &header.addresses;
        match header.fragment {
            Fragment::Whole => {
                if let Some(gso) = frame.gso {
                    marks |= SUPER_PACKET;
                    extra = u32::from(gso.segments.get());
                    bytes += gso.extra_bytes();
                } else if let Some(quoted) = &header.quoted {
                    marks |= HAS_QUOTED;
                    extra = index(self.quoted.len());
                    self.quoted.push(*quoted);
                    // With the connection that it is about.
                    home = &quoted.addresses;
                }
            }
            Fragment::First { id } => {
                marks |= FIRST_FRAGMENT;
                extra = id;
            }
            Fragment::Later { id } => {
                marks |= LATER_FRAGMENT;
                extra = id;
            }
        }
        let shard = self.shard_of(home);
        let (v4, v6) = match header.addresses {
            Addresses::V4 { src, dst } => {
                (KeyV4::new(src, dst, header.srcport, header.dstport, header.protocol), IPV4)
            }
            Addresses::V6 { src, dst } => {
                self.v6.push(KeyV6::new(src, dst, header.srcport, header.dstport, header.protocol));
                (KeyV4::FREE, index(self.v6.len() - 1))
            }
        };
        let icmp = header.icmp.unwrap_or(Icmp { kind: 0, code: 0, id: 0 });
        marks |= if header.tcp_flags.is_some() { HAS_FLAGS } else { 0 };
        marks |= if header.icmp.is_some() { HAS_ICMP } else { 0 };
        let packet = QueuedPacket {
            v4,
            secs: frame.secs,
            tick,
            sequence,
            bytes,
            points,
            v6,
            extra,
            icmp_id: icmp.id,
            icmp_kind: icmp.kind,
            icmp_code: icmp.code,
            protocol: header.protocol,
            tcp_flags: header.tcp_flags.unwrap_or(0),
            marks,
        };
        if let Some(queue) = self.shards.get_mut(shard) {
            queue.push(packet);
            self.packets += 1;
        }
    }

    /// Both directions of an address pair have one shard, and with it one connection table.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of shards")]
    fn shard_of(&self, addresses: &Addresses) -> usize {
        let mixed = match *addresses {
            Addresses::V4 { src, dst } => {
                let (src, dst) = (src.to_bits(), dst.to_bits());
                u64::from(src.min(dst)) << 32 | u64::from(src.max(dst))
            }
            Addresses::V6 { src, dst } => {
                let sum = src.to_bits().wrapping_add(dst.to_bits());
                (sum >> 64) as u64 ^ (sum as u64).rotate_left(29)
            }
        };
        let hash = (mixed ^ mixed >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((u128::from(hash) * self.shards.len() as u128) >> 64) as usize
    }

    /// Returns what the rules need to know of a packet of this batch.
    pub(crate) fn header(&self, packet: &QueuedPacket) -> PacketHeader {
        let key = match self.key_v6(packet) {
            Some(key) => key.unpack(),
            None => packet.v4.unpack(),
        };
        PacketHeader {
            addresses: key.addresses,
            protocol: key.protocol,
            srcport: key.srcport,
            dstport: key.dstport,
            tcp_flags: packet.tcp_flags(),
            icmp: (packet.marks & HAS_ICMP != 0).then_some(Icmp {
                kind: packet.icmp_kind,
                code: packet.icmp_code,
                id: packet.icmp_id,
            }),
            fragment: packet.fragment(),
            bytes: packet.bytes,
            quoted: (packet.marks & HAS_QUOTED != 0)
                .then(|| self.quoted.get(packet.extra as usize).copied())
                .flatten(),
        }
    }

    /// Returns the flow key of an IPv6 packet; none for IPv4.
    #[inline]
    pub(crate) fn key_v6(&self, packet: &QueuedPacket) -> Option<KeyV6> {
        if packet.v6 == IPV4 { None } else { self.v6.get(packet.v6 as usize).copied() }
    }
}

fn index(len: usize) -> u32 {
    u32::try_from(len).expect("a chunk holds fewer than 2^32 frames")
}

impl QueuedPacket {
    #[inline]
    const fn tcp_flags(&self) -> Option<u8> {
        if self.marks & HAS_FLAGS != 0 { Some(self.tcp_flags) } else { None }
    }

    pub(crate) const fn fragment(&self) -> Fragment {
        if self.marks & FIRST_FRAGMENT != 0 {
            Fragment::First { id: self.extra }
        } else if self.marks & LATER_FRAGMENT != 0 {
            Fragment::Later { id: self.extra }
        } else {
            Fragment::Whole
        }
    }

    #[inline]
    pub(crate) const fn is_fragment(&self) -> bool {
        self.marks & (FIRST_FRAGMENT | LATER_FRAGMENT) != 0
    }

    /// Returns the packet as the flow table counts it, given the sequence number of the round's start.
    #[inline]
    pub(crate) const fn sighting(&self, round: u64) -> Sighting {
        Sighting {
            secs: self.secs,
            tick: self.tick,
            sequence: round + self.sequence as u64,
            packets: if self.marks & SUPER_PACKET != 0 { self.extra } else { 1 },
            bytes: self.bytes as u64,
            protocol: self.protocol,
            tcp_flags: self.tcp_flags(),
        }
    }
}

/// Where packets without inventory are judged: nowhere, that is at the nameless interface.
pub(crate) const NOWHERE: Points =
    Points { egress: InterfaceSet::EMPTY, ingress: InterfaceSet::EMPTY };

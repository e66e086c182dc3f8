//! What is kept of a flow in one window.

use flowlogd_packet::{protocol, tcp_flag};
use flowlogd_vpc::{
    ConnectionHint, Decision, GroundIndex, Initiator, Lacking, NearestMiss, Reuse, Tick, Verdict,
};

/// The number of a ruleset in a rule timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u16);

/// One packet (or the wire packets that one captured super-packet stands for) on its way into a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its timestamp, in Unix seconds: decides the window.
    pub secs: u64,
    /// The packets' clock when it was read: decides what may be reused.
    pub tick: Tick,
    /// Its place in the capture: of two packets, the one with the lower number came first.
    pub sequence: u64,
    /// Wire packets.
    pub packets: u32,
    /// IP bytes of all of them.
    pub bytes: u64,
    /// IANA protocol number.
    pub protocol: u8,
    /// The TCP header's flags; `None` where there is none or the capture cut it off.
    pub tcp_flags: Option<u8>,
}

impl Sighting {
    /// Returns the bits that AWS reports for this packet (flow-logs.md §4.8).
    const fn reported_flags(&self) -> u8 {
        let Some(flags) = self.tcp_flags else { return 0 };
        let with_syn = if flags & tcp_flag::SYN != 0 { flags & tcp_flag::ACK } else { 0 };
        flags & (tcp_flag::FIN | tcp_flag::SYN | tcp_flag::RST) | with_syn
    }

    /// Returns whether the packet can open or close a TCP connection, so that no verdict of another
    /// packet may stand for it. One whose flags were cut off might.
    const fn may_change_connection(&self) -> bool {
        match self.tcp_flags {
            Some(flags) => flags & (tcp_flag::FIN | tcp_flag::SYN | tcp_flag::RST) != 0,
            None => self.protocol == protocol::TCP,
        }
    }
}

/// What another judge, the kernel's, has counted of a flow in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// Wire packets.
    pub packets: u64,
    /// IP bytes of all of them.
    pub bytes: u64,
    /// Orders it among other pieces of the same flow: the lower, the earlier its first packet.
    pub first_sequence: u64,
    /// What decided the first packet, under which ruleset; nothing where flows are not judged.
    pub decision: Option<(Decision, Generation)>,
    /// Seconds of the first and last packet after the window's start.
    pub offsets: (u16, u16),
    /// AWS's TCP flags of all packets `ORed`; `None` where none could be read.
    pub tcp_flags: Option<u8>,
    /// Whether a later packet was decided by another rule than the first.
    pub is_mixed: bool,
    /// Who opened the connection.
    pub initiator: Initiator,
}

/// A flow's counters and what decided about it. 48 bytes: with an IPv4 key, one cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    packets: u64,
    bytes: u64,
    first_sequence: u64,
    first_decision: PackedDecision,
    /// Low bits of the tick of the last judged packet; a window is far shorter than their period.
    judged_tick: u16,
    /// Seconds after the window's start.
    first: u16,
    last: u16,
    first_generation: Generation,
    judged_generation: Generation,
    tcp_flags: u8,
    marks: u8,
    reuse: PackedReuse,
    connection: PackedHint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum PackedReuse {
    Never,
    WithinTick,
    RulesOnly,
}

/// A [`ConnectionHint`] in 3 bytes; what they cannot hold is no hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedHint([u8; 3]);

impl PackedHint {
    const NONE: Self = Self([u8::MAX; 3]);

    fn pack(hint: ConnectionHint) -> Self {
        match hint.0.to_le_bytes() {
            [a, b, c, 0] => Self([a, b, c]),
            [..] => Self::NONE,
        }
    }

    const fn unpack(self) -> ConnectionHint {
        let Self([a, b, c]) = self;
        match u32::from_le_bytes([a, b, c, 0]) {
            0xff_ffff => ConnectionHint::NONE,
            place => ConnectionHint(place),
        }
    }
}

/// Set where at least one packet's TCP flags could be read.
const FLAGS_KNOWN: u8 = 1;
/// Set where a later packet was decided by another rule than the first.
const MIXED: u8 = 1 << 1;
/// Set where the flow was judged at all.
const JUDGED: u8 = 1 << 2;
const BY_SOURCE: u8 = 1 << 3;
const BY_DESTINATION: u8 = 1 << 4;

/// A [`Decision`] in 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedDecision {
    /// Ground (30 bits), tracked (1 bit).
    ground: u32,
    /// Rule (30 bits), lacking (2 bits); all ones: none.
    miss: u32,
}

const GROUND_MASK: u32 = (1 << 30) - 1;
const TRACKED: u32 = 1 << 31;
const NO_MISS: u32 = u32::MAX;

impl From<Decision> for PackedDecision {
    fn from(decision: Decision) -> Self {
        let miss = decision.nearest_miss.map_or(NO_MISS, |miss| {
            let lacking = match miss.lacking {
                Lacking::Port => 0,
                Lacking::Peer => 1,
                Lacking::Protocol => 2,
                Lacking::Family => 3,
            };
            miss.rule.0 & GROUND_MASK | lacking << 30
        });
        let tracked = if decision.tracked { TRACKED } else { 0 };
        Self { ground: decision.ground.0 & GROUND_MASK | tracked, miss }
    }
}

impl From<PackedDecision> for Decision {
    fn from(packed: PackedDecision) -> Self {
        let nearest_miss = (packed.miss != NO_MISS).then_some(NearestMiss {
            rule: GroundIndex(packed.miss & GROUND_MASK),
            lacking: match packed.miss >> 30 {
                0 => Lacking::Port,
                1 => Lacking::Peer,
                2 => Lacking::Protocol,
                _ => Lacking::Family,
            },
        });
        Self {
            ground: GroundIndex(packed.ground & GROUND_MASK),
            tracked: packed.ground & TRACKED != 0,
            nearest_miss,
        }
    }
}

impl Tally {
    /// The tally of no packets; marks a free place in the flow table.
    pub(crate) const EMPTY: Self = Self {
        packets: 0,
        bytes: 0,
        first_sequence: u64::MAX,
        first_decision: PackedDecision { ground: 0, miss: NO_MISS },
        judged_tick: 0,
        first: u16::MAX,
        last: 0,
        first_generation: Generation(0),
        judged_generation: Generation(0),
        tcp_flags: 0,
        marks: 0,
        reuse: PackedReuse::Never,
        connection: PackedHint::NONE,
    };

    /// Takes over what was counted elsewhere.
    pub fn gathered(flow: &Gathered) -> Self {
        let by = match flow.initiator {
            Initiator::Source => BY_SOURCE,
            Initiator::Destination => BY_DESTINATION,
            Initiator::Unknown => 0,
        };
        let flags_known = if flow.tcp_flags.is_some() { FLAGS_KNOWN } else { 0 };
        let unjudged = Self {
            packets: flow.packets,
            bytes: flow.bytes,
            first_sequence: flow.first_sequence,
            first: flow.offsets.0,
            last: flow.offsets.1,
            tcp_flags: flow.tcp_flags.unwrap_or(0),
            marks: flags_known,
            ..Self::EMPTY
        };
        let Some((decision, generation)) = flow.decision else { return unjudged };
        Self {
            first_decision: decision.into(),
            first_generation: generation,
            marks: flags_known | JUDGED | by | if flow.is_mixed { MIXED } else { 0 },
            ..unjudged
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.packets == 0
    }

    /// Counts a packet, `offset` seconds into the window.
    #[inline]
    pub(crate) fn count(&mut self, seen: &Sighting, offset: u16) {
        self.packets += u64::from(seen.packets);
        self.bytes += seen.bytes;
        self.first_sequence = self.first_sequence.min(seen.sequence);
        self.first = self.first.min(offset);
        self.last = self.last.max(offset);
        self.tcp_flags |= seen.reported_flags();
        self.marks |= u8::from(seen.tcp_flags.is_some()) * FLAGS_KNOWN;
    }

    /// Remembers what decided about the packet that is counted next.
    pub(crate) fn learn(&mut self, verdict: &Verdict, generation: Generation, tick: Tick) {
        let decision = PackedDecision::from(verdict.decision);
        if self.is_empty() {
            self.first_decision = decision;
            self.first_generation = generation;
            self.marks |= JUDGED
                | match verdict.initiator {
                    Initiator::Source => BY_SOURCE,
                    Initiator::Destination => BY_DESTINATION,
                    Initiator::Unknown => 0,
                };
        } else if self.first_decision.ground & GROUND_MASK != decision.ground & GROUND_MASK {
            self.marks |= MIXED;
        }
        self.judged_generation = generation;
        self.judged_tick = low_bits(tick);
        self.connection = PackedHint::pack(verdict.connection);
        self.reuse = match verdict.reuse {
            Reuse::Never => PackedReuse::Never,
            Reuse::WithinTick => PackedReuse::WithinTick,
            Reuse::RulesOnly => PackedReuse::RulesOnly,
        };
    }

    /// Returns whether the acceptance of an earlier packet stands for this one (`semantics.md` 7).
    #[inline]
    pub(crate) fn stands_for(&self, seen: &Sighting, generation: Generation) -> bool {
        self.reuse == PackedReuse::WithinTick
            && self.judged_generation == generation
            && self.judged_tick == low_bits(seen.tick)
            && !seen.may_change_connection()
    }

    /// Returns where the flow's connection was, if it is an accepted flow, and this generation's rules
    /// have accepted a packet of it.
    #[inline]
    pub(crate) fn connection(&self, generation: Generation) -> ConnectionHint {
        if self.judged_generation == generation {
            self.connection.unpack()
        } else {
            ConnectionHint::NONE
        }
    }

    /// Returns the refusal that stands unless there is a connection (`semantics.md` 7). It is told with
    /// the first packet's reason only if that was of the same generation.
    pub(crate) fn refusal_by_rules(&self, generation: Generation) -> Option<Decision> {
        let stands = self.reuse == PackedReuse::RulesOnly
            && self.judged_generation == generation
            && self.first_generation == generation
            && self.marks & MIXED == 0;
        stands.then(|| self.first_decision.into())
    }

    /// Adds the same flow's packets from another table.
    pub(crate) fn merge(&mut self, other: &Self) {
        let mixed = self.marks & JUDGED != 0
            && self.first_decision.ground & GROUND_MASK
                != other.first_decision.ground & GROUND_MASK;
        let (earlier, later) = if other.first_sequence < self.first_sequence {
            (*other, *self)
        } else {
            (*self, *other)
        };
        *self = Self {
            packets: earlier.packets.saturating_add(later.packets),
            bytes: earlier.bytes.saturating_add(later.bytes),
            first: earlier.first.min(later.first),
            last: earlier.last.max(later.last),
            tcp_flags: earlier.tcp_flags | later.tcp_flags,
            marks: earlier.marks
                | later.marks & (FLAGS_KNOWN | MIXED)
                | if mixed { MIXED } else { 0 },
            ..earlier
        };
    }

    /// Moves the flow into a longer window that begins so many seconds earlier.
    pub(crate) fn delay(&mut self, seconds: u16) {
        self.first = self.first.saturating_add(seconds);
        self.last = self.last.saturating_add(seconds);
    }

    /// Writes everything but what is only of use as long as the flow is counted into.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.packets.to_le_bytes());
        out.extend(self.bytes.to_le_bytes());
        out.extend(self.first_sequence.to_le_bytes());
        out.extend(self.first_decision.ground.to_le_bytes());
        out.extend(self.first_decision.miss.to_le_bytes());
        out.extend(self.first.to_le_bytes());
        out.extend(self.last.to_le_bytes());
        out.extend(self.first_generation.0.to_le_bytes());
        out.extend([self.tcp_flags, self.marks]);
    }

    /// Bytes of an encoded tally.
    pub(crate) const ENCODED: usize = 40;

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8; Self::ENCODED]) -> Self {
        let word = |at: usize| u64::from_le_bytes(part(bytes, at));
        let half = |at: usize| u32::from_le_bytes(part(bytes, at));
        let quarter = |at: usize| u16::from_le_bytes(part(bytes, at));
        let [tcp_flags, marks] = part(bytes, 38);
        Self {
            packets: word(0),
            bytes: word(8),
            first_sequence: word(16),
            first_decision: PackedDecision { ground: half(24), miss: half(28) },
            first: quarter(32),
            last: quarter(34),
            first_generation: Generation(quarter(36)),
            tcp_flags,
            marks,
            ..Self::EMPTY
        }
    }

    /// Returns the number of packets.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Returns the sum of the packets' IP lengths.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the place of the first packet in the capture.
    pub const fn first_sequence(&self) -> u64 {
        self.first_sequence
    }

    /// Returns the seconds of the first and last packet after the window's start.
    pub const fn offsets(&self) -> (u16, u16) {
        (self.first, self.last)
    }

    /// Returns AWS's TCP flags of all packets `ORed`; `None` where none could be read.
    pub const fn tcp_flags(&self) -> Option<u8> {
        if self.marks & FLAGS_KNOWN != 0 { Some(self.tcp_flags) } else { None }
    }

    /// Returns what decided the first packet and under which ruleset; `None` for unjudged flows.
    pub fn decision(&self) -> Option<(Decision, Generation)> {
        (self.marks & JUDGED != 0).then(|| (self.first_decision.into(), self.first_generation))
    }

    /// Returns whether a later packet was decided by another rule than the first.
    pub const fn is_mixed(&self) -> bool {
        self.marks & MIXED != 0
    }

    /// Returns who opened the connection, as the first packet's verdict has it.
    pub const fn initiator(&self) -> Initiator {
        if self.marks & BY_SOURCE != 0 {
            Initiator::Source
        } else if self.marks & BY_DESTINATION != 0 {
            Initiator::Destination
        } else {
            Initiator::Unknown
        }
    }
}

/// Returns `N` bytes from a place inside.
fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes.get(at..at + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}

#[expect(clippy::cast_possible_truncation, reason = "only the low bits are kept")]
const fn low_bits(tick: Tick) -> u16 {
    tick.0 as u16
}

#[cfg(test)]
mod tests {
    use flowlogd_vpc::Action;

    use super::*;

    fn seen(sequence: u64, flags: u8) -> Sighting {
        Sighting {
            secs: 0,
            tick: Tick(0),
            sequence,
            packets: 1,
            bytes: 40,
            protocol: 6,
            tcp_flags: Some(flags),
        }
    }

    fn verdict(ground: u32, reuse: Reuse) -> Verdict {
        let decision = Decision { ground: GroundIndex(ground), tracked: false, nearest_miss: None };
        Verdict {
            action: Action::Accept,
            decision,
            initiator: Initiator::Source,
            reuse,
            connection: ConnectionHint(7),
        }
    }

    #[test]
    fn with_an_ipv4_key_it_fills_one_cache_line() {
        assert_eq!(size_of::<Tally>() + size_of::<crate::KeyV4>(), 64);
    }

    #[test]
    fn only_the_flags_that_aws_reports_are_kept() {
        let reported = |flags: u8| seen(0, flags).reported_flags();

        assert_eq!(reported(0x02), 2);
        assert_eq!(reported(0x12), 18);
        assert_eq!(reported(0x10), 0);
        assert_eq!(reported(0x18), 0);
        assert_eq!(reported(0x11), 1);
        assert_eq!(reported(0x14), 4);
        assert_eq!(reported(0xc2), 2);
    }

    #[test]
    fn a_hint_survives_packing_or_is_none() {
        for place in [0, 1, 255, 256, 0xff_fffe] {
            assert_eq!(PackedHint::pack(ConnectionHint(place)).unpack(), ConnectionHint(place));
        }
        for place in [0xff_ffff, 0x100_0000, u32::MAX] {
            assert_eq!(PackedHint::pack(ConnectionHint(place)).unpack(), ConnectionHint::NONE);
        }
    }

    #[test]
    fn a_decision_survives_packing() {
        for lacking in [Lacking::Port, Lacking::Peer, Lacking::Protocol, Lacking::Family] {
            let miss = NearestMiss { rule: GroundIndex(GROUND_MASK - 1), lacking };
            let decision = Decision {
                ground: GroundIndex(GROUND_MASK),
                tracked: true,
                nearest_miss: Some(miss),
            };
            assert_eq!(Decision::from(PackedDecision::from(decision)), decision);
        }
    }

    #[test]
    fn an_acceptance_stands_for_the_same_tick_and_generation_only() {
        let mut tally = Tally::EMPTY;
        tally.learn(&verdict(1, Reuse::WithinTick), Generation(3), Tick(9));
        let data = Sighting { tick: Tick(9), ..seen(1, tcp_flag::ACK) };

        assert!(tally.stands_for(&data, Generation(3)));
        assert!(!tally.stands_for(&data, Generation(4)));
        assert!(!tally.stands_for(&Sighting { tick: Tick(10), ..data }, Generation(3)));
        for flag in [tcp_flag::SYN, tcp_flag::FIN, tcp_flag::RST] {
            assert!(!tally.stands_for(&Sighting { tcp_flags: Some(flag), ..data }, Generation(3)));
        }
        assert!(!tally.stands_for(&Sighting { tcp_flags: None, ..data }, Generation(3)));
    }

    #[test]
    fn the_reason_is_the_first_packets_and_a_different_later_one_is_marked() {
        let (mut early, mut late) = (Tally::EMPTY, Tally::EMPTY);
        early.learn(&verdict(1, Reuse::Never), Generation(0), Tick(0));
        early.count(&seen(7, 0), 0);
        late.learn(&verdict(2, Reuse::Never), Generation(0), Tick(0));
        late.count(&seen(9, 0), 5);

        late.merge(&early);

        assert_eq!(late.decision().map(|(decision, _)| decision.ground), Some(GroundIndex(1)));
        assert!(late.is_mixed());
        assert_eq!(
            (late.packets(), late.bytes(), late.offsets(), late.first_sequence()),
            (2, 80, (0, 5), 7)
        );
    }
}

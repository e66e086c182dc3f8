//! One connection and how it changes.

use flowlogd_packet::{PacketHeader, protocol, tcp_flag};

use super::{Key, Moment};
use crate::ruleset::bits::{AddressBits, PerDirection};
use crate::{Direction, GroundIndex, InterfaceIndex, TrackingTimeouts};

/// Idle TCP that is not established, in seconds (vpc-filtering.md §3.3).
const TCP_OPENING: u32 = 60;
/// How much longer a closing connection lasts.
const TCP_CLOSING: u32 = 2;
/// An ICMP query.
const ICMP_QUERY: u32 = 30;
/// Everything but TCP, UDP and ICMP.
const OTHER_PROTOCOLS: u32 = 600;

/// Interface numbers are smaller.
const NO_INTERFACE: InterfaceIndex = InterfaceIndex(u32::MAX);

/// A tracked connection of an interface.
#[derive(Clone, Debug)]
pub(crate) struct Connection<A> {
    // The fields of a `Key`, flat, so that no byte is lost between them.
    interface: InterfaceIndex,
    local: A,
    remote: A,
    lport: u16,
    rport: u16,
    protocol: u8,
    phase: Phase,
    // Of the packet that opened it.
    initiator: Direction,
    // TCP: a FIN was seen in this direction. UDP: packets were seen in two different ticks.
    marks: Marks,
    ground: GroundIndex,
    // UDP: last packet. TCP: the packet that opened it.
    seen: PerDirection<Moment>,
    // Last moment at which it is alive.
    deadline: Moment,
}

const _: () = assert!(size_of::<Connection<u32>>() <= 36);
const _: () = assert!(size_of::<Connection<u128>>() <= 64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// TCP whose responder has not answered.
    Opening,
    /// All else.
    Established,
    /// TCP after a RST or both FINs.
    Closing,
}

/// What a packet that security groups and network ACL allow tells the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    pub(crate) direction: Direction,
    pub(crate) flags: TcpFlags,
    pub(crate) now: Moment,
    pub(crate) timeouts: TrackingTimeouts,
}

impl<A: AddressBits> Connection<A> {
    /// Returns the connection that an allowed packet opens.
    pub(crate) fn opened_by(
        interface: InterfaceIndex,
        key: Key<A>,
        ground: GroundIndex,
        traffic: &Traffic,
    ) -> Self {
        let Key { local, remote, lport, rport, protocol } = key;
        let mut connection = Self {
            interface,
            local,
            remote,
            lport,
            rport,
            protocol,
            phase: Phase::Established,
            initiator: traffic.direction,
            marks: Marks::default(),
            ground,
            seen: PerDirection::default(),
            deadline: traffic.now,
        };
        *connection.seen.of_mut(traffic.direction) = traffic.now;
        if protocol == protocol::TCP {
            if traffic.flags.is_opening() {
                connection.phase = Phase::Opening;
            }
            if traffic.flags.has(tcp_flag::FIN) {
                connection.marks.set(traffic.direction);
            }
        }
        connection.refresh(traffic);
        connection
    }

    /// Learns from a further allowed packet.
    pub(crate) fn observe(&mut self, traffic: &Traffic) {
        if self.phase == Phase::Closing {
            return;
        }
        match self.protocol {
            protocol::TCP => self.observe_tcp(traffic),
            protocol::UDP => self.observe_udp(traffic),
            _ => {}
        }
        if self.phase != Phase::Closing {
            self.refresh(traffic);
        }
    }

    /// Returns whether the connection exists at a moment.
    pub(crate) fn is_alive(&self, now: Moment) -> bool {
        now <= self.deadline
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
    }

    /// Returns whether packets of TCP without SYN, FIN and RST, and of UDP, leave the connection as it
    /// is for the rest of the tick, once one of their direction was seen in it.
    pub(crate) fn is_steady(&self) -> bool {
        self.phase == Phase::Established
    }

    pub(crate) fn ground(&self) -> GroundIndex {
        self.ground
    }

    /// Returns the direction of the packet that opened the connection.
    pub(crate) fn initiator(&self) -> Direction {
        self.initiator
    }

    /// Makes it nobody's connection.
    pub(super) fn vacate(&mut self) {
        self.interface = NO_INTERFACE;
    }

    /// Returns where the connection is tracked.
    pub(crate) fn interface(&self) -> InterfaceIndex {
        self.interface
    }

    /// Returns whether this is an interface's connection with a key.
    #[inline]
    pub(crate) fn is(&self, interface: InterfaceIndex, key: &Key<A>) -> bool {
        self.key() == *key && self.interface == interface
    }

    #[inline]
    pub(crate) fn key(&self) -> Key<A> {
        Key {
            local: self.local,
            remote: self.remote,
            lport: self.lport,
            rport: self.rport,
            protocol: self.protocol,
        }
    }

    /// Moves all its moments into the past, none of them to before every packet.
    pub(super) fn set_back(&mut self, by: u32) {
        self.deadline = self.deadline.earlier_by(by);
        self.seen.ingress = self.seen.ingress.earlier_by(by);
        self.seen.egress = self.seen.egress.earlier_by(by);
    }

    fn observe_tcp(&mut self, traffic: &Traffic) {
        let flags = traffic.flags;
        if flags.has(tcp_flag::FIN) {
            self.marks.set(traffic.direction);
        }
        if flags.has(tcp_flag::RST) || self.marks.both() {
            self.phase = Phase::Closing;
            self.deadline = traffic.now.later_by(TCP_CLOSING);
            return;
        }
        let answers = traffic.direction != self.initiator && flags.has(tcp_flag::ACK);
        let counts = flags.has(tcp_flag::SYN) || traffic.now > *self.seen.of(self.initiator);
        if self.phase == Phase::Opening && answers && counts {
            self.phase = Phase::Established;
        }
    }

    fn observe_udp(&mut self, traffic: &Traffic) {
        let seen = self.seen.of_mut(traffic.direction);
        if *seen != Moment::default() && *seen != traffic.now {
            self.marks.set(traffic.direction);
        }
        *seen = traffic.now;
    }

    fn refresh(&mut self, traffic: &Traffic) {
        let timeouts = &traffic.timeouts;
        let idle = match (self.protocol, self.phase) {
            (protocol::TCP, Phase::Opening) => TCP_OPENING,
            (protocol::TCP, Phase::Established | Phase::Closing) => timeouts.tcp_established,
            (protocol::UDP, _) if self.marks.both() => timeouts.udp_stream,
            (protocol::UDP, _) => timeouts.udp,
            (protocol::ICMP | protocol::ICMPV6, _) => ICMP_QUERY,
            (_, _) => OTHER_PROTOCOLS,
        };
        self.deadline = traffic.now.later_by(idle);
    }
}

/// One mark per direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks(u8);

impl Marks {
    fn set(&mut self, direction: Direction) {
        self.0 |= match direction {
            Direction::Ingress => 1,
            Direction::Egress => 2,
        };
    }

    fn both(self) -> bool {
        self.0 == 3
    }
}

/// The flags of a TCP packet; none for other protocols and where they are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TcpFlags(u8);

impl TcpFlags {
    pub(crate) fn of(packet: &PacketHeader) -> Self {
        Self::read(packet.protocol, packet.tcp_flags)
    }

    pub(crate) fn read(protocol: u8, flags: Option<u8>) -> Self {
        match protocol {
            protocol::TCP => Self(flags.unwrap_or(0)),
            _ => Self(0),
        }
    }

    pub(crate) fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }

    /// Returns whether this is the first packet of a handshake.
    pub(crate) fn is_opening(self) -> bool {
        self.has(tcp_flag::SYN) && !self.has(tcp_flag::ACK) && !self.has(tcp_flag::RST)
    }

    /// Returns whether this is the second packet of a handshake.
    pub(crate) fn is_answer(self) -> bool {
        self.has(tcp_flag::SYN) && self.has(tcp_flag::ACK)
    }

    /// Returns whether the packet opens or ends something, so that its verdict holds for it alone.
    pub(crate) fn is_eventful(self) -> bool {
        self.has(tcp_flag::SYN | tcp_flag::FIN | tcp_flag::RST)
    }
}

//! What tells connections of one interface apart.

use std::hash::{Hash, Hasher};

use flowlogd_packet::{Icmp, PacketHeader, QuotedHeader, protocol};

use crate::Direction;
use crate::ruleset::bits::AddressBits;
use crate::ruleset::service::has_unknown_ports;
use crate::ruleset::site::local_and_peer;

/// The two ends of a connection, the interface's own first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<A> {
    pub(super) local: A,
    pub(super) remote: A,
    // Of an ICMP query: its identifier.
    pub(super) lport: u16,
    // Of an ICMP query: its kind, and which end requests.
    pub(super) rport: u16,
    pub(super) protocol: u8,
}

impl<A: AddressBits> Hash for Key<A> {
    /// In few words: this is done for every packet that is judged.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        A::hash_pair(self.local, self.remote, state);
        let ports = u64::from(self.lport) << 16 | u64::from(self.rport);
        state.write_u64(ports << 8 | u64::from(self.protocol));
    }
}

impl<A: AddressBits> Key<A> {
    /// Returns the key of the connection that a packet belongs to, if it can belong to one.
    pub(crate) fn of(packet: &PacketHeader, direction: Direction, src: A, dst: A) -> Option<Self> {
        if has_unknown_ports(packet) || packet.quoted.is_some() {
            return None;
        }
        let ports = (packet.srcport, packet.dstport);
        Self::new(direction, (src, dst), packet.protocol, ports, packet.icmp)
    }

    /// Returns the key of the connection that a quoted packet belonged to when it passed.
    pub(crate) fn of_quoted(
        quoted: &QuotedHeader,
        direction: Direction,
        src: A,
        dst: A,
    ) -> Option<Self> {
        let ports = (quoted.srcport, quoted.dstport);
        Self::new(direction, (src, dst), quoted.protocol, ports, quoted.icmp)
    }

    /// Returns the key of the connection of a TCP or UDP flow.
    #[inline]
    pub(crate) fn of_flow(
        direction: Direction,
        (src, dst): (A, A),
        protocol: u8,
        (srcport, dstport): (u16, u16),
    ) -> Self {
        let (local, remote) = local_and_peer(direction, src, dst);
        let (lport, rport) = match direction {
            Direction::Ingress => (dstport, srcport),
            Direction::Egress => (srcport, dstport),
        };
        Self { local, remote, lport, rport, protocol }
    }

    fn new(
        direction: Direction,
        (src, dst): (A, A),
        protocol: u8,
        (srcport, dstport): (u16, u16),
        icmp: Option<Icmp>,
    ) -> Option<Self> {
        let (local, remote) = local_and_peer(direction, src, dst);
        let (lport, rport) = match protocol {
            protocol::TCP | protocol::UDP => {
                return Some(Self::of_flow(direction, (src, dst), protocol, (srcport, dstport)));
            }
            protocol::ICMP | protocol::ICMPV6 => {
                let icmp = icmp?;
                let query = Query::of(protocol, icmp)?;
                let requester = match query.role {
                    Role::Request => direction,
                    Role::Reply => direction.reversed(),
                };
                let requester_bit = match requester {
                    Direction::Ingress => 0,
                    Direction::Egress => 1,
                };
                (icmp.id, u16::from(query.request) << 1 | requester_bit)
            }
            _ => (0, 0),
        };
        Some(Self { local, remote, lport, rport, protocol })
    }
}

/// Returns whether a packet may open a connection: of ICMP only the requests of queries do.
pub(crate) fn may_open(packet: &PacketHeader) -> bool {
    match packet.protocol {
        protocol::ICMP | protocol::ICMPV6 => packet
            .icmp
            .and_then(|icmp| Query::of(packet.protocol, icmp))
            .is_some_and(|query| query.role == Role::Request),
        _ => true,
    }
}

/// A message that is answered.
struct Query {
    /// Type of the request, whichever of the two this is.
    request: u8,
    role: Role,
}

#[derive(PartialEq, Eq)]
enum Role {
    Request,
    Reply,
}

impl Query {
    fn of(protocol: u8, icmp: Icmp) -> Option<Self> {
        let (request, role) = match (protocol, icmp.kind) {
            (protocol::ICMP, 8) => (8, Role::Request),
            (protocol::ICMP, 0) => (8, Role::Reply),
            (protocol::ICMP, kind @ (13 | 15 | 17)) => (kind, Role::Request),
            (protocol::ICMP, kind @ (14 | 16 | 18)) => (kind - 1, Role::Reply),
            (protocol::ICMPV6, 128) => (128, Role::Request),
            (protocol::ICMPV6, 129) => (128, Role::Reply),
            _ => return None,
        };
        Some(Self { request, role })
    }
}

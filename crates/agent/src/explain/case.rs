//! One packet of a record's flow at its interface.

use std::cmp::Ordering;
use std::net::IpAddr;

use flowlogd_packet::{Addresses, Fragment, Icmp, PacketHeader, protocol, tcp_flag};
use flowlogd_vpc::{Direction, InterfaceIndex};

/// What records tell of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tuple {
    pub(super) addresses: Addresses,
    pub(super) srcport: u16,
    pub(super) dstport: u16,
    pub(super) protocol: u8,
    /// Of all packets of the record together (flow-logs.md §4.8).
    pub(super) tcp_flags: Option<u8>,
    /// Never in a record (flow-logs.md §4.6): a supposition.
    pub(super) icmp: Option<Icmp>,
}

/// A packet at the interface that recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) tuple: Tuple,
    pub(super) interface: InterfaceIndex,
    pub(super) direction: Direction,
}

/// What a packet looks like by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Request,
    Answer,
    Unclear,
}

/// Where the ports of clients begin: 1024, and 32768 of those that run Linux (vpc-filtering.md §4.4).
pub(super) const EPHEMERAL: u16 = 1024;
const EPHEMERAL_OF_LINUX: u16 = 32768;

impl Tuple {
    pub(super) fn is_icmp(&self) -> bool {
        matches!(self.protocol, protocol::ICMP | protocol::ICMPV6)
    }

    pub(super) fn has_ports(&self) -> bool {
        matches!(self.protocol, protocol::TCP | protocol::UDP)
    }

    /// Returns whether these are the ports of later fragments whose first one was not seen
    /// (vpc-filtering.md §4.6).
    pub(super) fn has_unknown_ports(&self) -> bool {
        self.has_ports() && (self.srcport, self.dstport) == (0, 0)
    }

    /// Returns what its flags say it is, or else its ports: a client's are the higher ones.
    pub(super) fn shape(&self) -> Shape {
        if !self.has_ports() {
            return Shape::Unclear;
        }
        match self.tcp_flags.filter(|flags| flags & tcp_flag::SYN != 0) {
            Some(flags) if flags & tcp_flag::ACK != 0 => Shape::Answer,
            Some(_) => Shape::Request,
            None => match range(self.srcport).cmp(&range(self.dstport)) {
                Ordering::Less => Shape::Answer,
                Ordering::Equal => Shape::Unclear,
                Ordering::Greater => Shape::Request,
            },
        }
    }
}

/// Well-known, registered, ephemeral.
fn range(port: u16) -> u8 {
    u8::from(port >= EPHEMERAL) + u8::from(port >= EPHEMERAL_OF_LINUX)
}

impl Case {
    /// Returns the packet as the judge takes it.
    pub(super) fn packet(&self) -> PacketHeader {
        let tuple = &self.tuple;
        let fragment =
            if tuple.has_unknown_ports() { Fragment::Later { id: 0 } } else { Fragment::Whole };
        PacketHeader {
            addresses: tuple.addresses,
            protocol: tuple.protocol,
            srcport: tuple.srcport,
            dstport: tuple.dstport,
            tcp_flags: tuple.tcp_flags,
            icmp: tuple.icmp,
            fragment,
            bytes: 0,
            quoted: None,
        }
    }

    /// Returns a packet the other way, which this one may answer.
    pub(super) fn reversed(&self) -> Self {
        let tuple = self.tuple;
        let addresses = match tuple.addresses {
            Addresses::V4 { src, dst } => Addresses::V4 { src: dst, dst: src },
            Addresses::V6 { src, dst } => Addresses::V6 { src: dst, dst: src },
        };
        Self {
            tuple: Tuple {
                addresses,
                srcport: tuple.dstport,
                dstport: tuple.srcport,
                tcp_flags: None,
                icmp: None,
                ..tuple
            },
            direction: self.direction.reversed(),
            ..*self
        }
    }

    /// Returns the same packet as ICMP of a type and code.
    pub(super) fn with_icmp(&self, icmp: Icmp) -> Self {
        Self { tuple: Tuple { icmp: Some(icmp), ..self.tuple }, ..*self }
    }

    /// Returns the address that is not the interface's.
    pub(super) fn peer(&self) -> IpAddr {
        match self.direction {
            Direction::Ingress => self.tuple.addresses.src(),
            Direction::Egress => self.tuple.addresses.dst(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(protocol: u8, srcport: u16, dstport: u16, tcp_flags: Option<u8>) -> Shape {
        let addresses = Addresses::V4 { src: [10, 0, 0, 1].into(), dst: [10, 0, 0, 2].into() };
        Tuple { addresses, srcport, dstport, protocol, tcp_flags, icmp: None }.shape()
    }

    #[test]
    fn flags_tell_an_answer_before_ports_do() {
        let (syn, syn_ack, rst) = (Some(2), Some(18), Some(4));

        assert_eq!(shape(6, 443, 50000, syn), Shape::Request);
        assert_eq!(shape(6, 50000, 443, syn_ack), Shape::Answer);
        assert_eq!(shape(6, 443, 50000, rst), Shape::Answer);
        assert_eq!(shape(6, 50000, 443, rst), Shape::Request);
    }

    #[test]
    fn without_flags_the_answer_comes_from_the_lower_range_of_ports() {
        assert_eq!(shape(17, 53, 1024, None), Shape::Answer);
        assert_eq!(shape(6, 5432, 32768, None), Shape::Answer);
        assert_eq!(shape(6, 5432, 32767, None), Shape::Unclear);
        assert_eq!(shape(6, 5, 22, None), Shape::Unclear);
        assert_eq!(shape(6, 40000, 50000, None), Shape::Unclear);
        assert_eq!(shape(6, 40000, 8080, None), Shape::Request);
        assert_eq!(shape(132, 53, 50000, None), Shape::Unclear);
    }
}

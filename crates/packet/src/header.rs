//! What the engine needs to know of one IP packet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IANA protocol numbers that the engine treats specially.
pub mod protocol {
    #![expect(missing_docs, reason = "the names are IANA's")]
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const AH: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const SCTP: u8 = 132;
}

/// Bits of the TCP header's flags byte.
pub mod tcp_flag {
    #![expect(missing_docs, reason = "the names are those of RFC 9293")]
    pub const FIN: u8 = 0x01;
    pub const SYN: u8 = 0x02;
    pub const RST: u8 = 0x04;
    pub const ACK: u8 = 0x10;
}

/// Source and destination address as on the wire; one family for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addresses {
    /// An IPv4 packet's.
    V4 {
        /// Source address.
        src: Ipv4Addr,
        /// Destination address.
        dst: Ipv4Addr,
    },
    /// An IPv6 packet's.
    V6 {
        /// Source address.
        src: Ipv6Addr,
        /// Destination address.
        dst: Ipv6Addr,
    },
}

impl Addresses {
    /// Returns the source address.
    pub const fn src(&self) -> IpAddr {
        match *self {
            Self::V4 { src, .. } => IpAddr::V4(src),
            Self::V6 { src, .. } => IpAddr::V6(src),
        }
    }

    /// Returns the destination address.
    pub const fn dst(&self) -> IpAddr {
        match *self {
            Self::V4 { dst, .. } => IpAddr::V4(dst),
            Self::V6 { dst, .. } => IpAddr::V6(dst),
        }
    }
}

/// One IP packet, as far as verdicts and records need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketHeader {
    /// Outer addresses; tunnels are recorded by their outer header.
    pub addresses: Addresses,
    /// IANA number of the upper-layer protocol, IPv6 extension headers passed over.
    pub protocol: u8,
    /// Source port of TCP, UDP and SCTP; 0 for every other protocol, for later fragments, and
    /// where the capture cut the header off.
    pub srcport: u16,
    /// Destination port, likewise.
    pub dstport: u16,
    /// All eight flag bits of a TCP header; `None` where there is none or it was cut off.
    pub tcp_flags: Option<u8>,
    /// Type, code and identifier; `None` where there is no ICMP header or it was cut off.
    pub icmp: Option<Icmp>,
    /// Whether this is a fragment, and which.
    pub fragment: Fragment,
    /// IP bytes: header and payload, no link-layer header or padding.
    pub bytes: u32,
    /// The header quoted by an ICMP error message.
    pub quoted: Option<QuotedHeader>,
}

/// First words of an ICMP or `ICMPv6` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// ICMP type.
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Identifier of queries and replies (echo, timestamp, information, address mask; `ICMPv6` echo); 0
    /// for the others, and where the capture cut it off.
    pub id: u16,
}

/// A packet's place in its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// Not fragmented (an atomic IPv6 fragment counts as whole).
    Whole,
    /// Offset 0, more to come: has the ports.
    First {
        /// IPv4 identification or IPv6 fragment identification.
        id: u32,
    },
    /// Any other: has none.
    Later {
        /// As in the first.
        id: u32,
    },
}

/// The start of the packet that an ICMP error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedHeader {
    /// Its addresses, as it was sent.
    pub addresses: Addresses,
    /// Its upper-layer protocol.
    pub protocol: u8,
    /// Its source port; 0 for protocols without ports.
    pub srcport: u16,
    /// Its destination port.
    pub dstport: u16,
    /// Its type, code and identifier, where it was itself ICMP.
    pub icmp: Option<Icmp>,
}

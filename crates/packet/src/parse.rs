//! Frame → packet header.

use crate::frame::{self, Network};
use crate::{LinkInfo, LinkType, PacketHeader, ipv4, ipv6, plain};

/// A frame with an IP packet in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedFrame {
    /// The IP packet.
    pub header: PacketHeader,
    /// What the link layer says.
    pub link: LinkInfo,
}

/// Why a frame gives no packet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ParseError {
    /// The frame carries something other than IP.
    #[error("not IP: {0}")]
    NotIp(NonIp),
    /// The frame ends before its link header does.
    #[error("link header cut off")]
    LinkTruncated,
    /// The frame ends before the IP header's fixed part (or IPv4 header length) does.
    #[error("IP header cut off")]
    IpTruncated,
    /// The version nibble, header length or total length contradicts the standard.
    #[error("IP header malformed")]
    IpMalformed,
}

/// What else a frame can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NonIp {
    /// Ethernet type 0x0806.
    Arp,
    /// Ethernet types 0x8847 and 0x8848.
    Mpls,
    /// Ethernet types 0x8863 and 0x8864.
    Pppoe,
    /// A length instead of a type: 802.3 with LLC. IP in LLC/SNAP is among it, as in Linux, whose
    /// IP stack does not see such frames either.
    Llc,
    /// Any other Ethernet type, or address family of a loopback frame.
    Other(u16),
}

impl std::fmt::Display for NonIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Arp => f.write_str("ARP"),
            Self::Mpls => f.write_str("MPLS"),
            Self::Pppoe => f.write_str("PPPoE"),
            Self::Llc => f.write_str("LLC"),
            Self::Other(kind) => write!(f, "type 0x{kind:04x}"),
        }
    }
}

/// Reads the IP header of `frame`, of which `wire_len` bytes were on the wire.
///
/// The frame may be shorter than that (a snap length); its IP byte count comes from the IP
/// header, and from `wire_len` where that says 0 (segmentation offload).
#[inline]
pub fn parse(link: LinkType, frame: &[u8], wire_len: u32) -> Result<ParsedFrame, ParseError> {
    if link == LinkType::Ethernet
        && let Some(parsed) = plain::ethernet_ipv4(frame)
    {
        return Ok(parsed);
    }
    parse_other(link, frame, wire_len)
}

/// Reads what is not the plainest of frames.
#[inline(never)]
fn parse_other(link: LinkType, frame: &[u8], wire_len: u32) -> Result<ParsedFrame, ParseError> {
    if link == LinkType::Ethernet
        && let Some(parsed) = plain::ethernet_ipv6(frame)
    {
        return Ok(parsed);
    }
    parse_any(link, frame, wire_len)
}

/// Reads any frame, the plain ones too.
#[inline(never)]
fn parse_any(link: LinkType, frame: &[u8], wire_len: u32) -> Result<ParsedFrame, ParseError> {
    let (link, network) = match link {
        LinkType::Ethernet => frame::ethernet(frame)?,
        LinkType::RawIp => frame::raw_ip(frame)?,
        LinkType::Null => frame::null(frame)?,
        LinkType::Loop => frame::open_bsd_loop(frame)?,
        LinkType::LinuxSll => frame::linux_sll(frame)?,
        LinkType::LinuxSll2 => frame::linux_sll2(frame)?,
    };
    // Never negative: some captures hold more bytes of a frame than they say it had.
    let uncaptured = (wire_len as usize).saturating_sub(frame.len());
    match network {
        Network::V4(packet) => ipv4::parse(link, packet, uncaptured),
        Network::V6(packet) => ipv6::parse(link, packet, uncaptured),
    }
}

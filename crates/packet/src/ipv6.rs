//! IPv6 headers and extension headers, and those that `ICMPv6` errors quote.

use std::net::Ipv6Addr;

use crate::header::protocol;
use crate::upper::{self, Family};
use crate::{
    Addresses, Fragment, LinkInfo, PacketHeader, ParseError, ParsedFrame, QuotedHeader, icmp,
};

/// Length of the header without extension headers.
const FIXED: usize = 40;

/// Values of the next header field that this module treats specially.
mod next_header {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const ROUTING: u8 = 43;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const NONE: u8 = 59;
    pub(super) const DESTINATION: u8 = 60;
    pub(super) const MOBILITY: u8 = 135;
    pub(super) const HIP: u8 = 139;
    pub(super) const SHIM6: u8 = 140;
}

/// Reads the packet at the start of `packet`, whose last `uncaptured` bytes are missing.
pub(crate) fn parse(
    link: LinkInfo,
    packet: &[u8],
    uncaptured: usize,
) -> Result<ParsedFrame, ParseError> {
    let Some((fixed, rest)) = Fixed::read(packet) else {
        return Err(ParseError::IpTruncated);
    };
    if fixed.version != 6 {
        return Err(ParseError::IpMalformed);
    }
    let payload_len = match fixed.payload_len {
        // Segmentation offload and jumbograms leave it 0: whatever was on the wire. A jumbogram's
        // own option says the same, or something untrue.
        0 => rest.len() + uncaptured,
        stated => usize::from(stated),
    };
    // What follows the packet is padding of the link layer.
    let payload = rest.get(..payload_len).unwrap_or(rest);

    let chain = match fixed.next_header {
        protocol::TCP | protocol::UDP | protocol::ICMPV6 => {
            Chain { protocol: fixed.next_header, fragment: Fragment::Whole, payload }
        }
        other => pass_over_extensions(other, payload),
    };
    let payload = match chain.fragment {
        Fragment::Whole | Fragment::First { .. } => chain.payload,
        Fragment::Later { .. } => &[],
    };
    let transport = upper::transport(chain.protocol, payload);
    let header = PacketHeader {
        addresses: fixed.addresses,
        protocol: chain.protocol,
        srcport: transport.srcport,
        dstport: transport.dstport,
        tcp_flags: transport.tcp_flags,
        icmp: None,
        fragment: chain.fragment,
        bytes: u32::try_from(FIXED + payload_len).unwrap_or(u32::MAX),
        quoted: None,
    };
    let frame = ParsedFrame { header, link };
    if chain.protocol == protocol::ICMPV6 {
        return Ok(icmp::complete(frame, Family::V6, payload));
    }
    Ok(frame)
}

/// Reads the header that an `ICMPv6` error quotes.
pub(crate) fn quoted(packet: &[u8]) -> Option<QuotedHeader> {
    let (fixed, rest) = Fixed::read(packet)?;
    if fixed.version != 6 {
        return None;
    }
    let chain = pass_over_extensions(fixed.next_header, rest);
    Some(upper::quoted(Family::V6, fixed.addresses, chain.protocol, chain.fragment, chain.payload))
}

/// The first forty bytes.
struct Fixed {
    version: u8,
    payload_len: u16,
    next_header: u8,
    addresses: Addresses,
}

impl Fixed {
    fn read(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (&[first, _, _, _, l0, l1, next_header, _], rest) = packet.split_first_chunk()?;
        let (&src, rest) = rest.split_first_chunk::<16>()?;
        let (&dst, rest) = rest.split_first_chunk::<16>()?;
        let fixed = Self {
            version: first >> 4,
            payload_len: u16::from_be_bytes([l0, l1]),
            next_header,
            addresses: Addresses::V6 { src: Ipv6Addr::from(src), dst: Ipv6Addr::from(dst) },
        };
        Some((fixed, rest))
    }
}

/// What is found behind the extension headers.
struct Chain<'a> {
    protocol: u8,
    fragment: Fragment,
    payload: &'a [u8],
}

/// Walks the chain; each header takes eight bytes or more, so the packet bounds their number.
///
/// Where the chain is cut off, the protocol is the last one that could be read, be it that of an
/// extension header.
#[inline(never)]
fn pass_over_extensions(mut protocol: u8, mut rest: &[u8]) -> Chain<'_> {
    let mut fragment = Fragment::Whole;
    loop {
        match protocol {
            next_header::HOP_BY_HOP | next_header::ROUTING | next_header::DESTINATION => {
                let &[next, len, ..] = rest else { break };
                (protocol, rest) = (next, behind(len, rest));
            }
            // Mobility, HIP and Shim6 messages end the chain and are what the packet is about; as
            // headers before something else they are passed over like the rest.
            next_header::MOBILITY | next_header::HIP | next_header::SHIM6 => {
                let &[next, len, ..] = rest else { break };
                if next == next_header::NONE {
                    break;
                }
                (protocol, rest) = (next, behind(len, rest));
            }
            next_header::FRAGMENT => {
                let Some((&[next, _, o0, o1, i0, i1, i2, i3], payload)) = rest.split_first_chunk()
                else {
                    break;
                };
                (protocol, rest) = (next, payload);
                let word = u16::from_be_bytes([o0, o1]);
                let id = u32::from_be_bytes([i0, i1, i2, i3]);
                if word & OFFSET != 0 {
                    return Chain { protocol, fragment: Fragment::Later { id }, payload };
                }
                // Neither offset nor more to come: an atomic fragment (RFC 6946), a whole packet.
                if word & MORE_FRAGMENTS != 0 {
                    fragment = Fragment::First { id };
                }
            }
            _ => break,
        }
    }
    Chain { protocol, fragment, payload: rest }
}

/// Offset, in units of eight bytes, in its word of the fragment header.
const OFFSET: u16 = 0xfff8;
const MORE_FRAGMENTS: u16 = 1;

/// Returns what follows an extension header; nothing where that is cut off.
fn behind(len: u8, header: &[u8]) -> &[u8] {
    header.get(8 + usize::from(len) * 8..).unwrap_or_default()
}

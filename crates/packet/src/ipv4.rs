//! IPv4 headers, and those that ICMP errors quote.

use std::net::Ipv4Addr;

use crate::header::protocol;
use crate::upper::{self, Family};
use crate::{
    Addresses, Fragment, LinkInfo, PacketHeader, ParseError, ParsedFrame, QuotedHeader, icmp,
};

/// Length of the header without options.
const FIXED: usize = 20;
/// Parts of the word that holds three flags and the offset.
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;

/// Reads the packet at the start of `packet`, whose last `uncaptured` bytes are missing.
pub(crate) fn parse(
    link: LinkInfo,
    packet: &[u8],
    uncaptured: usize,
) -> Result<ParsedFrame, ParseError> {
    let Some((
        &[first, _, l0, l1, i0, i1, f0, f1, _, number, _, _, s0, s1, s2, s3, d0, d1, d2, d3],
        rest,
    )) = packet.split_first_chunk::<FIXED>()
    else {
        return Err(ParseError::IpTruncated);
    };
    let header_len = usize::from(first & 0x0f) * 4;
    let total_len = match u16::from_be_bytes([l0, l1]) {
        // Segmentation offload leaves it 0: whatever was on the wire.
        0 => packet.len() + uncaptured,
        stated => usize::from(stated),
    };
    if first >> 4 != 4 || header_len < FIXED || (total_len < header_len && [l0, l1] != [0, 0]) {
        return Err(ParseError::IpMalformed);
    }
    let Some(payload) = rest.get(header_len - FIXED..) else {
        return Err(ParseError::IpTruncated);
    };
    // What follows the packet is padding of the link layer.
    let payload = payload.get(..total_len - header_len).unwrap_or(payload);

    let fragment = fragment(u16::from_be_bytes([f0, f1]), [i0, i1]);
    let payload = match fragment {
        Fragment::Whole | Fragment::First { .. } => payload,
        Fragment::Later { .. } => &[],
    };
    let transport = upper::transport(number, payload);
    let header = PacketHeader {
        addresses: Addresses::V4 {
            src: Ipv4Addr::new(s0, s1, s2, s3),
            dst: Ipv4Addr::new(d0, d1, d2, d3),
        },
        protocol: number,
        srcport: transport.srcport,
        dstport: transport.dstport,
        tcp_flags: transport.tcp_flags,
        icmp: None,
        fragment,
        bytes: u32::try_from(total_len).unwrap_or(u32::MAX),
        quoted: None,
    };
    let frame = ParsedFrame { header, link };
    if number == protocol::ICMP {
        return Ok(icmp::complete(frame, Family::V4, payload));
    }
    Ok(frame)
}

/// Reads the header that an ICMP error quotes.
///
/// Its lengths are not checked: routers change them, and the quotation is cut short anyway.
pub(crate) fn quoted(packet: &[u8]) -> Option<QuotedHeader> {
    let (&[first, _, _, _, i0, i1, f0, f1, _, number, _, _, s0, s1, s2, s3, d0, d1, d2, d3], rest) =
        packet.split_first_chunk::<FIXED>()?;
    if first >> 4 != 4 {
        return None;
    }
    let payload = rest.get((usize::from(first & 0x0f) * 4).checked_sub(FIXED)?..)?;
    let addresses =
        Addresses::V4 { src: Ipv4Addr::new(s0, s1, s2, s3), dst: Ipv4Addr::new(d0, d1, d2, d3) };
    let fragment = fragment(u16::from_be_bytes([f0, f1]), [i0, i1]);
    Some(upper::quoted(Family::V4, addresses, number, fragment, payload))
}

/// Tells the place from the word that holds three flags and the offset.
#[inline]
fn fragment(word: u16, id: [u8; 2]) -> Fragment {
    if word & (MORE_FRAGMENTS | OFFSET) == 0 {
        return Fragment::Whole;
    }
    let id = u32::from(u16::from_be_bytes(id));
    if word & OFFSET == 0 { Fragment::First { id } } else { Fragment::Later { id } }
}

//! The shapes that nearly every frame has, read in one go.
//!
//! Here is no rule that the general way does not have; both must say the same of a frame. This
//! way is short enough to be inlined into the loops of callers, and leaves by one exit per shape:
//! where two shapes meet, the compiler joins them in memory, which takes longer than the reading.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::header::protocol;
use crate::upper::TCP_FLAGS;
use crate::{Addresses, Fragment, LinkInfo, PacketHeader, ParsedFrame};

/// Reads TCP or UDP in IPv4 without options, whole, in an untagged Ethernet frame that is there
/// at least up to the TCP flags; leaves everything else alone.
#[expect(clippy::inline_always, reason = "as a call it costs twice as much")]
#[inline(always)]
pub(crate) fn ethernet_ipv4(frame: &[u8]) -> Option<ParsedFrame> {
    let (ethernet, packet) = frame.first_chunk::<{ 14 + 20 + TCP_FLAGS }>()?.split_first_chunk()?;
    let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, 0x08, 0x00] = ethernet else {
        return None;
    };
    let (ip, rest) = packet.split_first_chunk()?;
    let &[0x45, _, l0, l1, _, _, f0, f1, _, number, _, _, a0, a1, a2, a3, b0, b1, b2, b3] = ip
    else {
        return None;
    };
    let &[p0, p1, q0, q1, .., flags] = rest.first_chunk::<TCP_FLAGS>()?;
    // Shorter, the flags may be padding; 0, it stands for the length on the wire.
    let total_len = u16::from_be_bytes([l0, l1]);
    let has_flags = usize::from(total_len) >= 20 + TCP_FLAGS;
    let is_fragment = (f0 & 0x3f) | f1 != 0;
    if is_fragment || !has_flags || !matches!(number, protocol::TCP | protocol::UDP) {
        return None;
    }
    let header = PacketHeader {
        addresses: Addresses::V4 {
            src: Ipv4Addr::new(a0, a1, a2, a3),
            dst: Ipv4Addr::new(b0, b1, b2, b3),
        },
        protocol: number,
        srcport: u16::from_be_bytes([p0, p1]),
        dstport: u16::from_be_bytes([q0, q1]),
        tcp_flags: (number == protocol::TCP).then_some(flags),
        icmp: None,
        fragment: Fragment::Whole,
        bytes: u32::from(total_len),
        quoted: None,
    };
    let link = LinkInfo {
        src_mac: Some([s0, s1, s2, s3, s4, s5]),
        dst_mac: Some([d0, d1, d2, d3, d4, d5]),
        direction: None,
    };
    Some(ParsedFrame { header, link })
}

/// Reads TCP or UDP right behind an IPv6 header in an untagged Ethernet frame that is there at
/// least up to the TCP flags; leaves everything else alone.
#[expect(clippy::inline_always, reason = "as a call it costs twice as much")]
#[inline(always)]
pub(crate) fn ethernet_ipv6(frame: &[u8]) -> Option<ParsedFrame> {
    let (ethernet, packet) = frame.first_chunk::<{ 14 + 40 + TCP_FLAGS }>()?.split_first_chunk()?;
    let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, 0x86, 0xdd] = ethernet else {
        return None;
    };
    let (&[first, _, _, _, l0, l1, number, _], rest) = packet.split_first_chunk()?;
    let (&src, rest) = rest.split_first_chunk::<16>()?;
    let (&dst, rest) = rest.split_first_chunk::<16>()?;
    let &[p0, p1, q0, q1, .., flags] = rest.first_chunk::<TCP_FLAGS>()?;
    let payload_len = u16::from_be_bytes([l0, l1]);
    let has_flags = usize::from(payload_len) >= TCP_FLAGS;
    if first >> 4 != 6 || !has_flags || !matches!(number, protocol::TCP | protocol::UDP) {
        return None;
    }
    let header = PacketHeader {
        addresses: Addresses::V6 { src: Ipv6Addr::from(src), dst: Ipv6Addr::from(dst) },
        protocol: number,
        srcport: u16::from_be_bytes([p0, p1]),
        dstport: u16::from_be_bytes([q0, q1]),
        tcp_flags: (number == protocol::TCP).then_some(flags),
        icmp: None,
        fragment: Fragment::Whole,
        bytes: 40 + u32::from(payload_len),
        quoted: None,
    };
    let link = LinkInfo {
        src_mac: Some([s0, s1, s2, s3, s4, s5]),
        dst_mac: Some([d0, d1, d2, d3, d4, d5]),
        direction: None,
    };
    Some(ParsedFrame { header, link })
}

//! Where in a frame its IP packet begins.

use crate::{FrameDirection, LinkInfo, MacAddress, NonIp, ParseError};

/// The IP packet of a frame and everything behind it, by what the link header calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network<'a> {
    V4(&'a [u8]),
    V6(&'a [u8]),
}

type Read<'a> = Result<(LinkInfo, Network<'a>), ParseError>;

/// Values of the type field of Ethernet, which cooked captures share.
mod ethertype {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const ARP: u16 = 0x0806;
    pub(super) const VLAN: u16 = 0x8100;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const MPLS: u16 = 0x8847;
    pub(super) const MPLS_MULTICAST: u16 = 0x8848;
    pub(super) const PPPOE_DISCOVERY: u16 = 0x8863;
    pub(super) const PPPOE_SESSION: u16 = 0x8864;
    pub(super) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(super) const OLD_PROVIDER_VLAN: u16 = 0x9100;
    /// Anything below is a length (IEEE 802.3, 3.2.6).
    pub(super) const FIRST: u16 = 0x0600;
}

#[inline]
pub(crate) fn ethernet(frame: &[u8]) -> Read<'_> {
    let Some((&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1], rest)) =
        frame.split_first_chunk()
    else {
        return Err(ParseError::LinkTruncated);
    };
    let link = LinkInfo {
        src_mac: Some([s0, s1, s2, s3, s4, s5]),
        dst_mac: Some([d0, d1, d2, d3, d4, d5]),
        direction: None,
    };
    Ok((link, by_ethertype(u16::from_be_bytes([t0, t1]), rest)?))
}

#[inline]
pub(crate) fn raw_ip(frame: &[u8]) -> Read<'_> {
    let network = match frame.first() {
        Some(first) if first >> 4 == 4 => Network::V4(frame),
        Some(first) if first >> 4 == 6 => Network::V6(frame),
        Some(_) => return Err(ParseError::IpMalformed),
        None => return Err(ParseError::IpTruncated),
    };
    Ok((LinkInfo::default(), network))
}

pub(crate) fn null(frame: &[u8]) -> Read<'_> {
    let Some((&family, rest)) = frame.split_first_chunk() else {
        return Err(ParseError::LinkTruncated);
    };
    // All families are small, so in the wrong byte order they are all large.
    let little = u32::from_le_bytes(family);
    let family = if little >> 16 == 0 { little } else { u32::from_be_bytes(family) };
    by_family(family, rest)
}

pub(crate) fn open_bsd_loop(frame: &[u8]) -> Read<'_> {
    let Some((&family, rest)) = frame.split_first_chunk() else {
        return Err(ParseError::LinkTruncated);
    };
    by_family(u32::from_be_bytes(family), rest)
}

pub(crate) fn linux_sll(frame: &[u8]) -> Read<'_> {
    let Some((&[p0, p1, h0, h1, l0, l1, a0, a1, a2, a3, a4, a5, _, _, t0, t1], rest)) =
        frame.split_first_chunk()
    else {
        return Err(ParseError::LinkTruncated);
    };
    let link = LinkInfo {
        src_mac: cooked_mac([h0, h1], u16::from_be_bytes([l0, l1]), [a0, a1, a2, a3, a4, a5]),
        dst_mac: None,
        direction: cooked_direction(u16::from_be_bytes([p0, p1])),
    };
    Ok((link, by_cooked_protocol(u16::from_be_bytes([t0, t1]), rest)?))
}

pub(crate) fn linux_sll2(frame: &[u8]) -> Read<'_> {
    let Some((
        &[t0, t1, _, _, _, _, _, _, h0, h1, packet_type, len, a0, a1, a2, a3, a4, a5, _, _],
        rest,
    )) = frame.split_first_chunk()
    else {
        return Err(ParseError::LinkTruncated);
    };
    let link = LinkInfo {
        src_mac: cooked_mac([h0, h1], u16::from(len), [a0, a1, a2, a3, a4, a5]),
        dst_mac: None,
        direction: cooked_direction(u16::from(packet_type)),
    };
    Ok((link, by_cooked_protocol(u16::from_be_bytes([t0, t1]), rest)?))
}

#[inline]
fn by_ethertype(kind: u16, rest: &[u8]) -> Result<Network<'_>, ParseError> {
    match kind {
        ethertype::IPV4 => Ok(Network::V4(rest)),
        ethertype::IPV6 => Ok(Network::V6(rest)),
        other => tagged_or_not_ip(other, rest),
    }
}

/// Passes over VLAN tags; each takes four bytes, so the frame bounds their number.
#[inline(never)]
fn tagged_or_not_ip(mut kind: u16, mut rest: &[u8]) -> Result<Network<'_>, ParseError> {
    while let ethertype::VLAN | ethertype::PROVIDER_VLAN | ethertype::OLD_PROVIDER_VLAN = kind {
        let Some((&[_, _, t0, t1], behind)) = rest.split_first_chunk() else {
            return Err(ParseError::LinkTruncated);
        };
        (kind, rest) = (u16::from_be_bytes([t0, t1]), behind);
    }
    match kind {
        ethertype::IPV4 => Ok(Network::V4(rest)),
        ethertype::IPV6 => Ok(Network::V6(rest)),
        ethertype::ARP => Err(ParseError::NotIp(NonIp::Arp)),
        ethertype::MPLS | ethertype::MPLS_MULTICAST => Err(ParseError::NotIp(NonIp::Mpls)),
        ethertype::PPPOE_DISCOVERY | ethertype::PPPOE_SESSION => {
            Err(ParseError::NotIp(NonIp::Pppoe))
        }
        length if length < ethertype::FIRST => Err(ParseError::NotIp(NonIp::Llc)),
        other => Err(ParseError::NotIp(NonIp::Other(other))),
    }
}

/// Below the first Ethernet type a cooked capture has Linux's own numbers (CAN, netlink families):
/// only 1 (802.3) and 4 (802.2) stand for LLC.
fn by_cooked_protocol(kind: u16, rest: &[u8]) -> Result<Network<'_>, ParseError> {
    match kind {
        0 | 2 | 3 | 5..ethertype::FIRST => Err(ParseError::NotIp(NonIp::Other(kind))),
        other => by_ethertype(other, rest),
    }
}

/// `AF_INET` is 2 everywhere; `AF_INET6` is 10 on Linux, 24 on NetBSD, OpenBSD and in Npcap, 28 on
/// FreeBSD, 30 on Darwin.
fn by_family(family: u32, rest: &[u8]) -> Read<'_> {
    let network = match family {
        2 => Network::V4(rest),
        10 | 24 | 28 | 30 => Network::V6(rest),
        other => {
            let shown = u16::try_from(other).unwrap_or(u16::MAX);
            return Err(ParseError::NotIp(NonIp::Other(shown)));
        }
    };
    Ok((LinkInfo::default(), network))
}

fn cooked_mac(hardware: [u8; 2], len: u16, address: MacAddress) -> Option<MacAddress> {
    const ARPHRD_ETHER: u16 = 1;
    (u16::from_be_bytes(hardware) == ARPHRD_ETHER && len == 6).then_some(address)
}

/// To us, broadcast and multicast are incoming; what was sent to another host (3) and only
/// overheard has no direction.
fn cooked_direction(packet_type: u16) -> Option<FrameDirection> {
    match packet_type {
        0..=2 => Some(FrameDirection::Incoming),
        4 => Some(FrameDirection::Outgoing),
        _ => None,
    }
}

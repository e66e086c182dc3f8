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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::frames::{self, DST_MAC, SRC_MAC, ethernet, join, tag, tcp, v4, v6};

    const TCP: u8 = 6;

    fn packet() -> Vec<u8> {
        v4(TCP, &tcp(40000, 443, 2))
    }

    /// Reads a frame and asserts that its packet is the one of [`packet`], whole.
    fn link_of(link: LinkType, frame: &[u8]) -> LinkInfo {
        let parsed = frames::read(link, frame).unwrap();
        assert_eq!(parsed.header, frames::ip(&packet()));
        parsed.link
    }

    fn error(link: LinkType, frame: &[u8]) -> ParseError {
        frames::read(link, frame).unwrap_err()
    }

    #[test]
    fn an_ethernet_frame_tells_both_addresses_and_no_direction() {
        let link = link_of(LinkType::Ethernet, &ethernet(0x0800, &packet()));

        let expected = LinkInfo { src_mac: Some(SRC_MAC), dst_mac: Some(DST_MAC), direction: None };
        assert_eq!(link, expected);
    }

    #[test]
    fn vlan_tags_are_passed_over_at_any_depth() {
        for outer in [0x8100, 0x88a8, 0x9100] {
            let mut frame = tag(7, 0x0800, &packet());
            for depth in 1..20 {
                link_of(LinkType::Ethernet, &ethernet(outer, &frame));
                frame = tag(depth, 0x8100, &frame);
            }
        }
    }

    #[test]
    fn a_tagged_frame_carries_ipv6_too() {
        let packet = v6(TCP, &tcp(40000, 443, 2));
        let frame = ethernet(0x88a8, &tag(1, 0x8100, &tag(2, 0x86dd, &packet)));

        let parsed = frames::read(LinkType::Ethernet, &frame).unwrap();

        assert_eq!(parsed.header, frames::ip(&packet));
    }

    #[test]
    fn a_frame_of_nothing_but_tags_ends() {
        let tags = [0x00, 0x01, 0x81, 0x00].repeat(16_000);

        assert_eq!(error(LinkType::Ethernet, &ethernet(0x8100, &tags)), ParseError::LinkTruncated);
        assert_eq!(
            error(LinkType::Ethernet, &ethernet(0x8100, &[0, 1, 8])),
            ParseError::LinkTruncated
        );
    }

    #[test]
    fn what_is_not_ip_is_told_by_kind_behind_tags_too() {
        let kinds = [
            (0x0806, NonIp::Arp),
            (0x8847, NonIp::Mpls),
            (0x8848, NonIp::Mpls),
            (0x8863, NonIp::Pppoe),
            (0x8864, NonIp::Pppoe),
            (0x0000, NonIp::Llc),
            (0x0026, NonIp::Llc),
            (0x05ff, NonIp::Llc),
            (0x0600, NonIp::Other(0x0600)),
            (0x88cc, NonIp::Other(0x88cc)),
        ];
        for (kind, expected) in kinds {
            let expected = ParseError::NotIp(expected);
            assert_eq!(error(LinkType::Ethernet, &ethernet(kind, &packet())), expected);
            let tagged = ethernet(0x8100, &tag(1, kind, &packet()));
            assert_eq!(error(LinkType::Ethernet, &tagged), expected);
        }
    }

    #[test]
    fn ip_in_llc_and_snap_is_llc() {
        let snap = join(&[&[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00], &packet()]);
        let length = u16::try_from(snap.len()).unwrap();

        assert_eq!(
            error(LinkType::Ethernet, &ethernet(length, &snap)),
            ParseError::NotIp(NonIp::Llc)
        );
    }

    #[test]
    fn a_link_header_cut_off_anywhere_is_truncated() {
        let headers = [
            (LinkType::Ethernet, 14),
            (LinkType::Null, 4),
            (LinkType::Loop, 4),
            (LinkType::LinuxSll, 16),
            (LinkType::LinuxSll2, 20),
        ];
        for (link, len) in headers {
            for cut in 0..len {
                assert_eq!(error(link, &vec![0; cut]), ParseError::LinkTruncated, "{link:?} {cut}");
            }
            assert_ne!(error(link, &vec![0; len]), ParseError::LinkTruncated, "{link:?}");
        }
    }

    #[test]
    fn raw_ip_is_told_by_its_version() {
        assert_eq!(link_of(LinkType::RawIp, &packet()), LinkInfo::default());
        assert_eq!(frames::ip(&v6(TCP, &tcp(1, 2, 0))).bytes, 60);
        assert_eq!(error(LinkType::RawIp, &[0x55; 60]), ParseError::IpMalformed);
        assert_eq!(error(LinkType::RawIp, &[]), ParseError::IpTruncated);
    }

    #[test]
    fn a_null_family_is_read_in_either_byte_order() {
        for family in [[2, 0, 0, 0], [0, 0, 0, 2]] {
            let link = link_of(LinkType::Null, &join(&[&family, &packet()]));
            assert_eq!(link, LinkInfo::default());
        }
        let packet = v6(TCP, &tcp(1, 2, 0));
        for family in [10, 24, 28, 30] {
            for family in [[family, 0, 0, 0], [0, 0, 0, family]] {
                let parsed = frames::read(LinkType::Null, &join(&[&family, &packet])).unwrap();
                assert_eq!(parsed.header, frames::ip(&packet));
            }
        }
    }

    #[test]
    fn a_loop_family_is_read_in_network_byte_order_only() {
        link_of(LinkType::Loop, &join(&[&[0, 0, 0, 2], &packet()]));

        let swapped = join(&[&[2, 0, 0, 0], &packet()]);
        assert_eq!(error(LinkType::Loop, &swapped), ParseError::NotIp(NonIp::Other(0xffff)));
    }

    #[test]
    fn another_family_is_named_in_the_error() {
        let appletalk = join(&[&[0, 0, 0, 16], &packet()]);

        assert_eq!(error(LinkType::Null, &appletalk), ParseError::NotIp(NonIp::Other(16)));
        assert_eq!(error(LinkType::Loop, &appletalk), ParseError::NotIp(NonIp::Other(16)));
        assert_eq!(error(LinkType::Null, &appletalk).to_string(), "not IP: type 0x0010");
        for family in (0..=255).filter(|family| ![2, 10, 24, 28, 30].contains(family)) {
            let frame = join(&[&[0, 0, 0, family], &packet()]);
            let expected = ParseError::NotIp(NonIp::Other(family.into()));
            assert_eq!(error(LinkType::Loop, &frame), expected);
        }
    }

    /// Builds a cooked frame; `hardware` is an `ARPHRD_` number.
    fn sll(packet_type: u8, hardware: u16, len: u8, protocol: u16, payload: &[u8]) -> Vec<u8> {
        join(&[
            &[0, packet_type],
            &hardware.to_be_bytes(),
            &[0, len],
            &SRC_MAC,
            &[0, 0],
            &protocol.to_be_bytes(),
            payload,
        ])
    }

    fn sll2(packet_type: u8, hardware: u16, len: u8, protocol: u16, payload: &[u8]) -> Vec<u8> {
        join(&[
            &protocol.to_be_bytes(),
            &[0, 0, 0, 0, 0, 3],
            &hardware.to_be_bytes(),
            &[packet_type, len],
            &SRC_MAC,
            &[0, 0],
            payload,
        ])
    }

    #[test]
    fn a_cooked_packet_type_is_the_direction() {
        let incoming = Some(FrameDirection::Incoming);
        let directions =
            [incoming, incoming, incoming, None, Some(FrameDirection::Outgoing), None, None];
        for (packet_type, expected) in (0..).zip(directions) {
            let frame = sll(packet_type, 1, 6, 0x0800, &packet());
            assert_eq!(link_of(LinkType::LinuxSll, &frame).direction, expected);
            let frame = sll2(packet_type, 1, 6, 0x0800, &packet());
            assert_eq!(link_of(LinkType::LinuxSll2, &frame).direction, expected);
        }
    }

    #[test]
    fn only_ethernet_hardware_has_a_cooked_mac_address() {
        for (hardware, len, expected) in
            [(1, 6, Some(SRC_MAC)), (1, 8, None), (772, 6, None), (512, 0, None)]
        {
            let frame = sll(0, hardware, len, 0x0800, &packet());
            let link = link_of(LinkType::LinuxSll, &frame);
            assert_eq!((link.src_mac, link.dst_mac), (expected, None));
            let frame = sll2(0, hardware, len, 0x0800, &packet());
            let link = link_of(LinkType::LinuxSll2, &frame);
            assert_eq!((link.src_mac, link.dst_mac), (expected, None));
        }
    }

    #[test]
    fn a_cooked_protocol_may_be_a_tag_or_not_ip() {
        let tagged = tag(7, 0x0800, &packet());
        link_of(LinkType::LinuxSll, &sll(0, 1, 6, 0x8100, &tagged));
        link_of(LinkType::LinuxSll2, &sll2(0, 1, 6, 0x8100, &tagged));

        for (protocol, expected) in [
            (0x0806, NonIp::Arp),
            (0x0001, NonIp::Llc),
            (0x0004, NonIp::Llc),
            (0x0000, NonIp::Other(0)),
            (0x0002, NonIp::Other(2)),
            (0x000c, NonIp::Other(0x000c)),
            (0x05ff, NonIp::Other(0x05ff)),
        ] {
            let expected = ParseError::NotIp(expected);
            assert_eq!(error(LinkType::LinuxSll, &sll(0, 1, 6, protocol, &packet())), expected);
            assert_eq!(error(LinkType::LinuxSll2, &sll2(0, 1, 6, protocol, &packet())), expected);
        }
    }
}

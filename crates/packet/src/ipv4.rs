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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::frames::{self, V4, ethernet, ip, tcp, udp, v4};

    const TCP: u8 = protocol::TCP;
    const UDP: u8 = protocol::UDP;

    fn error(packet: &[u8]) -> ParseError {
        frames::read(LinkType::RawIp, packet).unwrap_err()
    }

    #[test]
    fn a_tcp_segment_gives_every_field() {
        let header = ip(&v4(TCP, &tcp(40000, 443, 0x12)));

        let expected = PacketHeader {
            addresses: Addresses::V4 {
                src: Ipv4Addr::new(10, 0, 0, 5),
                dst: Ipv4Addr::new(10, 0, 1, 9),
            },
            protocol: 6,
            srcport: 40000,
            dstport: 443,
            tcp_flags: Some(0x12),
            icmp: None,
            fragment: Fragment::Whole,
            bytes: 40,
            quoted: None,
        };
        assert_eq!(header, expected);
    }

    #[test]
    fn options_come_before_the_ports() {
        let packet = V4 { protocol: UDP, fragment: 0, options: &[1; 40], payload: &udp(53, 5353) };

        let header = ip(&packet.build());

        assert_eq!((header.srcport, header.dstport, header.bytes), (53, 5353, 76));
    }

    #[test]
    fn padding_is_neither_counted_nor_read() {
        let mut frame = ethernet(0x0800, &v4(TCP, &[]));
        frame.resize(60, 0xee);

        let header = frames::read(LinkType::Ethernet, &frame).unwrap().header;

        assert_eq!((header.srcport, header.tcp_flags, header.bytes), (0, None, 20));

        let mut frame = ethernet(0x0800, &v4(TCP, &tcp(40000, 443, 2)));
        frame[17] = 33;
        let header = frames::read(LinkType::Ethernet, &frame).unwrap().header;
        assert_eq!((header.srcport, header.tcp_flags, header.bytes), (40000, None, 33));
    }

    #[test]
    fn a_total_length_of_0_means_what_was_on_the_wire() {
        let mut packet = v4(TCP, &tcp(40000, 443, 0x18));
        packet[2..4].fill(0);
        let frame = ethernet(0x0800, &packet);
        let tagged = ethernet(0x8100, &frames::tag(1, 0x0800, &packet));

        let header = crate::parse(LinkType::Ethernet, &frame, 70_014).unwrap().header;
        assert_eq!((header.bytes, header.dstport, header.tcp_flags), (70_000, 443, Some(0x18)));
        let header = crate::parse(LinkType::Ethernet, &tagged, 70_018).unwrap().header;
        assert_eq!(header.bytes, 70_000);
        let header = crate::parse(LinkType::RawIp, &packet, u32::MAX).unwrap().header;
        assert_eq!(header.bytes, u32::MAX);
        // Some captures claim fewer bytes on the wire than they hold.
        let header = crate::parse(LinkType::Ethernet, &frame, 3).unwrap().header;
        assert_eq!(header.bytes, 40);
    }

    #[test]
    fn bytes_come_from_the_header_where_the_capture_is_cut_off() {
        let mut packet = v4(TCP, &tcp(40000, 443, 2));
        packet[2..4].copy_from_slice(&1500u16.to_be_bytes());

        assert_eq!(ip(&packet).bytes, 1500);
    }

    #[test]
    fn a_capture_cut_off_inside_tcp_gives_what_can_be_read() {
        let packet = v4(TCP, &tcp(40000, 443, 2));
        for len in 20..40 {
            let header = crate::parse(LinkType::RawIp, &packet[..len], 40).unwrap().header;
            let ports = if len < 24 { (0, 0) } else { (40000, 443) };
            assert_eq!((header.srcport, header.dstport), ports, "{len}");
            assert_eq!(header.tcp_flags, (len >= 34).then_some(2), "{len}");
            assert_eq!(header.bytes, 40);
        }
    }

    #[test]
    fn a_header_cut_off_is_truncated_inside_its_options_too() {
        let packet = V4 { protocol: UDP, fragment: 0, options: &[1; 8], payload: &udp(1, 2) };
        let packet = packet.build();
        for len in 0..28 {
            assert_eq!(error(&packet[..len]), ParseError::IpTruncated, "{len}");
        }
        assert_eq!(ip(&packet[..28]).bytes, 44);
    }

    #[test]
    fn contradictions_are_malformed() {
        let good = v4(UDP, &udp(1, 2));
        for (at, value) in [(0, 0x44), (0, 0x40), (3, 19)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(error(&bad), ParseError::IpMalformed, "byte {at}");
        }
        let mut six = ethernet(0x0800, &good);
        six[14] = 0x65;
        assert_eq!(frames::read(LinkType::Ethernet, &six), Err(ParseError::IpMalformed));

        let mut smallest = good;
        smallest[3] = 20;
        assert_eq!(ip(&smallest).bytes, 20);
    }

    #[test]
    fn only_a_first_fragment_has_ports() {
        let at = |fragment| {
            let payload = &tcp(40000, 443, 2);
            ip(&V4 { protocol: TCP, fragment, options: &[], payload }.build())
        };
        let first = Fragment::First { id: 0x1234 };
        let later = Fragment::Later { id: 0x1234 };
        for (word, fragment, port, flags) in [
            (0x0000, Fragment::Whole, 443, Some(2)),
            (0x4000, Fragment::Whole, 443, Some(2)), // do not fragment
            (0x8000, Fragment::Whole, 443, Some(2)), // reserved
            (0x2000, first, 443, Some(2)),
            (0x2001, later, 0, None),
            (0x0001, later, 0, None),
            (0x1fff, later, 0, None),
        ] {
            let header = at(word);
            let got = (header.fragment, header.dstport, header.tcp_flags);
            assert_eq!(got, (fragment, port, flags), "{word:04x}");
        }
    }

    #[test]
    fn a_later_fragment_has_no_icmp_header() {
        let payload = &frames::icmp(8, 0, 7, &[]);
        let packet = V4 { protocol: protocol::ICMP, fragment: 0x00b9, options: &[], payload };

        assert_eq!(ip(&packet.build()).icmp, None);
    }
}

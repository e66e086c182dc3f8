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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::frames::{self, ethernet, extension, ip, tcp, udp, v6};

    const TCP: u8 = protocol::TCP;
    const UDP: u8 = protocol::UDP;

    /// Protocol, destination port and fragment of a packet.
    fn gist(packet: &[u8]) -> (u8, u16, Fragment) {
        let header = ip(packet);
        (header.protocol, header.dstport, header.fragment)
    }

    #[test]
    fn a_tcp_segment_gives_every_field() {
        let header = ip(&v6(TCP, &tcp(40000, 443, 0x12)));

        let expected = PacketHeader {
            addresses: Addresses::V6 {
                src: "2001:db8::5".parse().unwrap(),
                dst: "2001:db8::9".parse().unwrap(),
            },
            protocol: 6,
            srcport: 40000,
            dstport: 443,
            tcp_flags: Some(0x12),
            icmp: None,
            fragment: Fragment::Whole,
            bytes: 60,
            quoted: None,
        };
        assert_eq!(header, expected);
    }

    #[test]
    fn extension_headers_are_passed_over_and_counted() {
        let kinds = [
            next_header::HOP_BY_HOP,
            next_header::ROUTING,
            next_header::DESTINATION,
            next_header::MOBILITY,
            next_header::HIP,
            next_header::SHIM6,
        ];
        for kind in kinds {
            let packet = v6(kind, &extension(UDP, 2, &udp(53, 5353)));
            assert_eq!(gist(&packet), (UDP, 5353, Fragment::Whole), "{kind}");
            assert_eq!(ip(&packet).bytes, 40 + 24 + 16);
        }
    }

    #[test]
    fn a_chain_as_long_as_the_packet_is_walked_to_its_end() {
        let mut payload = extension(UDP, 0, &udp(53, 5353));
        for _ in 0..8000 {
            payload = frames::join(&[&[next_header::DESTINATION, 0, 0, 0, 0, 0, 0, 0], &payload]);
        }

        assert_eq!(gist(&v6(next_header::HOP_BY_HOP, &payload)), (UDP, 5353, Fragment::Whole));
    }

    #[test]
    fn an_authentication_header_and_esp_are_upper_protocols() {
        for kind in [51, 50] {
            let packet = v6(next_header::DESTINATION, &extension(kind, 0, &tcp(1, 2, 2)));
            assert_eq!(gist(&packet), (kind, 0, Fragment::Whole));
        }
    }

    #[test]
    fn a_message_that_nothing_follows_is_the_protocol_itself() {
        for kind in [next_header::MOBILITY, next_header::HIP, next_header::SHIM6] {
            let packet = v6(kind, &extension(next_header::NONE, 1, &[]));
            assert_eq!(gist(&packet), (kind, 0, Fragment::Whole));
        }
        let packet = v6(next_header::DESTINATION, &extension(next_header::NONE, 1, &[]));
        assert_eq!(gist(&packet), (next_header::NONE, 0, Fragment::Whole));
    }

    #[test]
    fn fragments_are_told_apart() {
        let at = |offset, more| {
            let payload = frames::fragment(UDP, offset, more, 0xdead_beef, &udp(53, 5353));
            gist(&v6(next_header::FRAGMENT, &payload))
        };
        let id = 0xdead_beef;

        assert_eq!(at(0, 0), (UDP, 5353, Fragment::Whole), "atomic");
        assert_eq!(at(0, 0b110), (UDP, 5353, Fragment::Whole), "reserved bits");
        assert_eq!(at(0, 1), (UDP, 5353, Fragment::First { id }));
        assert_eq!(at(8, 1), (UDP, 0, Fragment::Later { id }));
        assert_eq!(at(0xfff8, 0), (UDP, 0, Fragment::Later { id }));
    }

    #[test]
    fn a_later_fragment_is_not_walked_further() {
        let inside = extension(UDP, 0, &udp(53, 5353));
        let payload = frames::fragment(next_header::DESTINATION, 1232, 0, 7, &inside);

        let got = gist(&v6(next_header::FRAGMENT, &payload));

        assert_eq!(got, (next_header::DESTINATION, 0, Fragment::Later { id: 7 }));
    }

    #[test]
    fn options_behind_a_first_fragment_header_are_passed_over() {
        let inside = extension(UDP, 0, &udp(53, 5353));
        let payload = frames::fragment(next_header::DESTINATION, 0, 1, 7, &inside);

        let got = gist(&v6(next_header::FRAGMENT, &payload));

        assert_eq!(got, (UDP, 5353, Fragment::First { id: 7 }));
    }

    #[test]
    fn a_chain_that_is_cut_off_ends_with_the_last_protocol_read() {
        let packet = v6(
            next_header::HOP_BY_HOP,
            &extension(next_header::FRAGMENT, 0, &frames::fragment(UDP, 0, 1, 7, &udp(53, 5353))),
        );
        let cut = |len: usize| {
            let header = crate::parse(LinkType::RawIp, &packet[..len], 72).unwrap().header;
            assert_eq!(header.bytes, 72);
            (header.protocol, header.dstport, header.fragment)
        };

        assert_eq!(cut(41), (next_header::HOP_BY_HOP, 0, Fragment::Whole));
        assert_eq!(cut(42), (next_header::FRAGMENT, 0, Fragment::Whole));
        assert_eq!(cut(55), (next_header::FRAGMENT, 0, Fragment::Whole));
        assert_eq!(cut(56), (UDP, 0, Fragment::First { id: 7 }));
        assert_eq!(cut(60), (UDP, 5353, Fragment::First { id: 7 }));
    }

    #[test]
    fn a_payload_length_of_0_means_what_was_on_the_wire() {
        for (kind, payload) in [
            (TCP, tcp(40000, 443, 2)),
            (next_header::HOP_BY_HOP, extension(TCP, 0, &tcp(1, 443, 2))),
        ] {
            let mut packet = v6(kind, &payload);
            packet[4..6].fill(0);
            let frame = ethernet(0x86dd, &packet);

            let header = crate::parse(LinkType::Ethernet, &frame, 90_014).unwrap().header;
            assert_eq!((header.bytes, header.dstport), (90_000, 443));
        }
        let mut packet = v6(TCP, &[]);
        packet[4..6].fill(0);
        let header = crate::parse(LinkType::RawIp, &packet, u32::MAX).unwrap().header;
        assert_eq!(header.bytes, u32::MAX);
    }

    #[test]
    fn padding_is_neither_counted_nor_read() {
        let mut frame = ethernet(0x86dd, &v6(UDP, &[]));
        // A payload length of 0 would stand for the length on the wire.
        frame[19] = 2;
        frame.resize(90, 0xee);

        let header = frames::read(LinkType::Ethernet, &frame).unwrap().header;

        assert_eq!((header.srcport, header.bytes), (0, 42));

        let mut frame = ethernet(0x86dd, &v6(TCP, &tcp(40000, 443, 2)));
        frame[19] = 13;
        let header = frames::read(LinkType::Ethernet, &frame).unwrap().header;
        assert_eq!((header.srcport, header.tcp_flags, header.bytes), (40000, None, 53));
    }

    #[test]
    fn a_header_cut_off_is_truncated_and_another_version_is_malformed() {
        let mut packet = v6(UDP, &udp(1, 2));
        for len in 0..40 {
            let got = crate::parse(LinkType::RawIp, &packet[..len], 56);
            assert_eq!(got, Err(ParseError::IpTruncated), "{len}");
        }
        packet[0] = 0x45;
        let got = frames::read(LinkType::Ethernet, &ethernet(0x86dd, &packet));
        assert_eq!(got, Err(ParseError::IpMalformed));
    }
}

//! ICMP and `ICMPv6`: type, code, identifier, and what an error quotes.

use crate::upper::Family;
use crate::{Icmp, PacketHeader, ParsedFrame, ipv4, ipv6};

/// Length of the header, behind which an error quotes the packet it is about.
const HEADER: usize = 8;

/// Adds what an ICMP message of the family's own kind says.
#[inline(never)]
pub(crate) fn complete(frame: ParsedFrame, family: Family, payload: &[u8]) -> ParsedFrame {
    let icmp = read(family, payload);
    let quoted = icmp.filter(|icmp| is_error(family, icmp.kind)).and_then(|_| {
        let packet = payload.get(HEADER..)?;
        match family {
            Family::V4 => ipv4::quoted(packet),
            Family::V6 => ipv6::quoted(packet),
        }
    });
    ParsedFrame { header: PacketHeader { icmp, quoted, ..frame.header }, ..frame }
}

/// Reads type and code, and the identifier where the type has one.
pub(crate) fn read(family: Family, payload: &[u8]) -> Option<Icmp> {
    let &[kind, code, ref rest @ ..] = payload else { return None };
    let id = match *rest {
        [_, _, id0, id1, ..] if is_query(family, kind) => u16::from_be_bytes([id0, id1]),
        _ => 0,
    };
    Some(Icmp { kind, code, id })
}

/// Echo, timestamp, information and address mask with their replies (RFC 792, RFC 950); of `ICMPv6`
/// echo alone (RFC 4443).
fn is_query(family: Family, kind: u8) -> bool {
    match family {
        Family::V4 => matches!(kind, 0 | 8 | 13..=18),
        Family::V6 => matches!(kind, 128 | 129),
    }
}

/// Unreachable, source quench, time exceeded, parameter problem; of `ICMPv6` also packet too big.
///
/// A redirect quotes a packet too, but that one was delivered.
fn is_error(family: Family, kind: u8) -> bool {
    match family {
        Family::V4 => matches!(kind, 3 | 4 | 11 | 12),
        Family::V6 => matches!(kind, 1..=4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{self, V4, extension, ip, tcp, udp, v4, v6};
    use crate::{Addresses, LinkType, QuotedHeader};

    const ICMP: u8 = 1;
    const ICMPV6: u8 = 58;

    fn addresses() -> Addresses {
        ip(&v4(ICMP, &[])).addresses
    }

    #[test]
    fn queries_and_replies_have_an_identifier() {
        for kind in 0..=255 {
            let expected = |queries: &[u8]| {
                let id = if queries.contains(&kind) { 0x0708 } else { 0 };
                Some(Icmp { kind, code: 9, id })
            };
            let message = frames::icmp(kind, 9, 0x0708, &[]);
            let header = ip(&v4(ICMP, &message));
            assert_eq!(header.icmp, expected(&[0, 8, 13, 14, 15, 16, 17, 18]));
            assert_eq!((header.srcport, header.dstport), (0, 0));
            assert_eq!(ip(&v6(ICMPV6, &message)).icmp, expected(&[128, 129]));
        }
    }

    #[test]
    fn a_message_that_is_cut_off_gives_what_can_be_read() {
        let packet = v4(ICMP, &frames::icmp(8, 3, 7, &[]));
        for len in 20..28 {
            let icmp = crate::parse(LinkType::RawIp, &packet[..len], 28).unwrap().header.icmp;
            let id = if len < 26 { 0 } else { 7 };
            assert_eq!(icmp, (len >= 22).then_some(Icmp { kind: 8, code: 3, id }), "{len}");
        }
    }

    #[test]
    fn errors_quote_the_packet_they_are_about_and_redirects_do_not() {
        let about = v4(17, &udp(5353, 53));
        for kind in 0..=255 {
            let quoted = ip(&v4(ICMP, &frames::icmp(kind, 1, 0, &about))).quoted;
            let expected = QuotedHeader {
                addresses: addresses(),
                protocol: 17,
                srcport: 5353,
                dstport: 53,
                icmp: None,
            };
            assert_eq!(quoted, [3, 4, 11, 12].contains(&kind).then_some(expected), "{kind}");
        }
    }

    #[test]
    fn icmpv6_errors_quote_ipv6_behind_its_extension_headers() {
        let about = v6(0, &extension(6, 0, &tcp(40000, 443, 2)));
        for kind in 0..=255 {
            let quoted = ip(&v6(ICMPV6, &frames::icmp(kind, 0, 0, &about))).quoted;
            let expected = QuotedHeader {
                addresses: ip(&about).addresses,
                protocol: 6,
                srcport: 40000,
                dstport: 443,
                icmp: None,
            };
            assert_eq!(quoted, [1, 2, 3, 4].contains(&kind).then_some(expected), "{kind}");
        }
    }

    fn quoted(about: &[u8]) -> Option<QuotedHeader> {
        ip(&v4(ICMP, &frames::icmp(3, 3, 0, about))).quoted
    }

    #[test]
    fn a_quoted_echo_has_type_code_and_identifier() {
        let quoted = quoted(&v4(ICMP, &frames::icmp(8, 0, 77, &[]))).unwrap();

        assert_eq!(quoted.icmp, Some(Icmp { kind: 8, code: 0, id: 77 }));
        assert_eq!((quoted.protocol, quoted.srcport), (ICMP, 0));

        let about = v6(ICMPV6, &frames::icmp(128, 0, 78, &[]));
        let quoted = ip(&v6(ICMPV6, &frames::icmp(1, 4, 0, &about))).quoted.unwrap();
        assert_eq!(quoted.icmp, Some(Icmp { kind: 128, code: 0, id: 78 }));
    }

    #[test]
    fn a_quoted_error_quotes_nothing_further() {
        let inner = v4(17, &udp(1, 2));

        let quoted = quoted(&v4(ICMP, &frames::icmp(3, 1, 0, &inner))).unwrap();

        assert_eq!(quoted.icmp, Some(Icmp { kind: 3, code: 1, id: 0 }));
    }

    #[test]
    fn a_quoted_later_fragment_has_no_ports() {
        let at = |fragment| {
            let packet = V4 { protocol: 17, fragment, options: &[1; 4], payload: &udp(5353, 53) };
            quoted(&packet.build()).unwrap().srcport
        };

        assert_eq!(at(0x2000), 5353);
        assert_eq!(at(0x2001), 0);
    }

    #[test]
    fn a_quotation_counts_from_its_header_on() {
        let mut about = v4(17, &udp(5353, 53));
        // Routers change the quoted total length; it says nothing.
        about[2..4].copy_from_slice(&[0, 3]);
        for len in 0..=about.len() {
            let quoted = quoted(&about[..len]);
            assert_eq!(quoted.is_some(), len >= 20, "{len}");
            let port = quoted.map_or(0, |quoted| quoted.srcport);
            assert_eq!(port, if len >= 24 { 5353 } else { 0 }, "{len}");
        }
    }

    #[test]
    fn a_quotation_that_is_no_header_of_the_family_is_none() {
        let mut about = v4(17, &udp(5353, 53));
        assert_eq!(ip(&v6(ICMPV6, &frames::icmp(1, 0, 0, &about))).quoted, None);
        about[0] = 0x44;
        assert_eq!(quoted(&about), None);
        about[0] = 0x65;
        assert_eq!(quoted(&about), None);
        let mut about = v6(17, &udp(5353, 53));
        about[0] = 0x40;
        assert_eq!(ip(&v6(ICMPV6, &frames::icmp(1, 0, 0, &about))).quoted, None);
    }
}

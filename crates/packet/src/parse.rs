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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::Fragment;
    use crate::frames::{V4, ethernet, extension, fragment, icmp, tag, tcp, udp, v4, v6};
    use crate::header::protocol;

    const LINKS: [LinkType; 6] = [
        LinkType::Ethernet,
        LinkType::RawIp,
        LinkType::Null,
        LinkType::Loop,
        LinkType::LinuxSll,
        LinkType::LinuxSll2,
    ];

    /// IP packets that between them reach every branch.
    fn packets() -> Vec<Vec<u8>> {
        let tcp = &tcp(40000, 443, 0x12);
        let udp = &udp(53, 5353);
        vec![
            v4(6, tcp),
            v4(17, udp),
            v4(132, udp),
            V4 { protocol: 6, fragment: 0x2000, options: &[1; 12], payload: tcp }.build(),
            v4(1, &icmp(8, 0, 7, &[0; 8])),
            v4(1, &icmp(3, 1, 0, &v4(1, &icmp(8, 0, 7, &[])))),
            v6(6, tcp),
            v6(17, udp),
            v6(0, &extension(43, 1, &extension(60, 0, &fragment(17, 0, 1, 7, udp)))),
            v6(135, &extension(59, 2, &[])),
            v6(58, &icmp(1, 4, 0, &v6(0, &extension(44, 0, &fragment(6, 0, 0, 7, tcp))))),
        ]
    }

    /// Puts `packet` into a frame of the link type.
    fn frame(link: LinkType, packet: &[u8]) -> Vec<u8> {
        let is_v4 = packet[0] >> 4 == 4;
        let kind = if is_v4 { 0x0800_u16 } else { 0x86dd };
        let [k0, k1] = kind.to_be_bytes();
        let mut header = match link {
            LinkType::Ethernet => return ethernet(kind, packet),
            LinkType::RawIp => vec![],
            LinkType::Null | LinkType::Loop => vec![0, 0, 0, if is_v4 { 2 } else { 24 }],
            LinkType::LinuxSll => vec![0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 5, 0, 0, k0, k1],
            LinkType::LinuxSll2 => {
                vec![k0, k1, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 5, 0, 0]
            }
        };
        header.extend(packet);
        header
    }

    /// A readable frame, sometimes tagged, with some bytes overwritten and its end cut off.
    fn mutated(links: Vec<LinkType>) -> impl Strategy<Value = (LinkType, Vec<u8>)> {
        let tags = prop::collection::vec(select(vec![0x8100, 0x88a8, 0x9100]), 0..3);
        // Half of the overwriting happens in the headers' first bytes, where it matters.
        let near = (0..80_usize, select(vec![0, 1, 4, 6, 17, 44, 58, 60, 0x45, 0x60, 0xff]));
        let bytes = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
        let near = prop::collection::vec(near, 0..3);
        (select(links), select(packets()), tags, near, bytes, prop::option::of(any::<Index>()))
            .prop_map(|(link, packet, tags, near, bytes, cut)| {
                let mut frame = frame(link, &packet);
                if link == LinkType::Ethernet {
                    for tpid in tags {
                        let inner = u16::from_be_bytes([frame[12], frame[13]]);
                        frame = ethernet(tpid, &tag(1, inner, &frame[14..]));
                    }
                }
                for (at, value) in near {
                    if let Some(byte) = frame.get_mut(at) {
                        *byte = value;
                    }
                }
                for (at, value) in bytes {
                    let at = at.index(frame.len());
                    frame[at] = value;
                }
                if let Some(cut) = cut {
                    frame.truncate(cut.index(frame.len()));
                }
                (link, frame)
            })
    }

    /// Asserts what holds of every packet header, however odd the frame.
    fn check(link: LinkType, frame: &[u8], wire_len: u32) -> Result<(), TestCaseError> {
        let Ok(parsed) = parse(link, frame, wire_len) else { return Ok(()) };
        let header = parsed.header;
        let has_ports = matches!(header.protocol, protocol::TCP | protocol::UDP | protocol::SCTP);
        let has_header = match header.fragment {
            Fragment::Whole | Fragment::First { .. } => true,
            Fragment::Later { .. } => false,
        };
        let smallest = if header.addresses.src().is_ipv4() { 20 } else { 40 };
        prop_assert!(header.bytes >= smallest);
        prop_assert!((has_ports && has_header) || (header.srcport, header.dstport) == (0, 0));
        prop_assert!(
            header.tcp_flags.is_none() || (has_header && header.protocol == protocol::TCP)
        );
        prop_assert!(header.icmp.is_none() || (has_header && !has_ports));
        prop_assert!(header.quoted.is_none() || header.icmp.is_some());
        Ok(())
    }

    #[test]
    fn every_sample_packet_is_read_in_every_link_type() {
        for packet in packets() {
            let header = crate::frames::ip(&packet);
            for link in LINKS {
                let parsed = crate::frames::read(link, &frame(link, &packet)).unwrap();
                assert_eq!(parsed.header, header, "{link:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(
            link in select(LINKS.to_vec()),
            frame in prop::collection::vec(any::<u8>(), 0..200),
            wire_len: u32,
        ) {
            check(link, &frame, wire_len)?;
        }

        #[test]
        fn damaged_frames_never_panic((link, frame) in mutated(LINKS.to_vec()), wire_len: u32) {
            check(link, &frame, wire_len)?;
        }

        #[test]
        fn cutting_a_capture_off_changes_no_address_and_no_byte_count(
            (link, frame) in mutated(LINKS.to_vec()),
            cut: Index,
        ) {
            let wire_len = u32::try_from(frame.len()).unwrap();
            let cut = &frame[..cut.index(frame.len() + 1)];

            if let Ok(short) = parse(link, cut, wire_len) {
                let long = parse(link, &frame, wire_len).unwrap();
                prop_assert_eq!(short.link, long.link);
                prop_assert_eq!(short.header.addresses, long.header.addresses);
                prop_assert_eq!(short.header.bytes, long.header.bytes);
                prop_assert!(short.header.srcport == 0 || short.header.srcport == long.header.srcport);
            }
        }
    }

    proptest! {
        // Most damage lands where both ways agree that the frame is not plain.
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_short_way_says_what_the_general_way_says(
            (link, frame) in mutated(vec![LinkType::Ethernet]),
        ) {
            let wire_len = u32::try_from(frame.len()).unwrap();

            prop_assert_eq!(parse(link, &frame, wire_len), parse_any(link, &frame, wire_len));
        }
    }
}

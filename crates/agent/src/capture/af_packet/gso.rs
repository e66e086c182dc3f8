//! Super-packets: from the kernel's offload header to what is on the wire.

use std::num::NonZeroU16;

use flowlogd_packet::LinkType;

use super::super::Gso;

/// Length of the header (`virtio_net_hdr`) that the kernel puts before each frame.
pub(super) const OFFLOAD_HEADER: usize = 10;

/// The transport checksum is still to be computed, and where from is said.
const CHECKSUM_TO_DO: u8 = 1;

const TCP_IPV4: u8 = 1;
const TCP_IPV6: u8 = 4;
const UDP: u8 = 5;
/// IP fragmentation, of datagrams of virtual machines.
const UDP_FRAGMENTS: u8 = 3;
/// Set beside one of the above.
const CONGESTION: u8 = 0x80;

/// Returns what a frame stands for, if the offload header says that it is cut on its way, or was
/// put together.
///
/// The packets on the wire are counted from the size of their payload: the kernel's own count is
/// 0 for frames from virtual machines (live-capture.md §6).
pub(super) fn gso(
    link_type: LinkType,
    frame: &[u8],
    wire_len: u32,
    offload: [u8; OFFLOAD_HEADER],
) -> Option<Gso> {
    // All numbers in the byte order of the machine; the header length (2, 3) is only a hint.
    let [flags, kind, _, _, size0, size1, start0, start1, _, _] = offload;
    let payload_each = u32::from(u16::from_ne_bytes([size0, size1]));
    let kind = kind & !CONGESTION;
    if kind == 0 || payload_each == 0 {
        return None;
    }

    let network = network_header(link_type, frame)?;
    // In a tunnel this is the inner header, and all headers before it are repeated.
    let transport = if flags & CHECKSUM_TO_DO != 0 {
        usize::from(u16::from_ne_bytes([start0, start1]))
    } else {
        transport_header(frame, network)?
    };
    let payload = match kind {
        // The data offset, in words; without options where it was cut off.
        TCP_IPV4 | TCP_IPV6 => {
            transport + frame.get(transport + 12).map_or(20, |byte| usize::from(byte >> 4) * 4)
        }
        UDP => transport + 8,
        UDP_FRAGMENTS => transport,
        _ => return None,
    };

    let header_len = u16::try_from(payload.checked_sub(network)?).ok()?;
    let payload_len = wire_len.checked_sub(u32::try_from(payload).ok()?)?;
    let segments = u16::try_from(payload_len.div_ceil(payload_each)).unwrap_or(u16::MAX);
    let segments = NonZeroU16::new(segments).filter(|segments| segments.get() > 1)?;
    Some(Gso { segments, header_len })
}

/// Returns where the IP header starts: behind the VLAN tags that are in the frame.
fn network_header(link_type: LinkType, frame: &[u8]) -> Option<usize> {
    match link_type {
        LinkType::Ethernet => {
            let mut at = 12;
            while let [0x81 | 0x91, 0x00] | [0x88, 0xa8] = frame.get(at..at + 2)? {
                at += 4;
            }
            Some(at + 2)
        }
        LinkType::RawIp => Some(0),
        // No device has these.
        LinkType::Null | LinkType::Loop | LinkType::LinuxSll | LinkType::LinuxSll2 => None,
    }
}

/// Returns where the header after the IP header and its extensions starts.
fn transport_header(frame: &[u8], network: usize) -> Option<usize> {
    let first = frame.get(network)?;
    match first >> 4 {
        4 => Some(network + usize::from(first & 0x0f) * 4),
        6 => {
            let mut next = *frame.get(network + 6)?;
            let mut at = network + 40;
            // Hop-by-hop, routing and destination options: length in 8 bytes, less the first.
            while let 0 | 43 | 60 = next {
                next = *frame.get(at)?;
                at += (usize::from(*frame.get(at + 1)?) + 1) * 8;
            }
            Some(at)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offload(flags: u8, kind: u8, size: u16, checksum: u16) -> [u8; OFFLOAD_HEADER] {
        let [s0, s1] = size.to_ne_bytes();
        let [c0, c1] = checksum.to_ne_bytes();
        [flags, kind, 0, 0, s0, s1, c0, c1, 0, 0]
    }

    /// An Ethernet header with `tags`, and an IPv4 header before `transport`.
    fn ipv4(tags: &[u8], transport: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend(tags);
        frame.extend([0x08, 0x00, 0x45]);
        frame.extend([0; 19]);
        frame.extend(transport);
        frame
    }

    /// A TCP header of `words` words.
    fn tcp(words: u8) -> Vec<u8> {
        let mut header = vec![0; usize::from(words) * 4];
        header[12] = words << 4;
        header
    }

    fn counts(gso: Option<Gso>) -> Option<(u16, u16, u32)> {
        gso.map(|gso| (gso.segments.get(), gso.header_len, gso.extra_bytes()))
    }

    #[test]
    fn a_tcp_super_packet_is_its_payload_over_the_segment_size() {
        let frame = ipv4(&[], &tcp(8));
        let headers = 14 + 20 + 32;

        for kind in [TCP_IPV4, TCP_IPV4 | CONGESTION] {
            let gso = gso(
                LinkType::Ethernet,
                &frame,
                headers + 14_580,
                offload(CHECKSUM_TO_DO, kind, 1448, 34),
            );

            assert_eq!(counts(gso), Some((11, 52, 520)));
        }
    }

    #[test]
    fn without_a_checksum_to_do_the_headers_are_walked_through() {
        let tags = [0x88, 0xa8, 0, 1, 0x81, 0, 0, 2];
        let frame = ipv4(&tags, &tcp(5));

        let gso = gso(LinkType::Ethernet, &frame, 62 + 2000, offload(0, TCP_IPV4, 1000, 0));

        assert_eq!(counts(gso), Some((2, 40, 40)));
    }

    #[test]
    fn ipv6_extension_headers_are_repeated_too() {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, 0, 64];
        packet.extend([0; 32]);
        packet.extend([60, 0, 0, 0, 0, 0, 0, 0]); // Hop-by-hop options, 8 bytes.
        packet.extend([6, 1, 0, 0, 0, 0, 0, 0]); // Destination options, 16 bytes.
        packet.extend([0; 8]);
        packet.extend(tcp(5));

        let gso = gso(LinkType::RawIp, &packet, 84 + 3001, offload(0, TCP_IPV6, 1500, 0));

        assert_eq!(counts(gso), Some((3, 84, 168)));
    }

    #[test]
    fn datagrams_repeat_8_bytes_and_fragments_only_the_ip_header() {
        let frame = ipv4(&[], &[0; 8]);

        let datagrams = gso(LinkType::Ethernet, &frame, 42 + 5000, offload(1, UDP, 1000, 34));
        let fragments =
            gso(LinkType::Ethernet, &frame, 42 + 5000, offload(1, UDP_FRAGMENTS, 1480, 34));

        assert_eq!(counts(datagrams), Some((5, 28, 112)));
        assert_eq!(counts(fragments), Some((4, 20, 60)));
    }

    #[test]
    fn in_a_tunnel_the_inner_headers_are_repeated_too() {
        // UDP and VXLAN headers, Ethernet, IPv4, TCP.
        let mut inner = vec![0; 16];
        inner.extend(ipv4(&[], &tcp(5)));
        let frame = ipv4(&[], &inner);
        let headers = 34 + 16 + 34 + 20;

        let gso = gso(LinkType::Ethernet, &frame, headers + 2800, offload(1, TCP_IPV4, 1400, 84));

        assert_eq!(counts(gso), Some((2, 90, 90)));
    }

    #[test]
    fn what_is_one_packet_stands_for_itself() {
        let frame = ipv4(&[], &tcp(5));
        let gso = |wire_len, offload| gso(LinkType::Ethernet, &frame, wire_len, offload);

        assert_eq!(gso(1514, offload(1, 0, 0, 34)), None, "no offload");
        assert_eq!(gso(1514, offload(1, TCP_IPV4, 0, 34)), None, "no size");
        assert_eq!(gso(1514, offload(1, TCP_IPV4, 1460, 34)), None, "one segment");
        assert_eq!(gso(54, offload(1, TCP_IPV4, 1460, 34)), None, "no payload");
        assert_eq!(gso(3000, offload(1, 77, 1460, 34)), None, "unknown kind");
    }

    #[test]
    fn no_frame_and_no_header_is_too_odd() {
        for length in 0..80 {
            for (flags, kind) in [(0, 1), (1, 1), (0, 3), (1, 4), (0, 5), (0xff, 0xff)] {
                for frame in [vec![0; length], vec![0xff; length], vec![0x60; length]] {
                    for link_type in [LinkType::Ethernet, LinkType::RawIp, LinkType::Null] {
                        gso(link_type, &frame, 0, offload(flags, kind, 1, 0));
                        gso(link_type, &frame, u32::MAX, offload(flags, kind, 1, u16::MAX));
                    }
                }
            }
        }
    }
}

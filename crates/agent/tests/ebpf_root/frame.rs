//! Frames from nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::wire::{GUEST_MAC, GUEST_V4, HOST_V4};

/// Nobody's: whoever receives a frame for it looks no further, after our program.
pub(crate) const NOBODY: [u8; 6] = [2, 0, 0, 9, 9, 9];
/// Offset of the source port in an untagged frame of IPv4.
pub(crate) const SRCPORT: usize = 34;
const UDP: u8 = 17;
const DESTINATION_OPTIONS: u8 = 60;

fn ethernet(to: [u8; 6], tags: &[(u16, u16)], kind: u16) -> Vec<u8> {
    let mut frame = to.to_vec();
    frame.extend(GUEST_MAC);
    for (tag, number) in tags {
        frame.extend(tag.to_be_bytes());
        frame.extend(number.to_be_bytes());
    }
    frame.extend(kind.to_be_bytes());
    frame
}

fn ipv4(
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    fragment: (u16, u16),
    payload: usize,
) -> Vec<u8> {
    let length = u16::try_from(20 + payload).expect("a packet");
    let mut header = vec![0x45, 0];
    header.extend(length.to_be_bytes());
    header.extend(fragment.0.to_be_bytes());
    header.extend(fragment.1.to_be_bytes());
    header.extend([64, protocol, 0, 0]);
    header.extend(src.octets());
    header.extend(dst.octets());
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    header
}

/// Returns the complement of the ones' complement sum.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
    let sum: u32 = words.sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    !u16::try_from((sum & 0xffff) + (sum >> 16)).expect("two bytes")
}

fn udp_header(srcport: u16, dstport: u16, payload: usize) -> Vec<u8> {
    let length = u16::try_from(8 + payload).expect("a datagram");
    [srcport.to_be_bytes(), dstport.to_be_bytes(), length.to_be_bytes(), [0, 0]].concat()
}

/// A datagram behind VLAN tags, if any.
pub(crate) fn udp(
    tags: &[(u16, u16)],
    (src, srcport): (Ipv4Addr, u16),
    (dst, dstport): (Ipv4Addr, u16),
    payload: usize,
) -> Vec<u8> {
    let mut frame = ethernet(NOBODY, tags, 0x0800);
    frame.extend(ipv4(src, dst, UDP, (7, 0), 8 + payload));
    frame.extend(udp_header(srcport, dstport, payload));
    frame.extend(vec![0; payload]);
    frame
}

/// The same of IPv6.
pub(crate) fn udp_v6(
    tags: &[(u16, u16)],
    (src, srcport): (Ipv6Addr, u16),
    (dst, dstport): (Ipv6Addr, u16),
    payload: usize,
) -> Vec<u8> {
    let mut frame = ethernet(NOBODY, tags, 0x86dd);
    frame.extend([0x60, 0, 0, 0]);
    frame.extend(u16::try_from(8 + payload).expect("a packet").to_be_bytes());
    frame.extend([UDP, 64]);
    frame.extend(src.octets());
    frame.extend(dst.octets());
    frame.extend(udp_header(srcport, dstport, payload));
    frame.extend(vec![0; payload]);
    frame
}

/// A datagram behind so many extension headers: the longer the program looks at it, the likelier it is that something
/// changes meanwhile.
pub(crate) fn lengthy(
    (src, srcport): (Ipv6Addr, u16),
    (dst, dstport): (Ipv6Addr, u16),
    headers: usize,
) -> Vec<u8> {
    let mut frame = ethernet(NOBODY, &[], 0x86dd);
    frame.extend([0x60, 0, 0, 0]);
    frame.extend(u16::try_from(8 * headers + 8).expect("a packet").to_be_bytes());
    frame.extend([DESTINATION_OPTIONS, 64]);
    frame.extend(src.octets());
    frame.extend(dst.octets());
    for header in 1..=headers {
        let next = if header == headers { UDP } else { DESTINATION_OPTIONS };
        // Four bytes of padding.
        frame.extend([next, 0, 1, 4, 0, 0, 0, 0]);
    }
    frame.extend(udp_header(srcport, dstport, 0));
    frame
}

/// A later fragment whose first nobody has seen.
pub(crate) fn orphan(src: Ipv4Addr, dst: Ipv4Addr) -> Vec<u8> {
    let mut frame = ethernet(NOBODY, &[], 0x0800);
    frame.extend(ipv4(src, dst, UDP, (999, 100), 24));
    frame.extend([0; 24]);
    frame
}

/// A question for an address: not IP.
pub(crate) fn arp() -> Vec<u8> {
    let mut frame = ethernet([0xff; 6], &[], 0x0806);
    frame.extend([0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([0; 20]);
    frame
}

/// A super-packet of a virtual machine: header of segmentation, frame, and so much of TCP, to be cut into pieces.
pub(crate) fn super_packet(
    to: [u8; 6],
    src: Ipv4Addr,
    dst: Ipv4Addr,
    payload: usize,
    piece: u16,
) -> Vec<u8> {
    // The checksum is to be made; TCP over IPv4; lengths of the headers, and where the checksum is.
    let mut bytes = vec![1, 1];
    for number in [54_u16, piece, 34, 16] {
        bytes.extend(number.to_ne_bytes());
    }
    bytes.extend(ethernet(to, &[], 0x0800));
    bytes.extend(ipv4(src, dst, 6, (7, 0x4000), 20 + payload));
    bytes.extend([
        0x9c, 0x40, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0,
    ]);
    bytes.extend(vec![0; payload]);
    bytes
}

/// So many datagrams from the guest to the host, each from another port.
pub(crate) fn datagrams(count: u16) -> Vec<Vec<u8>> {
    (0..count).map(|port| udp(&[], (GUEST_V4, 1000 + port), (HOST_V4, 53), 10)).collect()
}

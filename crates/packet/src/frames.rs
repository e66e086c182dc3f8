//! Frames built by hand, for tests.

use crate::{LinkType, PacketHeader, ParseError, ParsedFrame, parse};

pub(crate) const DST_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0xd];
pub(crate) const SRC_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x5];

/// Puts byte strings behind each other.
pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(crate) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&DST_MAC, &SRC_MAC, &kind.to_be_bytes(), payload])
}

/// Builds what stands behind a tag protocol identifier: the tag itself and the next type.
pub(crate) fn tag(vlan: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&vlan.to_be_bytes(), &kind.to_be_bytes(), payload])
}

/// An IPv4 packet from 10.0.0.5 to 10.0.1.9 with identification 0x1234.
pub(crate) struct V4<'a> {
    pub(crate) protocol: u8,
    pub(crate) fragment: u16,
    pub(crate) options: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl V4<'_> {
    pub(crate) fn build(&self) -> Vec<u8> {
        let words = 5 + u8::try_from(self.options.len() / 4).unwrap();
        let len = u16::try_from(20 + self.options.len() + self.payload.len()).unwrap();
        join(&[
            &[0x40 | words, 0],
            &len.to_be_bytes(),
            &[0x12, 0x34],
            &self.fragment.to_be_bytes(),
            &[64, self.protocol, 0, 0, 10, 0, 0, 5, 10, 0, 1, 9],
            self.options,
            self.payload,
        ])
    }
}

pub(crate) fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    V4 { protocol, fragment: 0, options: &[], payload }.build()
}

/// An IPv6 packet from `2001:db8::5` to `2001:db8::9`.
pub(crate) fn v6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).unwrap();
    let mut src = [0; 16];
    src[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    let mut dst = src;
    (src[15], dst[15]) = (5, 9);
    join(&[&[0x60, 0, 0, 0], &len.to_be_bytes(), &[next_header, 64], &src, &dst, payload])
}

/// An IPv6 extension header of `8 + 8 * len` bytes with `payload` behind it.
pub(crate) fn extension(next_header: u8, len: u8, payload: &[u8]) -> Vec<u8> {
    join(&[&[next_header, len], &vec![0; 6 + 8 * usize::from(len)], payload])
}

/// An IPv6 fragment header: `offset` in bytes.
pub(crate) fn fragment(
    next_header: u8,
    offset: u16,
    more: u16,
    id: u32,
    payload: &[u8],
) -> Vec<u8> {
    let word = (offset | more).to_be_bytes();
    join(&[&[next_header, 0], &word, &id.to_be_bytes(), payload])
}

pub(crate) fn tcp(srcport: u16, dstport: u16, flags: u8) -> Vec<u8> {
    let ports = [srcport.to_be_bytes(), dstport.to_be_bytes()].concat();
    join(&[&ports, &[0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]])
}

/// A UDP datagram with eight bytes of payload.
pub(crate) fn udp(srcport: u16, dstport: u16) -> Vec<u8> {
    let ports = [srcport.to_be_bytes(), dstport.to_be_bytes()].concat();
    join(&[&ports, &[0, 16, 0, 0], b"eight by"])
}

/// An ICMP message whose second word begins with `id`.
pub(crate) fn icmp(kind: u8, code: u8, id: u16, payload: &[u8]) -> Vec<u8> {
    join(&[&[kind, code, 0xcc, 0xcc], &id.to_be_bytes(), &[0, 1], payload])
}

/// Reads a frame that was captured whole.
pub(crate) fn read(link: LinkType, frame: &[u8]) -> Result<ParsedFrame, ParseError> {
    parse(link, frame, u32::try_from(frame.len()).unwrap())
}

/// Reads an IP packet that was captured whole, with nothing below it.
pub(crate) fn ip(packet: &[u8]) -> PacketHeader {
    read(LinkType::RawIp, packet).unwrap().header
}

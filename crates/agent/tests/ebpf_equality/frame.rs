//! Packets as bytes: right ones, and every way to be wrong that the parser tells apart.

use std::net::IpAddr;

use crate::rng::Rng;

/// An IP packet to be written.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) protocol: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) fragment: Option<Fragment>,
    /// So many bytes at the end are said not to belong to it.
    pub(crate) cut: u16,
}

/// A packet's place in its datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment {
    pub(crate) id: u16,
    /// In units of eight bytes.
    pub(crate) offset: u16,
    pub(crate) has_more: bool,
}

pub(crate) fn tcp(srcport: u16, dstport: u16, flags: u8) -> Vec<u8> {
    let mut bytes = ports(srcport, dstport);
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes
}

pub(crate) fn udp(srcport: u16, dstport: u16, payload: u8) -> Vec<u8> {
    let mut bytes = ports(srcport, dstport);
    bytes.extend([0, 8 + payload, 0, 0]);
    bytes.resize(8 + usize::from(payload), 0x5a);
    bytes
}

/// SCTP, or another protocol with whatever its first words are.
pub(crate) fn ports(srcport: u16, dstport: u16) -> Vec<u8> {
    [srcport.to_be_bytes(), dstport.to_be_bytes()].concat()
}

pub(crate) fn icmp(kind: u8, code: u8, id: u16, rest: &[u8]) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    let mut bytes = vec![kind, code, 0xcc, 0xcc, high, low, 0, 1];
    bytes.extend(rest);
    bytes
}

impl Packet {
    /// Writes it, plainly or, some times of a hundred, with whatever the family allows.
    pub(crate) fn write(&self, rng: &mut Rng, odd: u32) -> Vec<u8> {
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                self.write_v4(src.octets(), dst.octets(), rng, odd)
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                self.write_v6(src.octets(), dst.octets(), rng, odd)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
                unreachable!("one family")
            }
        }
    }

    fn write_v4(&self, src: [u8; 4], dst: [u8; 4], rng: &mut Rng, odd: u32) -> Vec<u8> {
        let options = if rng.percent(odd) { rng.within(1, 10) } else { 0 };
        let header = 20 + 4 * options as usize;
        let mut total = u16::try_from(header + self.payload.len()).expect("a short packet");
        total -= self.cut;
        let mut version_and_length = 0x45 + u8::try_from(options).expect("at most 10");
        if rng.percent(odd) {
            match rng.below(12) {
                // Segmentation offload.
                0..=4 => total = 0,
                5..=6 => total = total.saturating_sub(1 + u16::from(rng.byte() & 15)),
                7 => total += u16::from(rng.byte()),
                8 => total = u16::from(rng.byte() & 31),
                9 => version_and_length = rng.byte(),
                _ => {}
            }
        }
        let place = self.fragment.map_or(0, |fragment| {
            fragment.offset & 0x1fff | if fragment.has_more { 0x2000 } else { 0 }
        });
        // "Don't fragment" says nothing here.
        let place = if rng.percent(odd) { place | 0x4000 } else { place };
        let id = self.fragment.map_or(0x1234, |fragment| fragment.id);
        let [t0, t1] = total.to_be_bytes();
        let [i0, i1] = id.to_be_bytes();
        let [p0, p1] = place.to_be_bytes();
        let mut bytes = Vec::with_capacity(header + self.payload.len() + 32);
        bytes.extend([version_and_length, 0, t0, t1, i0, i1, p0, p1, 64, self.protocol, 0, 0]);
        bytes.extend(src);
        bytes.extend(dst);
        bytes.resize(header, 1);
        bytes.extend(&self.payload);
        bytes
    }

    fn write_v6(&self, src: [u8; 16], dst: [u8; 16], rng: &mut Rng, odd: u32) -> Vec<u8> {
        let mut chain = Vec::new();
        let mut kinds = Vec::new();
        if rng.percent(odd * 2) {
            for _ in 0..rng.within(1, 4) {
                kinds.push(*rng.pick(&[0, 43, 60, 60, 135, 139, 140, 44]));
            }
        }
        if self.fragment.is_some() {
            kinds.push(44);
        }
        for place in 0..kinds.len() {
            let is_last = place + 1 == kinds.len();
            let next = kinds.get(place + 1).copied().unwrap_or(self.protocol);
            let next = if rng.percent(odd / 4) { 59 } else { next };
            match (kinds[place], self.fragment) {
                (44, Some(fragment)) if is_last => {
                    let word = fragment.offset << 3 | u16::from(fragment.has_more);
                    chain.extend([next, 0]);
                    chain.extend(word.to_be_bytes());
                    chain.extend([0, 0]);
                    chain.extend(fragment.id.to_be_bytes());
                }
                // Neither offset nor more: an atomic fragment.
                (44, _) => chain.extend([next, 0, 0, 0, 0, 0, 0, rng.byte() & 3]),
                (_, _) => {
                    let len = u8::try_from(rng.below(3)).expect("small");
                    chain.extend([next, len]);
                    chain.resize(chain.len() + 6 + 8 * usize::from(len), 0);
                }
            }
        }
        let mut payload = u16::try_from(chain.len() + self.payload.len()).expect("a short packet");
        payload -= self.cut;
        let mut version = 0x60;
        if rng.percent(odd) {
            match rng.below(10) {
                0..=4 => payload = 0,
                5..=6 => payload = payload.saturating_sub(1 + u16::from(rng.byte() & 15)),
                7 => payload += u16::from(rng.byte()),
                8 => version = rng.byte(),
                _ => {}
            }
        }
        let [p0, p1] = payload.to_be_bytes();
        let next = kinds.first().copied().unwrap_or(self.protocol);
        let mut bytes = Vec::with_capacity(80 + chain.len() + self.payload.len());
        bytes.extend([version, 0, 0, 0, p0, p1, next, 64]);
        bytes.extend(src);
        bytes.extend(dst);
        bytes.extend(chain);
        bytes.extend(&self.payload);
        bytes
    }
}

/// Makes a frame long enough for the kernel's test runs, which want an IP header where the Ethernet type says so. (Behind
/// a VLAN tag it may be cut off.)
fn lengthen(frame: &mut Vec<u8>) {
    frame.resize(frame.len().max(15), 0);
    let least = match frame.get(12..14) {
        Some([8, 0]) => 14 + 20,
        Some([0x86, 0xdd]) => 14 + 40,
        _ => 0,
    };
    frame.resize(frame.len().max(least), 0);
}

/// Puts a packet on the wire.
pub(crate) fn wire(
    packet: &[u8],
    is_v4: bool,
    is_raw_ip: bool,
    rng: &mut Rng,
    odd: u32,
) -> Vec<u8> {
    let mut frame = Vec::with_capacity(packet.len() + 40);
    if !is_raw_ip {
        frame.extend([2, 0, 0, 0, 0, 0xd, 2, 0, 0, 0, 0, 5]);
        if rng.percent(odd * 2) {
            for _ in 0..rng.within(1, 4) {
                frame.extend(rng.pick(&[[0x81, 0], [0x88, 0xa8], [0x91, 0]]));
                frame.extend([0, rng.byte()]);
            }
        }
        frame.extend(if is_v4 { [8, 0] } else { [0x86, 0xdd] });
    }
    frame.extend(packet);
    if rng.percent(odd) {
        let len = frame.len();
        match rng.below(6) {
            // Padding of the link layer.
            0..=2 => frame.resize(len + 1 + usize::from(rng.byte() & 31), 0),
            3 => frame.truncate(len - (rng.below(u32::try_from(len).expect("short")) as usize)),
            4 => frame.truncate(len.saturating_sub(1 + usize::from(rng.byte() & 31))),
            // Whatever it means.
            _ => {
                let place = rng.below(u32::try_from(len).expect("short")) as usize;
                frame[place] = rng.byte();
            }
        }
    }
    lengthen(&mut frame);
    frame
}

/// Writes a frame that is no IP packet.
pub(crate) fn other(rng: &mut Rng) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 0xd, 2, 0, 0, 0, 0, 5];
    let tags = if rng.percent(30) { rng.within(1, 5) } else { 0 };
    for _ in 0..tags {
        frame.extend([0x81, 0, 0, 7]);
    }
    let kinds: &[[u8; 2]] = &[
        [8, 6],
        [0x88, 0x47],
        [0x88, 0x48],
        [0x88, 0x63],
        [0x88, 0x64],
        [0, 0x26],
        [5, 0xff],
        [6, 0],
        [0x88, 0xcc],
        [0x81, 0],
        [8, 0],
        [0x86, 0xdd],
    ];
    frame.extend(rng.pick(kinds));
    let len = frame.len() + rng.below(24) as usize;
    frame.resize(len, rng.byte());
    lengthen(&mut frame);
    frame
}

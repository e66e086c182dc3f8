//! IP packets, byte by byte.

use std::net::IpAddr;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// One IP packet. Its payload is zeros, and so are its checksums: nobody reads them.
#[derive(Clone, Debug)]
pub(crate) struct IpPacket {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) upper: Upper,
    /// Bytes of the whole packet, IP header included.
    pub(crate) length: usize,
    /// Identification of the datagram.
    pub(crate) id: u32,
    pub(crate) fragment: Option<Fragment>,
}

/// A piece of a datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment {
    /// In bytes.
    pub(crate) offset: u16,
    pub(crate) more: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Upper {
    Tcp {
        srcport: u16,
        dstport: u16,
        flags: u8,
    },
    Udp {
        srcport: u16,
        dstport: u16,
    },
    Sctp {
        srcport: u16,
        dstport: u16,
    },
    /// ICMP or `ICMPv6`, whichever the addresses ask for.
    Icmp {
        kind: u8,
        code: u8,
        id: u16,
        quoted: Vec<u8>,
    },
    /// Any other protocol: nothing of it is read.
    Other(u8),
}

impl IpPacket {
    /// Returns a whole packet.
    pub(crate) fn new(src: IpAddr, dst: IpAddr, upper: Upper, length: usize) -> Self {
        Self { src, dst, upper, length, id: 0, fragment: None }
    }

    /// Returns what is on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let is_later = self.fragment.is_some_and(|fragment| fragment.offset > 0);
        let upper = if is_later { Vec::new() } else { self.upper_bytes() };
        let mut bytes = match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                let Fragment { offset, more } =
                    self.fragment.unwrap_or(Fragment { offset: 0, more: false });
                let mut header = vec![0x45, 0];
                header.extend(u16_of(self.length).to_be_bytes());
                header.extend(u16_of(self.id as usize).to_be_bytes());
                header.extend(((offset / 8) | (u16::from(more) << 13)).to_be_bytes());
                header.extend([64, self.protocol(), 0, 0]);
                header.extend(src.octets());
                header.extend(dst.octets());
                header
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                let mut header = vec![0x60, 0, 0, 0];
                header.extend(u16_of(self.length - 40).to_be_bytes());
                let next = if self.fragment.is_some() { 44 } else { self.protocol() };
                header.extend([next, 64]);
                header.extend(src.octets());
                header.extend(dst.octets());
                if let Some(Fragment { offset, more }) = self.fragment {
                    header.extend([self.protocol(), 0]);
                    header.extend((offset | u16::from(more)).to_be_bytes());
                    header.extend(self.id.to_be_bytes());
                }
                header
            }
            (src, dst) => panic!("{src} and {dst} are of two families"),
        };
        bytes.extend(upper);
        assert!(
            bytes.len() <= self.length,
            "{} bytes are too few: the headers need {}",
            self.length,
            bytes.len()
        );
        bytes.resize(self.length, 0);
        bytes
    }

    fn protocol(&self) -> u8 {
        match self.upper {
            Upper::Tcp { .. } => 6,
            Upper::Udp { .. } => 17,
            Upper::Sctp { .. } => 132,
            Upper::Icmp { .. } if self.src.is_ipv6() => 58,
            Upper::Icmp { .. } => 1,
            Upper::Other(number) => number,
        }
    }

    fn upper_bytes(&self) -> Vec<u8> {
        let ports = |src: u16, dst: u16| [src.to_be_bytes(), dst.to_be_bytes()].concat();
        match &self.upper {
            Upper::Tcp { srcport, dstport, flags } => {
                let mut header = ports(*srcport, *dstport);
                header.extend([0; 8]);
                header.extend([5 << 4, *flags, 0xff, 0xff, 0, 0, 0, 0]);
                header
            }
            Upper::Udp { srcport, dstport } => {
                let mut header = ports(*srcport, *dstport);
                let ip = if self.src.is_ipv6() { 40 } else { 20 };
                header.extend(u16_of(self.length - ip).to_be_bytes());
                header.extend([0, 0]);
                header
            }
            Upper::Sctp { srcport, dstport } => {
                let mut header = ports(*srcport, *dstport);
                header.extend([0; 8]);
                header
            }
            Upper::Icmp { kind, code, id, quoted } => {
                let mut message = vec![*kind, *code, 0, 0];
                message.extend(id.to_be_bytes());
                message.extend([0, 0]);
                message.extend(quoted);
                message
            }
            Upper::Other(_) => Vec::new(),
        }
    }
}

fn u16_of(length: usize) -> u16 {
    u16::try_from(length).expect("an IP packet has at most 65,535 bytes")
}

//! Traffic of many kinds, made up from a seed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::capture::{Capture, EPOCH, Link, LinkHeader};
use super::packet::{ACK, FIN, Fragment, IpPacket, PSH, RST, SYN, Upper};
use super::random::Random;

/// How many packets, of which seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) packets: u64,
    pub(crate) seconds: u64,
    /// One packet of so many is up to a minute and a half late.
    pub(crate) late_in: u64,
}

/// Makes a capture of the VPC `network` of `tests/replay/inventory`: its interfaces talk to each other and
/// to strangers over TCP, UDP, ICMP and others, in IPv4 and IPv6, with errors about former packets,
/// fragments, service traffic, strangers among themselves, and packets that come late.
pub(crate) fn capture(plan: Plan) -> Vec<u8> {
    let mut maker = Maker {
        random: Random::from_seed(plan.seed),
        capture: Capture::new(Link::Ethernet),
        recent: Vec::new(),
        micros: EPOCH * 1_000_000,
        late_in: plan.late_in,
    };
    let step = plan.seconds * 1_000_000 / plan.packets * 2;
    for _ in 0..plan.packets {
        maker.micros += maker.random.below(step);
        maker.one();
    }
    maker.capture.into_bytes()
}

struct Maker {
    random: Random,
    capture: Capture,
    /// Packets that were sent, to be answered, complained about, or gone on with.
    recent: Vec<IpPacket>,
    micros: u64,
    late_in: u64,
}

const RECENT: usize = 4096;

impl Maker {
    fn one(&mut self) {
        let packet = match self.random.below(100) {
            0..35 => self.answer(),
            35..40 => self.complaint(),
            40..45 => self.fragment(),
            45..47 => self.service(),
            47..75 => self.further(),
            _ => self.opening(),
        };
        let late = if self.random.once_in(self.late_in) {
            self.random.below(90_000_000)
        } else if self.random.once_in(20) {
            self.random.below(3_000_000)
        } else {
            0
        };
        let mut header = LinkHeader::default();
        if self.random.once_in(20) {
            header.vlans.push(10);
        }
        if self.random.once_in(10) {
            // Of eni-a, which decides where no address does.
            header.src_mac = [2, 0, 0, 0, 1, 5];
        }
        if self.random.once_in(500) {
            self.capture.frame(self.micros, &[0xff; 20]);
        }
        self.capture.packet((self.micros - late).max(EPOCH * 1_000_000), &header, &packet);
        if self.recent.len() < RECENT {
            self.recent.push(packet);
        } else {
            let place = self.below(RECENT);
            if let Some(forgotten) = self.recent.get_mut(place) {
                *forgotten = packet;
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.below(bound as u64)).expect("a small number")
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let place = self.below(of.len());
        *of.get(place).expect("below its length")
    }

    fn port(&mut self) -> u16 {
        match self.random.below(4) {
            0 => self.pick(&[22, 53, 80, 443, 5000]),
            _ => 40_000 + u16::try_from(self.random.below(3000)).expect("below 3000"),
        }
    }

    fn length(&mut self) -> usize {
        100 + self.below(1400)
    }

    fn ends(&mut self) -> (IpAddr, IpAddr) {
        if self.random.once_in(6) {
            let own = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xa, 1, 0, 0, 0, 5));
            let host = u16::try_from(self.random.below(200)).expect("below 200");
            let other = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xf, 0, 0, 0, 0, host));
            return if self.random.once_in(2) { (own, other) } else { (other, own) };
        }
        let [third, fourth] = self.pick(&[[1, 5], [1, 6], [2, 6], [1, 7]]);
        let own = IpAddr::V4(Ipv4Addr::new(10, 0, third, fourth));
        let host = u8::try_from(self.random.below(250)).expect("below 250");
        let other = match self.random.below(8) {
            0 => IpAddr::V4(Ipv4Addr::new(10, 0, 1, self.pick(&[5, 6, 7]))),
            1 => IpAddr::V4(Ipv4Addr::new(10, 0, 2, 6)),
            2 | 3 => IpAddr::V4(Ipv4Addr::new(203, 0, 113, host)),
            _ => IpAddr::V4(Ipv4Addr::new(198, 51, 100, host)),
        };
        match self.random.below(20) {
            0 => (other, IpAddr::V4(Ipv4Addr::new(192, 0, 2, host))),
            1..10 => (own, other),
            _ => (other, own),
        }
    }

    fn opening(&mut self) -> IpPacket {
        let (src, dst) = self.ends();
        let (srcport, dstport) = (self.port(), self.port());
        let upper = match self.random.below(12) {
            0..5 => Upper::Tcp { srcport, dstport, flags: SYN },
            5..9 => Upper::Udp { srcport, dstport },
            9 => Upper::Icmp {
                kind: if src.is_ipv6() { 128 } else { 8 },
                code: 0,
                id: self.pick(&[1, 2, 3]),
                quoted: Vec::new(),
            },
            10 => Upper::Sctp { srcport, dstport },
            _ => Upper::Other(self.pick(&[47, 50, 89])),
        };
        let length = self.length();
        IpPacket::new(src, dst, upper, length)
    }

    fn recent(&mut self) -> Option<IpPacket> {
        let place = self.below(self.recent.len().max(1));
        self.recent.get(place).cloned()
    }

    /// The other end answers a former packet.
    fn answer(&mut self) -> IpPacket {
        let Some(asked) = self.recent() else { return self.opening() };
        let upper = match asked.upper {
            Upper::Tcp { srcport, dstport, flags } => Upper::Tcp {
                srcport: dstport,
                dstport: srcport,
                flags: match flags {
                    SYN => SYN | ACK,
                    _ => self.pick(&[ACK, ACK | PSH, ACK, ACK | FIN, RST | ACK]),
                },
            },
            Upper::Udp { srcport, dstport } => Upper::Udp { srcport: dstport, dstport: srcport },
            Upper::Sctp { srcport, dstport } => Upper::Sctp { srcport: dstport, dstport: srcport },
            Upper::Icmp { kind, code, id, quoted } => Upper::Icmp {
                kind: match kind {
                    8 => 0,
                    128 => 129,
                    other => other,
                },
                code,
                id,
                quoted,
            },
            Upper::Other(number) => Upper::Other(number),
        };
        let length = self.length();
        IpPacket::new(asked.dst, asked.src, upper, length)
    }

    /// A former packet's sender goes on.
    fn further(&mut self) -> IpPacket {
        let Some(mut packet) = self.recent() else { return self.opening() };
        if let Upper::Tcp { flags, .. } = &mut packet.upper {
            *flags = ACK;
        }
        packet.fragment = None;
        packet.length = self.length();
        packet
    }

    /// The receiver of a former packet, or a router on its way, complains about it.
    fn complaint(&mut self) -> IpPacket {
        let Some(about) = self.recent() else { return self.opening() };
        let router = match about.src {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xe, 0, 0, 0, 0, 1)),
        };
        let from = if self.random.once_in(2) { about.dst } else { router };
        let mut quoted = about.bytes();
        quoted.truncate(if about.src.is_ipv6() { 48 } else { 28 });
        let kind = if about.src.is_ipv6() { 1 } else { 3 };
        let upper = Upper::Icmp { kind, code: 3, id: 0, quoted };
        IpPacket::new(from, about.src, upper, 100)
    }

    /// A piece of a datagram, its first or not, in this order or not.
    fn fragment(&mut self) -> IpPacket {
        let Some(mut packet) = self.recent() else { return self.opening() };
        packet.id = u32::try_from(self.random.below(4)).expect("below 4");
        packet.length = 200;
        packet.fragment = Some(match self.random.below(3) {
            0 => Fragment { offset: 0, more: true },
            1 => Fragment { offset: 160, more: true },
            _ => Fragment { offset: 320, more: false },
        });
        packet
    }

    /// What is never logged.
    fn service(&mut self) -> IpPacket {
        let own = IpAddr::V4(Ipv4Addr::new(10, 0, 1, 5));
        let service =
            self.pick(&[[10, 0, 0, 2], [169, 254, 169, 254], [169, 254, 169, 123], [10, 0, 1, 1]]);
        let upper = Upper::Udp { srcport: 40_000, dstport: 53 };
        IpPacket::new(own, IpAddr::V4(Ipv4Addr::from(service)), upper, 80)
    }
}

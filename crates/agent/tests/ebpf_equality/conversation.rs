//! Packets that have to do with each other: both ends of a connection, its errors and fragments.

use std::net::IpAddr;

use crate::frame::{self, Fragment, Packet};
use crate::plan::PORTS;
use crate::rng::Rng;

/// Two ends that talk.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    local: IpAddr,
    peer: IpAddr,
    protocol: u8,
    lport: u16,
    rport: u16,
    /// Whether the interface's own end began.
    is_outbound: bool,
    /// How far a TCP connection has come.
    stage: usize,
    datagram: u16,
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

const SYN: u8 = 2;
const ACK: u8 = 0x10;
/// Flags, and whether the end that began sends them.
const SCRIPT: &[(u8, bool)] = &[
    (SYN, true),
    (SYN | ACK, false),
    (ACK, true),
    (0x18, true),
    (ACK, false),
    (0x18, false),
    (ACK, true),
    (0x11, true),
    (ACK, false),
    (0x11, false),
    (ACK, true),
    (SYN, true),
    (SYN | ACK, false),
    (ACK, true),
    (0x14, false),
    (SYN, true),
];
const FLAGS: &[u8] =
    &[0x02, 0x12, 0x10, 0x18, 0x11, 0x01, 0x04, 0x14, 0, 0x06, 0x03, 0x13, 0xc2, 0x20, 0xff, 0x17];
/// Of ICMP, queries first.
const KINDS_V4: &[u8] = &[8, 0, 8, 0, 13, 14, 15, 16, 17, 18, 5, 9, 10, 30, 3, 11];
const KINDS_V6: &[u8] = &[128, 129, 128, 129, 133, 134, 135, 136, 137, 143, 130, 1, 3, 5];

/// Which way a packet goes.
pub(crate) struct Sent {
    pub(crate) packet: Packet,
    pub(crate) is_egress: bool,
    /// Where it stands for several packets on the wire.
    pub(crate) segments: Option<Segments>,
}

/// How a packet goes out in pieces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments {
    /// Bytes of payload of each.
    pub(crate) each: u32,
    /// Bytes of headers that each has, from the IP header on.
    pub(crate) headers: u32,
}

impl Conversation {
    pub(crate) fn random(rng: &mut Rng, local: IpAddr, peer: IpAddr) -> Self {
        let is_v4 = local.is_ipv4();
        let protocol = match rng.below(20) {
            0..=8 => TCP,
            9..=13 => UDP,
            14..=16 => {
                if is_v4 {
                    1
                } else {
                    58
                }
            }
            17 => SCTP,
            // The other family's ICMP among them.
            _ => *rng.pick(&[47, 50, 51, 1, 58, 4, 41, 59, 255, 0]),
        };
        let dhcp = if is_v4 { 67 } else { 546 };
        let (lport, rport) =
            if rng.percent(4) { (dhcp + 1, dhcp) } else { (*rng.pick(PORTS), *rng.pick(PORTS)) };
        let is_outbound = rng.percent(50);
        Self { local, peer, protocol, lport, rport, is_outbound, stage: 0, datagram: 0 }
    }

    pub(crate) fn is_v4(&self) -> bool {
        self.local.is_ipv4()
    }

    /// Returns its next packet.
    pub(crate) fn next(&mut self, rng: &mut Rng, somewhere: IpAddr) -> Sent {
        let of_hundred = rng.below(100);
        if of_hundred < 9 {
            return self.error(rng, somewhere);
        }
        if of_hundred < 21 && matches!(self.protocol, TCP | UDP | SCTP | 47) {
            return self.fragment(rng);
        }
        let (mut payload, is_egress) = self.payload(rng);
        if matches!(self.protocol, TCP | UDP) && rng.percent(4) {
            let headers = if self.protocol == TCP { 20 } else { 8 };
            payload.resize(headers + rng.below(300) as usize, 0);
            let ip = if self.is_v4() { 20 } else { 40 };
            let headers = ip + u32::try_from(headers).expect("few");
            let segments = Some(Segments { each: rng.within(1, 150), headers });
            return Sent { segments, ..self.sent(payload, is_egress, None) };
        }
        self.sent(payload, is_egress, None)
    }

    fn sent(&self, payload: Vec<u8>, is_egress: bool, fragment: Option<Fragment>) -> Sent {
        let (src, dst) = if is_egress { (self.local, self.peer) } else { (self.peer, self.local) };
        Sent {
            packet: Packet { src, dst, protocol: self.protocol, payload, fragment, cut: 0 },
            is_egress,
            segments: None,
        }
    }

    fn ports(&self, is_egress: bool) -> (u16, u16) {
        if is_egress { (self.lport, self.rport) } else { (self.rport, self.lport) }
    }

    fn payload(&mut self, rng: &mut Rng) -> (Vec<u8>, bool) {
        match self.protocol {
            TCP => {
                let (flags, by_initiator) = if rng.percent(75) {
                    let step = SCRIPT[self.stage % SCRIPT.len()];
                    self.stage += 1;
                    step
                } else {
                    (*rng.pick(FLAGS), rng.percent(50))
                };
                let is_egress = by_initiator == self.is_outbound;
                let (srcport, dstport) = self.ports(is_egress);
                (frame::tcp(srcport, dstport, flags), is_egress)
            }
            UDP => {
                let is_egress = rng.percent(60) == self.is_outbound;
                let (srcport, dstport) = self.ports(is_egress);
                (frame::udp(srcport, dstport, rng.byte() & 15), is_egress)
            }
            1 | 58 => {
                let kinds = if self.protocol == 1 { KINDS_V4 } else { KINDS_V6 };
                let kind = kinds[rng.below(u32::try_from(kinds.len()).expect("few")) as usize];
                let code = if rng.percent(80) { 0 } else { *rng.pick(&[1, 4, 9]) };
                let is_reply = matches!(kind, 0 | 14 | 16 | 18 | 129);
                let is_egress =
                    if rng.percent(85) { is_reply != self.is_outbound } else { rng.percent(50) };
                (frame::icmp(kind, code, self.lport & 3, &[]), is_egress)
            }
            _ => {
                let is_egress = rng.percent(60) == self.is_outbound;
                let (srcport, dstport) = self.ports(is_egress);
                let mut payload = frame::ports(srcport, dstport);
                payload.resize(4 + usize::from(rng.byte() & 15), 0);
                (payload, is_egress)
            }
        }
    }

    /// One of the fragments of a datagram, the first mostly first.
    fn fragment(&mut self, rng: &mut Rng) -> Sent {
        let is_egress = rng.percent(50) == self.is_outbound;
        let (srcport, dstport) = self.ports(is_egress);
        let first = rng.percent(45);
        if first && rng.percent(60) {
            self.datagram += 1;
        }
        let id = self.datagram;
        let payload = match (first, self.protocol) {
            (false, _) => vec![rng.byte(); 8],
            (true, TCP) => frame::tcp(srcport, dstport, *rng.pick(FLAGS)),
            (true, _) => frame::udp(srcport, dstport, 8),
        };
        let offset = if first { 0 } else { 1 + u16::from(rng.byte() & 7) };
        let fragment = Fragment { id, offset, has_more: first || rng.percent(50) };
        self.sent(payload, is_egress, Some(fragment))
    }

    /// An error about one of its packets.
    fn error(&mut self, rng: &mut Rng, somewhere: IpAddr) -> Sent {
        let (payload, is_egress) = self.payload(rng);
        let fragment = rng.percent(10).then(|| Fragment {
            id: self.datagram,
            offset: u16::from(rng.percent(50)),
            has_more: true,
        });
        let about = self.sent(payload, is_egress, fragment);
        let mut quoted = about.packet.write(rng, 8);
        if rng.percent(20) {
            quoted.truncate(rng.below(u32::try_from(quoted.len()).expect("short")) as usize);
        }
        let is_v4 = self.local.is_ipv4();
        let (protocol, kinds): (u8, &[u8]) =
            if is_v4 { (1, &[3, 4, 11, 12, 5]) } else { (58, &[1, 2, 3, 4]) };
        let payload = frame::icmp(*rng.pick(kinds), *rng.pick(&[0, 1, 3, 4]), 0, &quoted);
        // What lies behind its end is padding, though it looks like more of the quotation.
        let whole = u32::try_from(payload.len()).expect("short");
        let cut = if rng.percent(10) { u16::try_from(rng.below(whole)).expect("short") } else { 0 };
        // The receiver of the quoted packet complains, or a router on its way.
        let is_egress = if rng.percent(85) { !about.is_egress } else { about.is_egress };
        let router =
            if rng.percent(40) && somewhere.is_ipv4() == is_v4 { somewhere } else { self.peer };
        let (src, dst) = if is_egress { (self.local, router) } else { (router, self.local) };
        Sent {
            packet: Packet { src, dst, protocol, payload, fragment: None, cut },
            is_egress,
            segments: None,
        }
    }
}

//! Writes one of the benchmark's captures: `generator NAME OUT`. Equal names, equal bytes.
//!
//! Flows are drawn by popularity, as in real traffic few flows have most packets. Flow `2n` and flow
//! `2n + 1` are the two directions of one connection. Standard library only: `rustc -O`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::{env, process};

/// What a capture is made of.
struct Plan {
    name: &'static str,
    seed: u64,
    packets: u64,
    /// Flows in each direction that packets are drawn from.
    flows: u64,
    /// The exponent of the popularity: flow `n` has a share of `1 / n^skew`.
    skew: f64,
    seconds: u64,
    snaplen: usize,
    /// No IP packet is longer.
    longest: usize,
    percent_ipv6: u64,
    percent_vlan: u64,
    /// Whether connections end and others take their place.
    churn: bool,
    nanoseconds: bool,
}

const MINIMUM_FRAMES: Plan = Plan {
    name: "",
    seed: 0,
    packets: 20_000_000,
    flows: 100_000,
    skew: 1.0,
    seconds: 300,
    snaplen: 96,
    longest: 82,
    percent_ipv6: 5,
    percent_vlan: 0,
    churn: false,
    nanoseconds: false,
};

const PLANS: [Plan; 6] = [
    Plan { name: "m0", seed: 200, packets: 2_000_000, seconds: 120, ..MINIMUM_FRAMES },
    Plan { name: "m1", seed: 201, ..MINIMUM_FRAMES },
    Plan { name: "m2", seed: 202, flows: 1_000_000, ..MINIMUM_FRAMES },
    // Like a scan: many flows of few packets.
    Plan { name: "m3", seed: 203, flows: 10_000_000, skew: 0.3, seconds: 120, ..MINIMUM_FRAMES },
    // Mixed sizes, captured whole.
    Plan {
        name: "t4",
        seed: 204,
        packets: 4_000_000,
        snaplen: 65535,
        longest: 1500,
        percent_ipv6: 20,
        percent_vlan: 10,
        churn: true,
        ..MINIMUM_FRAMES
    },
    // Mixed sizes, cut off, in nanoseconds.
    Plan {
        name: "t5",
        seed: 205,
        packets: 10_000_000,
        flows: 1_000_000,
        longest: 1500,
        percent_ipv6: 20,
        churn: true,
        nanoseconds: true,
        ..MINIMUM_FRAMES
    },
];

/// A second that begins a window of one minute.
const START: u64 = 1_700_000_040;

const SERVICES: [u16; 11] = [443, 80, 53, 22, 3306, 5432, 6379, 9092, 8080, 123, 25];

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, name, out] = arguments.as_slice() else {
        eprintln!("usage: generator NAME OUT");
        process::exit(2);
    };
    let Some(plan) = PLANS.iter().find(|plan| plan.name == name) else {
        eprintln!("no capture is called {name}");
        process::exit(2);
    };
    if let Err(error) = write(plan, out) {
        eprintln!("{out}: {error}");
        process::exit(1);
    }
    println!("{{\"packets\":{}}}", plan.packets);
}

fn write(plan: &Plan, out: &str) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(out)?);
    let magic: u32 = if plan.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    file.write_all(&magic.to_le_bytes())?;
    file.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    file.write_all(&(plan.snaplen as u32).to_le_bytes())?;
    file.write_all(&1_u32.to_le_bytes())?; // Ethernet

    let mut random = Random(plan.seed);
    let mut begun = vec![0_u32; plan.flows as usize];
    let step = plan.seconds * 1_000_000_000 / plan.packets;
    let mut frame = Vec::with_capacity(2048);
    for number in 0..plan.packets {
        let since_start = number * step + random.next() % step;
        let flow = popular(&mut random, plan.flows, plan.skew);
        let connection = Connection::of(plan, flow / 2, since_start);
        let is_reply = flow % 2 == 1;
        let is_first = begun[flow as usize] != connection.life + 1;
        begun[flow as usize] = connection.life + 1;

        frame.clear();
        connection.frame(plan, &mut frame, is_reply, is_first, random.next());
        let at = START * 1_000_000_000 + since_start;
        let fraction = at % 1_000_000_000;
        let captured = frame.len().min(plan.snaplen);
        let header = [
            (at / 1_000_000_000) as u32,
            if plan.nanoseconds { fraction as u32 } else { (fraction / 1000) as u32 },
            captured as u32,
            frame.len() as u32,
        ];
        for word in header {
            file.write_all(&word.to_le_bytes())?;
        }
        file.write_all(&frame[..captured])?;
    }
    file.flush()
}

/// Draws a flow number below `flows`: the inverse of the continuous distribution whose density at `x` is
/// `x^-skew`, which is close enough to Zipf's for a load.
fn popular(random: &mut Random, flows: u64, skew: f64) -> u64 {
    let uniform = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
    let end = flows as f64 + 1.0;
    let x = if skew == 1.0 {
        end.powf(uniform)
    } else {
        let exponent = 1.0 - skew;
        (1.0 + uniform * (end.powf(exponent) - 1.0)).powf(1.0 / exponent)
    };
    (x as u64 - 1).min(flows - 1)
}

/// Both ends of a connection. Everything follows from the plan's seed and its number.
struct Connection {
    /// Chooses addresses and ports; another in each life.
    bits: u64,
    protocol: u8,
    is_ipv6: bool,
    is_tagged: bool,
    /// How many connections stood at this number before.
    life: u32,
}

impl Connection {
    fn of(plan: &Plan, number: u64, since_start: u64) -> Self {
        let mut random = Random(plan.seed << 40 ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let kind = random.next();
        let phase = random.next();
        let life = if plan.churn {
            let length = [2, 10, 30, 60, 600][(kind >> 32) as usize % 5] * 1_000_000_000;
            ((since_start + phase % length) / length) as u32
        } else {
            0
        };
        let mut random = Random(kind ^ u64::from(life) << 17);
        Self {
            bits: random.next(),
            protocol: match kind % 100 {
                0..84 => TCP,
                84..98 => UDP,
                _ => ICMP,
            },
            is_ipv6: (kind >> 8) % 100 < plan.percent_ipv6,
            is_tagged: (kind >> 16) % 100 < plan.percent_vlan,
            life,
        }
    }

    /// Clients are in 10.0.0.0/8, servers there and outside.
    fn ipv4(&self) -> ([u8; 4], [u8; 4]) {
        let [a, b, c, d, e, f, g, _] = self.bits.to_be_bytes();
        let server = if self.bits % 2 == 0 { [10, d % 64, e, f] } else { [52, d, e, g] };
        ([10, a, b, c], server)
    }

    fn ipv6(&self) -> ([u8; 16], [u8; 16]) {
        let end = |network: [u8; 4], bits: u64| {
            let mut address = [0; 16];
            address[..4].copy_from_slice(&network);
            address[8..].copy_from_slice(&Random(bits).next().to_be_bytes());
            address
        };
        (end([0x26, 0x00, 0x1f, 0x18], self.bits), end([0x2a, 0x05, 0xd0, 0x18], !self.bits))
    }

    fn ports(&self) -> (u16, u16) {
        let client = 16384 + (self.bits >> 13) as u16 % 49152;
        // Two of five connections are to the first two services.
        let choice = (self.bits >> 29) as usize % 18;
        (client, SERVICES[if choice < 11 { choice } else { choice % 2 }])
    }

    fn frame(&self, plan: &Plan, frame: &mut Vec<u8>, is_reply: bool, is_first: bool, dice: u64) {
        frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
        if self.is_tagged {
            frame.extend([0x81, 0, 0, 7]);
        }
        let header_len =
            if self.is_ipv6 { 40 } else { 20 } + if self.protocol == TCP { 20 } else { 8 };
        // The simple Internet mix, 7 : 4 : 1. A SYN carries nothing.
        let wanted = match dice % 12 {
            _ if is_first && self.protocol == TCP => 40,
            0..7 => 40,
            7..11 => 576,
            _ => 1500,
        };
        let ip_len = wanted.min(plan.longest).max(header_len);
        let end = frame.len() + 2 + ip_len;

        if self.is_ipv6 {
            self.ipv6_header(frame, ip_len, is_reply);
        } else {
            self.ipv4_header(frame, ip_len, is_reply, dice);
        }
        let (client, server) = self.ports();
        let (source, target) = if is_reply { (server, client) } else { (client, server) };
        match self.protocol {
            TCP => {
                let flags = match (is_first, is_reply) {
                    (true, false) => 0x02,
                    (true, true) => 0x12,
                    (false, _) if dice >> 40 & 255 == 0 => 0x11,
                    (false, _) => 0x10,
                };
                frame.extend(source.to_be_bytes());
                frame.extend(target.to_be_bytes());
                frame.extend(dice.to_be_bytes());
                frame.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
            }
            UDP => {
                let ip_header = if self.is_ipv6 { 40 } else { 20 };
                frame.extend(source.to_be_bytes());
                frame.extend(target.to_be_bytes());
                frame.extend(((ip_len - ip_header) as u16).to_be_bytes());
                frame.extend([0, 0]);
            }
            _ => {
                let kind = match (self.is_ipv6, is_reply) {
                    (false, false) => 8,
                    (false, true) => 0,
                    (true, false) => 128,
                    (true, true) => 129,
                };
                let [a, b, ..] = self.bits.to_be_bytes();
                frame.extend([kind, 0, 0, 0, a, b, 0, 1]);
            }
        }
        // Payload that does not compress to nothing, then what Ethernet pads to.
        let mut filler = Random(dice);
        while frame.len() < end {
            frame.extend(filler.next().to_le_bytes());
        }
        frame.truncate(end);
        frame.resize(end.max(60), 0);
    }

    fn ipv4_header(&self, frame: &mut Vec<u8>, ip_len: usize, is_reply: bool, dice: u64) {
        let (client, server) = self.ipv4();
        let (source, target) = if is_reply { (server, client) } else { (client, server) };
        frame.extend(0x0800_u16.to_be_bytes());
        let start = frame.len();
        frame.extend([0x45, 0]);
        frame.extend((ip_len as u16).to_be_bytes());
        frame.extend((dice as u16).to_be_bytes());
        frame.extend([0x40, 0, 64, self.protocol, 0, 0]);
        frame.extend(source);
        frame.extend(target);
        let words = frame[start..]
            .chunks_exact(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
        let mut sum: u32 = words.sum();
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        frame[start + 10..start + 12].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    }

    fn ipv6_header(&self, frame: &mut Vec<u8>, ip_len: usize, is_reply: bool) {
        let (client, server) = self.ipv6();
        let (source, target) = if is_reply { (server, client) } else { (client, server) };
        frame.extend(0x86dd_u16.to_be_bytes());
        frame.extend([0x60, 0, 0, 0]);
        frame.extend(((ip_len - 40) as u16).to_be_bytes());
        frame.extend([if self.protocol == ICMP { ICMPV6 } else { self.protocol }, 64]);
        frame.extend(source);
        frame.extend(target);
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

//! The yardstick: what turning a capture into flow records costs at least. `yardstick FILE OUT`.
//!
//! One thread, no rules, and only what a record needs: parse, one table entry per five-tuple, windows of a
//! minute, one version 2 text line per entry. Packets go through the table in batches whose entries are
//! touched first, so that one packet's cache miss is waited for together with the others'.
//! Reads little-endian Ethernet captures in whole seconds with VLAN tags; no options of IPv6, no fragments'
//! ports. A floor to measure against, not a product. Standard library only: `rustc -O`.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Read, Write};
use std::net::Ipv6Addr;
use std::{env, mem, process};

const BATCH: usize = 32;
const READ: usize = 1 << 20;
const LONGEST_RECORD: usize = 16 + 262_144;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, capture, out] = arguments.as_slice() else {
        eprintln!("usage: yardstick FILE OUT");
        process::exit(2);
    };
    match run(capture, out) {
        Ok(meter) => println!("{{\"packets\":{},\"records\":{}}}", meter.packets, meter.records),
        Err(error) => {
            eprintln!("{capture}: {error}");
            process::exit(1);
        }
    }
}

fn run(capture: &str, out: &str) -> io::Result<Meter> {
    let mut file = File::open(capture)?;
    file.read_exact(&mut [0; 24])?;
    let mut meter = Meter::new(BufWriter::with_capacity(READ, File::create(out)?));
    let mut buffer = vec![0; READ + LONGEST_RECORD];
    let mut filled = 0;
    loop {
        let read = file.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        filled += read;
        let used = meter.records_of(&buffer[..filled])?;
        buffer.copy_within(used..filled, 0);
        filled -= used;
    }
    meter.close_window()?;
    meter.out.flush()?;
    Ok(meter)
}

/// A packet on its way into the table.
#[derive(Clone, Copy)]
struct Packet<K> {
    key: K,
    hash: u64,
    at: u32,
    bytes: u32,
}

/// Addresses, then ports and protocol.
type Ipv4Key = [u64; 2];
type Ipv6Key = [u64; 5];

struct Meter {
    out: BufWriter<File>,
    ipv4: Lane<Ipv4Key>,
    ipv6: Lane<Ipv6Key>,
    window: u32,
    packets: u64,
    records: u64,
}

impl Meter {
    fn new(out: BufWriter<File>) -> Self {
        Self { out, ipv4: Lane::new(), ipv6: Lane::new(), window: 0, packets: 0, records: 0 }
    }

    /// Takes the whole capture records at the start of `bytes`, and returns their length.
    fn records_of(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some((header, after)) = rest.split_first_chunk::<16>() {
            let captured = le32(header, 8) as usize;
            let Some((frame, after)) = after.split_at_checked(captured) else {
                break;
            };
            rest = after;
            let at = le32(header, 0);
            if at / 60 != self.window {
                self.close_window()?;
                self.window = at / 60;
            }
            self.packets += 1;
            self.observe(frame, at);
        }
        Ok(bytes.len() - rest.len())
    }

    #[inline]
    fn observe(&mut self, frame: &[u8], at: u32) {
        let mut start = 14;
        let mut ether_type = be16(frame, 12);
        while matches!(ether_type, Some(0x8100 | 0x88a8)) {
            ether_type = be16(frame, start + 2);
            start += 4;
        }
        let Some(packet) = frame.get(start..) else { return };
        match ether_type {
            Some(0x0800) => {
                let Some(header) = packet.first_chunk::<20>() else { return };
                let upper = packet.get(usize::from(header[0] & 15) * 4..).unwrap_or(&[]);
                let key = [be64(header, 12), upper_key(header[9], upper)];
                let bytes = u32::from(u16::from_be_bytes([header[2], header[3]]));
                self.ipv4.push(key, at, bytes);
            }
            Some(0x86dd) => {
                let Some((header, upper)) = packet.split_first_chunk::<40>() else { return };
                let [a, b, c, d] = [8, 16, 24, 32].map(|offset| be64(header, offset));
                let key = [a, b, c, d, upper_key(header[6], upper)];
                let bytes = 40 + u32::from(u16::from_be_bytes([header[4], header[5]]));
                self.ipv6.push(key, at, bytes);
            }
            _ => {}
        }
    }

    fn close_window(&mut self) -> io::Result<()> {
        let mut line = Vec::with_capacity(256);
        let out = &mut self.out;
        self.records += self.ipv4.close(|key, count| {
            begin(&mut line);
            for (index, byte) in key[0].to_be_bytes().into_iter().enumerate() {
                number(&mut line, u64::from(byte), if index % 4 == 3 { b' ' } else { b'.' });
            }
            end(&mut line, key[1], count);
            out.write_all(&line)
        })?;
        self.records += self.ipv6.close(|key, count| {
            begin(&mut line);
            for pair in key[..4].chunks_exact(2) {
                let address = Ipv6Addr::from(u128::from(pair[0]) << 64 | u128::from(pair[1]));
                write!(line, "{address} ")?;
            }
            end(&mut line, key[4], count);
            out.write_all(&line)
        })?;
        Ok(())
    }
}

/// Ports in the upper half, protocol below.
#[inline]
fn upper_key(protocol: u8, upper: &[u8]) -> u64 {
    let ports = match (protocol, upper.first_chunk::<4>()) {
        (6 | 17, Some(ports)) => u32::from_be_bytes(*ports),
        _ => 0,
    };
    u64::from(ports) << 32 | u64::from(protocol)
}

fn begin(line: &mut Vec<u8>) {
    line.clear();
    line.extend_from_slice(b"2 123456789010 eni-1235b8ca123456789 ");
}

fn end(line: &mut Vec<u8>, upper: u64, count: &Count) {
    for value in [
        upper >> 48,
        upper >> 32 & 0xffff,
        upper & 0xff,
        u64::from(count.packets),
        count.bytes,
        u64::from(count.first),
        u64::from(count.last),
    ] {
        number(line, value, b' ');
    }
    line.extend_from_slice(b"ACCEPT OK\n");
}

fn number(line: &mut Vec<u8>, mut value: u64, after: u8) {
    let mut digits = [0; 21];
    let mut at = 20;
    digits[at] = after;
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}

#[derive(Clone, Copy, Default)]
struct Count {
    bytes: u64,
    /// 0: the place is free.
    packets: u32,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy)]
struct Entry<K> {
    key: K,
    count: Count,
}

trait Key: Copy + PartialEq {
    const ZERO: Self;
    fn hash(&self) -> u64;
}

impl Key for Ipv4Key {
    const ZERO: Self = [0; 2];

    #[inline]
    fn hash(&self) -> u64 {
        stir(self[0] ^ 0x9e37_79b9_7f4a_7c15, self[1] ^ 0xd1b5_4a32_d192_ed03)
    }
}

impl Key for Ipv6Key {
    const ZERO: Self = [0; 5];

    #[inline]
    fn hash(&self) -> u64 {
        let source = stir(self[0] ^ 0x9e37_79b9_7f4a_7c15, self[1] ^ 0xd1b5_4a32_d192_ed03);
        let target = stir(self[2] ^ 0x8cb9_2ba7_2f3d_8dd7, self[3] ^ 0xaef1_7502_108e_f2d9);
        stir(source ^ self[4], target ^ 0xd1b5_4a32_d192_ed03)
    }
}

#[inline]
fn stir(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The table of one family, and the packets that wait for it. Linear probing, at most two thirds full.
struct Lane<K> {
    entries: Vec<Entry<K>>,
    used: usize,
    waiting: Vec<Packet<K>>,
}

impl<K: Key> Lane<K> {
    fn new() -> Self {
        Self { entries: empty(1 << 14), used: 0, waiting: Vec::with_capacity(BATCH) }
    }

    #[inline]
    fn push(&mut self, key: K, at: u32, bytes: u32) {
        self.waiting.push(Packet { key, hash: key.hash(), at, bytes });
        if self.waiting.len() == BATCH {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let mask = self.entries.len() - 1;
        let touched = self
            .waiting
            .iter()
            .map(|packet| self.entries[packet.hash as usize & mask].count.packets);
        black_box(touched.fold(0, |all, one| all | one));
        let mut waiting = mem::take(&mut self.waiting);
        for packet in &waiting {
            self.count(packet);
        }
        waiting.clear();
        self.waiting = waiting;
    }

    #[inline]
    fn count(&mut self, packet: &Packet<K>) {
        let mask = self.entries.len() - 1;
        let mut place = packet.hash as usize & mask;
        loop {
            let entry = &mut self.entries[place];
            if entry.count.packets == 0 {
                let count = Count {
                    bytes: u64::from(packet.bytes),
                    packets: 1,
                    first: packet.at,
                    last: packet.at,
                };
                *entry = Entry { key: packet.key, count };
                self.used += 1;
                if self.used * 3 > mask * 2 {
                    self.grow();
                }
                return;
            }
            if entry.key == packet.key {
                entry.count.packets += 1;
                entry.count.bytes += u64::from(packet.bytes);
                entry.count.last = packet.at;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let larger = empty(self.entries.len() * 2);
        let mask = larger.len() - 1;
        for entry in mem::replace(&mut self.entries, larger) {
            if entry.count.packets > 0 {
                let mut place = entry.key.hash() as usize & mask;
                while self.entries[place].count.packets > 0 {
                    place = (place + 1) & mask;
                }
                self.entries[place] = entry;
            }
        }
    }

    /// Hands every entry to `write` and empties the table. Returns how many there were.
    fn close(&mut self, mut write: impl FnMut(&K, &Count) -> io::Result<()>) -> io::Result<u64> {
        self.settle();
        for entry in &mut self.entries {
            if entry.count.packets > 0 {
                write(&entry.key, &entry.count)?;
                entry.count = Count::default();
            }
        }
        Ok(mem::take(&mut self.used) as u64)
    }
}

fn empty<K: Key>(places: usize) -> Vec<Entry<K>> {
    vec![Entry { key: K::ZERO, count: Count::default() }; places]
}

#[inline]
fn le32(bytes: &[u8; 16], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline]
fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

#[inline]
fn be64<const N: usize>(bytes: &[u8; N], at: usize) -> u64 {
    let word: [u8; 8] = bytes[at..at + 8].try_into().expect("eight bytes");
    u64::from_be_bytes(word)
}

//! Captures as text: a line a packet. `tests/replay/README.md` has the grammar.

use std::net::{IpAddr, SocketAddr};

use super::packet::{ACK, FIN, Fragment, IpPacket, PSH, RST, SYN, Upper};

/// The moment from which times in a text count: the start of a window of 60 and of 600 seconds.
pub(crate) const EPOCH: u64 = 1_700_000_400;

/// A capture file in the making.
pub(crate) struct Capture {
    link: Link,
    bytes: Vec<u8>,
}

/// What frames begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Ethernet,
    RawIp,
    /// Linux cooked capture.
    Cooked,
}

/// What an Ethernet or cooked header says besides the protocol.
#[derive(Clone, Debug)]
pub(crate) struct LinkHeader {
    pub(crate) src_mac: [u8; 6],
    pub(crate) dst_mac: [u8; 6],
    pub(crate) vlans: Vec<u16>,
    /// The packet type of a cooked header: 0 to us, 4 from us.
    pub(crate) packet_type: u16,
}

impl Default for LinkHeader {
    fn default() -> Self {
        Self {
            src_mac: [2, 0, 0, 0, 0xff, 1],
            dst_mac: [2, 0, 0, 0, 0xff, 2],
            vlans: Vec::new(),
            packet_type: 0,
        }
    }
}

impl Capture {
    /// Begins a capture with this link type.
    pub(crate) fn new(link: Link) -> Self {
        let number: u32 = match link {
            Link::Ethernet => 1,
            Link::RawIp => 101,
            Link::Cooked => 113,
        };
        let mut bytes = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        bytes.extend([2, 0, 4, 0]);
        for word in [0, 0, 262_144, number] {
            bytes.extend(word.to_le_bytes());
        }
        Self { link, bytes }
    }

    /// Adds a frame, `micros` after 1970.
    pub(crate) fn frame(&mut self, micros: u64, frame: &[u8]) {
        let length = u32::try_from(frame.len()).expect("a frame is short");
        let secs = u32::try_from(micros / 1_000_000).expect("the time fits a capture");
        let fraction = u32::try_from(micros % 1_000_000).expect("less than a million");
        for word in [secs, fraction, length, length] {
            self.bytes.extend(word.to_le_bytes());
        }
        self.bytes.extend(frame);
    }

    /// Adds an IP packet.
    pub(crate) fn packet(&mut self, micros: u64, header: &LinkHeader, packet: &IpPacket) {
        let ethertype = if packet.src.is_ipv6() { 0x86dd } else { 0x0800 };
        let mut frame = self.link_header(header, ethertype);
        frame.extend(packet.bytes());
        self.frame(micros, &frame);
    }

    /// Returns the capture file.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn link_header(&self, header: &LinkHeader, ethertype: u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.link {
            Link::RawIp => return bytes,
            Link::Ethernet => {
                bytes.extend(header.dst_mac);
                bytes.extend(header.src_mac);
                for vlan in &header.vlans {
                    bytes.extend(0x8100_u16.to_be_bytes());
                    bytes.extend(vlan.to_be_bytes());
                }
            }
            Link::Cooked => {
                bytes.extend(header.packet_type.to_be_bytes());
                bytes.extend([0, 1, 0, 6]);
                bytes.extend(header.src_mac);
                bytes.extend([0, 0]);
            }
        }
        bytes.extend(ethertype.to_be_bytes());
        bytes
    }

    /// Makes a capture of lines; a line that cannot be read fails the test by its text.
    pub(crate) fn from_text<'t>(lines: impl IntoIterator<Item = &'t str>) -> Self {
        let mut lines = lines.into_iter().peekable();
        let link = match lines.next_if(|line| line.starts_with("link ")) {
            None | Some("link ethernet") => Link::Ethernet,
            Some("link raw") => Link::RawIp,
            Some("link cooked") => Link::Cooked,
            Some(other) => panic!("`{other}`: expected link ethernet, raw or cooked"),
        };
        let mut epoch = EPOCH;
        if let Some(line) = lines.next_if(|line| line.starts_with("from ")) {
            epoch = number(line.trim_start_matches("from "), line);
        }
        let mut capture = Self::new(link);
        for text in lines {
            capture.add_line(text, epoch);
        }
        capture
    }

    fn add_line(&mut self, text: &str, epoch: u64) {
        let mut line = Line::new(text);
        let begin = epoch * 1_000_000 + micros(line.word(), text);
        let (copies, every) = line.repetition();
        let header = line.link_header();
        let frame = match line.peek() {
            "frame" => {
                line.word();
                hex(line.word(), text)
            }
            "arp" => {
                line.word();
                let mut frame = self.link_header(&header, 0x0806);
                frame.extend([0; 28]);
                frame
            }
            _ => {
                let packet = line.packet();
                let ethertype = if packet.src.is_ipv6() { 0x86dd } else { 0x0800 };
                let mut frame = self.link_header(&header, ethertype);
                frame.extend(packet.bytes());
                frame
            }
        };
        line.finish();
        for copy in 0..copies {
            self.frame(begin + copy * every, &frame);
        }
    }
}

/// The words of a line, taken from left to right; `key=value` and `xN` from anywhere.
struct Line<'t> {
    text: &'t str,
    words: Vec<&'t str>,
}

impl<'t> Line<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, words: text.split_whitespace().rev().collect() }
    }

    fn peek(&self) -> &'t str {
        self.words.last().copied().unwrap_or_else(|| panic!("`{}` ends too early", self.text))
    }

    fn word(&mut self) -> &'t str {
        self.words.pop().unwrap_or_else(|| panic!("`{}` ends too early", self.text))
    }

    fn finish(&self) {
        assert!(self.words.is_empty(), "`{}`: not understood: {:?}", self.text, self.words);
    }

    /// Takes `key=value` out of the line.
    fn option(&mut self, key: &str) -> Option<&'t str> {
        let is_value =
            |word: &&str| word.strip_prefix(key).is_some_and(|rest| rest.starts_with('='));
        let place = self.words.iter().position(is_value)?;
        self.words.remove(place).split_once('=').map(|(_, value)| value)
    }

    fn repetition(&mut self) -> (u64, u64) {
        let every = self.option("every").map_or(0, |every| micros(every, self.text));
        let is_count =
            |word: &&str| word.strip_prefix('x').is_some_and(|count| count.parse::<u64>().is_ok());
        let Some(place) = self.words.iter().position(is_count) else { return (1, every) };
        let copies = self.words.remove(place).trim_start_matches('x');
        (number(copies, self.text), every)
    }

    fn link_header(&mut self) -> LinkHeader {
        let mut header = LinkHeader::default();
        if let Some(mac) = self.option("from-mac") {
            header.src_mac = mac_of(mac, self.text);
        }
        if let Some(mac) = self.option("to-mac") {
            header.dst_mac = mac_of(mac, self.text);
        }
        while let Some(vlan) = self.option("vlan") {
            header.vlans.insert(0, number(vlan, self.text));
        }
        if let Some(way) = self.option("way") {
            header.packet_type = match way {
                "in" => 0,
                "out" => 4,
                _ => panic!("`{}`: expected way=in or way=out", self.text),
            };
        }
        header
    }

    /// Reads `PROTOCOL SRC > DST …`, and what it quotes.
    fn packet(&mut self) -> IpPacket {
        let quoted = self.quoted();
        let id = self.option("id").map_or(0, |id| number(id, self.text));
        let fragment = self.option("fragment").map(|place| {
            let offset = place.trim_end_matches('+');
            Fragment { offset: number(offset, self.text), more: place.ends_with('+') }
        });
        let protocol = self.word();
        let (src, arrow, dst) = (self.word(), self.word(), self.word());
        assert_eq!(arrow, ">", "`{}`: expected SOURCE > DESTINATION", self.text);
        let has_ports = matches!(protocol, "tcp" | "udp" | "sctp");
        let (src, srcport) = end(src, has_ports, self.text);
        let (dst, dstport) = end(dst, has_ports, self.text);
        let mut datagram = id;
        let upper = match protocol {
            "tcp" => Upper::Tcp { srcport, dstport, flags: flags(self.word(), self.text) },
            "udp" => Upper::Udp { srcport, dstport },
            "sctp" => Upper::Sctp { srcport, dstport },
            "icmp" => {
                let (kind, code) = icmp_kind(self.word(), src.is_ipv6(), self.text);
                // In a fragment `id` is the datagram's, else the query's.
                let query = if fragment.is_some() { 0 } else { std::mem::take(&mut datagram) };
                let id = u16::try_from(query).expect("an ICMP identifier has 16 bits");
                Upper::Icmp { kind, code, id, quoted: quoted.unwrap_or_default() }
            }
            other => Upper::Other(number(other, self.text)),
        };
        let length = number(self.word(), self.text);
        IpPacket { src, dst, upper, length, id: datagram, fragment }
    }

    /// Takes `quoting PACKET` off the end: its first bytes, as ICMP errors carry them.
    fn quoted(&mut self) -> Option<Vec<u8>> {
        let place = self.words.iter().position(|word| *word == "quoting")?;
        let mut inner = Self { text: self.text, words: self.words.drain(..=place).collect() };
        inner.word();
        let packet = inner.packet();
        inner.finish();
        let header = if packet.src.is_ipv6() { 40 } else { 20 };
        let mut bytes = packet.bytes();
        bytes.truncate(header + 8);
        Some(bytes)
    }
}

fn end(text: &str, has_port: bool, line: &str) -> (IpAddr, u16) {
    if has_port {
        let end: SocketAddr =
            text.parse().unwrap_or_else(|_| panic!("`{line}`: {text} is not ADDRESS:PORT"));
        (end.ip(), end.port())
    } else {
        (text.parse().unwrap_or_else(|_| panic!("`{line}`: {text} is not an address")), 0)
    }
}

fn flags(text: &str, line: &str) -> u8 {
    text.chars().fold(0, |flags, letter| {
        flags
            | match letter {
                'F' => FIN,
                'S' => SYN,
                'R' => RST,
                'P' => PSH,
                'A' => ACK,
                _ => panic!("`{line}`: expected TCP flags of F, S, R, P, A, got {text}"),
            }
    })
}

fn icmp_kind(text: &str, is_v6: bool, line: &str) -> (u8, u8) {
    match (text, is_v6) {
        ("echo", false) => (8, 0),
        ("reply", false) => (0, 0),
        ("echo", true) => (128, 0),
        ("reply", true) => (129, 0),
        _ => {
            let (kind, code) = text.split_once('/').unwrap_or_else(|| {
                panic!("`{line}`: expected echo, reply or TYPE/CODE, got {text}")
            });
            (number(kind, line), number(code, line))
        }
    }
}

/// Reads seconds with up to six digits after the point.
fn micros(text: &str, line: &str) -> u64 {
    let (secs, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= 6, "`{line}`: {text} is finer than a microsecond");
    number::<u64>(secs, line) * 1_000_000 + number::<u64>(&format!("{fraction:0<6}"), line)
}

fn mac_of(text: &str, line: &str) -> [u8; 6] {
    hex(&text.replace(':', ""), line)
        .try_into()
        .unwrap_or_else(|_| panic!("`{line}`: {text} is not a hardware address"))
}

fn hex(text: &str, line: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    assert!(
        digits.len() == text.len() && digits.len().is_multiple_of(2),
        "`{line}`: {text} is not an even number of hex digits"
    );
    digits
        .chunks_exact(2)
        .map(|pair| {
            pair.iter().fold(0, |byte, digit| byte << 4 | u8::try_from(*digit).expect("a digit"))
        })
        .collect()
}

fn number<T: std::str::FromStr>(text: &str, line: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{line}`: {text} is not a number that fits"))
}

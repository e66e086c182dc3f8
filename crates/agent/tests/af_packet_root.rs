//! Live capture against the kernel, in network namespaces made for it. Needs root, and `ip`.
//!
//! Without root these tests say so and do nothing; with `FLOWLOGD_REQUIRE_ROOT_TESTS=1` that is
//! a failure.

mod netns;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use flowlogd_agent::capture::{
    AfPacket, AfPacketError, AfPacketOptions, Chunk, FrameRef, Gso, Reach,
};
use flowlogd_packet::{FrameDirection, LinkType};
use netns::{Namespace, Pair, as_root, read_number};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ETHERNET: u32 = 14;

/// A frame that was captured, with its bytes.
struct Seen {
    frame: FrameRef,
    bytes: Vec<u8>,
}

impl Seen {
    /// Whether it is an IPv4 packet of that protocol behind an Ethernet header.
    fn is(&self, protocol: u8) -> bool {
        self.bytes.get(12..14) == Some(&[8, 0]) && self.bytes.get(23) == Some(&protocol)
    }

    fn packets(&self) -> u64 {
        self.frame.gso.map_or(1, |gso| gso.segments.get().into())
    }

    /// IP bytes on the wire.
    fn ip_bytes(&self) -> u64 {
        u64::from(self.frame.wire_len - ETHERNET + self.frame.gso.map_or(0, Gso::extra_bytes))
    }
}

fn open(namespace: &Namespace, device: &str, options: AfPacketOptions) -> AfPacket {
    try_open(namespace, device, options).expect("a capture")
}

fn try_open(
    namespace: &Namespace,
    device: &str,
    options: AfPacketOptions,
) -> Result<AfPacket, AfPacketError> {
    let device = device.to_owned();
    namespace.run(move || AfPacket::open(&device, &options))
}

/// A socket at each end. With both there, nobody answers that a port is unreachable.
fn sockets(pair: &Pair) -> (UdpSocket, UdpSocket) {
    let left = pair.left.run(|| UdpSocket::bind("10.77.0.1:4000").expect("a socket"));
    let right = pair.right.run(|| UdpSocket::bind("10.77.0.2:5000").expect("a socket"));
    (left, right)
}

/// Reads until nothing came for longer than a block may wait.
fn drain(capture: &mut AfPacket) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut chunk = Chunk::default();
    while capture.next_chunk(&mut chunk, Duration::from_millis(400)).expect("a chunk") > 0 {
        seen.extend(
            chunk
                .frames
                .iter()
                .map(|frame| Seen { frame: *frame, bytes: chunk.frame(frame).to_vec() }),
        );
    }
    seen
}

fn towards(seen: &[Seen], protocol: u8, direction: FrameDirection) -> Vec<&Seen> {
    seen.iter()
        .filter(|seen| seen.is(protocol) && seen.frame.direction == Some(direction))
        .collect()
}

fn send(from: &UdpSocket, to: SocketAddr, count: usize, payload: &[u8]) {
    for _ in 0..count {
        assert_eq!(from.send_to(payload, to).expect("sent"), payload.len());
    }
}

#[test]
fn every_datagram_is_counted_once_in_its_direction() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let (left, right) = sockets(&pair);

        send(&left, right.local_addr().unwrap(), 500, &[7; 1000]);
        send(&right, left.local_addr().unwrap(), 300, &[8; 100]);

        let seen = drain(&mut capture);
        let (outgoing, incoming) = (
            towards(&seen, UDP, FrameDirection::Outgoing),
            towards(&seen, UDP, FrameDirection::Incoming),
        );
        assert_eq!((outgoing.len(), incoming.len()), (500, 300));
        assert!(outgoing.iter().all(|seen| seen.frame.wire_len == 14 + 20 + 8 + 1000));
        assert!(outgoing.iter().all(|seen| seen.bytes.len() == 256 && seen.frame.captured == 256));
        assert!(incoming.iter().all(|seen| seen.bytes.len() == 14 + 20 + 8 + 100));
        assert!(seen.iter().all(|seen| seen.frame.gso.is_none()));
        assert_eq!(seen.len(), 800, "nothing else is on this wire");
        assert_eq!(capture.drops().unwrap(), 0);
        assert_eq!(capture.link_type(), LinkType::Ethernet);
    });
}

#[test]
fn times_are_those_of_the_wall_clock_and_in_order() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let (left, _right) = sockets(&pair);

        let before = netns::unix_time();
        send(&left, "10.77.0.2:5000".parse().unwrap(), 20, b"tick");
        let after = netns::unix_time();

        let seen = drain(&mut capture);
        let times: Vec<_> = towards(&seen, UDP, FrameDirection::Outgoing)
            .iter()
            .map(|seen| Duration::new(seen.frame.secs, seen.frame.nanos))
            .collect();
        assert_eq!(times.len(), 20);
        assert!(times.is_sorted());
        // The file system's clock ticks in milliseconds.
        let tick = Duration::from_millis(20);
        assert!(times[0] + tick >= before && times[19] <= after + tick, "{times:?}");
    });
}

/// left → right (segmentation offload) → the far end (cut by the kernel before the device, which
/// so counts what is on the wire).
#[test]
fn super_packets_are_counted_as_the_wire_counts_them() {
    as_root(|| {
        let pair = Pair::new();
        let far = pair.add_far_end();
        let mut sender = open(&pair.left, "left", AfPacketOptions::default());
        let mut router = open(&pair.right, "right", AfPacketOptions::default());
        let listener = far.run(|| TcpListener::bind("10.78.0.2:6000").expect("a listener"));
        let count = |what| read_number(&pair.right, "towards", what);
        let (packets, bytes) = (count("tx_packets"), count("tx_bytes"));

        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            stream.read_to_end(&mut Vec::new()).expect("all of it")
        });
        let mut client =
            pair.left.run(|| TcpStream::connect("10.78.0.2:6000").expect("a connection"));
        client.write_all(&vec![7; 8_000_000]).expect("all of it");
        drop(client);
        assert_eq!(server.join().expect("a server"), 8_000_000);

        let (at_sender, at_router) = (drain(&mut sender), drain(&mut router));
        let packets = count("tx_packets") - packets;
        let ip_bytes = count("tx_bytes") - bytes - packets * u64::from(ETHERNET);
        let outgoing = towards(&at_sender, TCP, FrameDirection::Outgoing);
        let incoming = towards(&at_router, TCP, FrameDirection::Incoming);
        assert_eq!((sender.drops().unwrap(), router.drops().unwrap()), (0, 0));
        assert!(outgoing.len() as u64 * 4 < packets, "most went as super-packets");
        for seen in [outgoing, incoming] {
            assert_eq!(seen.iter().map(|seen| seen.packets()).sum::<u64>(), packets);
            assert_eq!(seen.iter().map(|seen| seen.ip_bytes()).sum::<u64>(), ip_bytes);
        }
    });
}

#[test]
fn datagrams_sent_together_are_counted_one_by_one() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let (left, _right) = sockets(&pair);
        netns::cut_datagrams(&left, 1000);

        send(&left, "10.77.0.2:5000".parse().unwrap(), 10, &vec![7; 20_500]);

        let seen = drain(&mut capture);
        let outgoing = towards(&seen, UDP, FrameDirection::Outgoing);
        assert_eq!(outgoing.iter().map(|seen| seen.packets()).sum::<u64>(), 10 * 21);
        let bytes = 10 * (20 * (28 + 1000) + 28 + 500);
        assert_eq!(outgoing.iter().map(|seen| seen.ip_bytes()).sum::<u64>(), bytes);
    });
}

#[test]
fn what_does_not_fit_into_the_ring_is_counted() {
    as_root(|| {
        let pair = Pair::new();
        let options = AfPacketOptions { blocks: 2, block_size: 65_536, ..Default::default() };
        let mut capture = open(&pair.left, "left", options);
        let (left, _right) = sockets(&pair);

        send(&left, "10.77.0.2:5000".parse().unwrap(), 5000, &[7; 300]);

        let seen = drain(&mut capture).len() as u64;
        let drops = capture.drops().unwrap();
        assert!(drops > 0 && seen > 0);
        assert_eq!(seen + drops, 5000);
        assert_eq!(capture.drops().unwrap(), 0, "each is told once");

        send(&left, "10.77.0.2:5000".parse().unwrap(), 7, &[7; 300]);
        assert_eq!(drain(&mut capture).len(), 7, "and capturing goes on");
    });
}

#[test]
fn the_ring_goes_round_many_times() {
    as_root(|| {
        let pair = Pair::new();
        let options = AfPacketOptions { blocks: 4, block_size: 65_536, ..Default::default() };
        let mut capture = open(&pair.left, "left", options);
        let (left, _right) = sockets(&pair);

        let mut seen = Vec::new();
        for round in 0..50_u8 {
            send(&left, "10.77.0.2:5000".parse().unwrap(), 100, &[round; 100]);
            let mut chunk = Chunk::default();
            let mut got = 0;
            while got < 100 {
                got += capture.next_chunk(&mut chunk, Duration::from_secs(5)).expect("a chunk");
                seen.extend(chunk.frames.iter().map(|frame| chunk.frame(frame)[42]));
            }
        }

        assert_eq!(seen, (0..50).flat_map(|round| [round; 100]).collect::<Vec<u8>>());
        assert_eq!(capture.drops().unwrap(), 0);
    });
}

#[test]
fn nothing_comes_before_the_timeout_and_no_frames_after_it() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let mut chunk = Chunk::default();

        assert_eq!(capture.next_chunk(&mut chunk, Duration::from_millis(10)).expect("no error"), 0);
        assert!(chunk.frames.is_empty());
    });
}

#[test]
fn a_vlan_tag_is_taken_off_by_the_kernel() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 0, 9, 0x81, 0x00, 0, 5, 0x08, 0x00]);
        frame.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 77, 0, 2, 10, 77, 0, 1]);
        frame.extend([0; 8]);

        pair.right.run(move || netns::send_frame("right", &frame));

        let seen = drain(&mut capture);
        assert_eq!(towards(&seen, UDP, FrameDirection::Incoming).len(), 1);
        assert_eq!(seen[0].ip_bytes(), 28);
    });
}

#[test]
fn promiscuous_mode_is_on_only_when_asked_for() {
    as_root(|| {
        let pair = Pair::new();
        let promiscuity = || pair.left.ip(&["-d", "link", "show", "left"]);
        assert!(promiscuity().contains("promiscuity 0"));

        let device = open(&pair.left, "left", AfPacketOptions::default());
        assert!(promiscuity().contains("promiscuity 0"));
        drop(device);
        let options = AfPacketOptions { reach: Reach::Promiscuous, ..Default::default() };
        let mut all = open(&pair.left, "left", options);
        assert!(promiscuity().contains("promiscuity 1"));

        let mut frame = vec![2, 0, 0, 0, 0, 8, 2, 0, 0, 0, 0, 9, 0x08, 0x00];
        frame.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, UDP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend([0; 8]);
        pair.right.run(move || netns::send_frame("right", &frame));
        let seen = drain(&mut all);
        assert_eq!((seen.len(), seen[0].frame.direction), (1, None), "to another host");
        drop(all);
        assert!(promiscuity().contains("promiscuity 0"));
    });
}

#[test]
fn loopback_shows_every_packet_twice() {
    as_root(|| {
        let pair = Pair::new();
        pair.left.ip(&["link", "set", "lo", "up"]);
        let mut capture = open(&pair.left, "lo", AfPacketOptions::default());
        let socket = pair.left.run(|| UdpSocket::bind("127.0.0.1:4000").expect("a socket"));

        send(&socket, "127.0.0.1:4000".parse().unwrap(), 30, b"echo");

        let seen = drain(&mut capture);
        assert_eq!(towards(&seen, UDP, FrameDirection::Outgoing).len(), 30);
        assert_eq!(towards(&seen, UDP, FrameDirection::Incoming).len(), 30);
    });
}

#[test]
fn a_device_without_a_link_header_gives_raw_ip() {
    as_root(|| {
        let pair = Pair::new();
        let _tunnel = pair.left.run(|| netns::tunnel("tunnel"));
        pair.left.ip(&["address", "add", "10.79.0.1/24", "dev", "tunnel"]);
        pair.left.ip(&["link", "set", "tunnel", "up"]);
        let mut capture = open(&pair.left, "tunnel", AfPacketOptions::default());
        assert_eq!(capture.link_type(), LinkType::RawIp);
        let socket = pair.left.run(|| UdpSocket::bind("10.79.0.1:4000").expect("a socket"));

        send(&socket, "10.79.0.2:9".parse().unwrap(), 5, b"raw");

        let seen = drain(&mut capture);
        assert_eq!(seen.len(), 5);
        for seen in seen {
            assert_eq!((seen.bytes[0], seen.bytes[9], seen.frame.wire_len), (0x45, UDP, 31));
            assert_eq!(seen.frame.direction, Some(FrameDirection::Outgoing));
        }
    });
}

#[test]
fn a_device_that_cannot_be_captured_from_is_told_from_one_that_is_not_there() {
    as_root(|| {
        let pair = Pair::new();
        let message = |device: &str| {
            try_open(&pair.left, device, AfPacketOptions::default()).unwrap_err().to_string()
        };

        assert_eq!(message("eth9"), "no device eth9; there are: lo, left");
        assert_eq!(message("lo"), "device lo is down");
        let huge = AfPacketOptions { blocks: u32::MAX, ..Default::default() };
        let error = try_open(&pair.left, "left", huge).unwrap_err();
        assert_eq!(error.to_string(), "cannot map the packet ring of left");
        let none = AfPacketOptions { blocks: 0, ..Default::default() };
        let error = try_open(&pair.left, "left", none).unwrap_err();
        assert_eq!(error.to_string(), "cannot map the packet ring of left");
    });
}

#[test]
fn without_the_capability_the_error_names_it() {
    as_root(|| {
        let pair = Pair::new();

        let error = pair.left.run(|| {
            netns::drop_capabilities();
            AfPacket::open("left", &AfPacketOptions::default()).unwrap_err()
        });

        assert_eq!(
            error.to_string(),
            "no permission to capture from left: it takes the capability CAP_NET_RAW"
        );
    });
}

#[test]
fn a_device_that_goes_down_comes_back_and_one_that_is_removed_does_not() {
    as_root(|| {
        let pair = Pair::new();
        let mut capture = open(&pair.left, "left", AfPacketOptions::default());
        let (_left, right) = sockets(&pair);
        let next = |capture: &mut AfPacket| {
            let next = capture.next_chunk(&mut Chunk::default(), Duration::from_secs(2));
            next.map_err(|error| error.to_string())
        };

        pair.left.ip(&["link", "set", "left", "down"]);
        assert_eq!(next(&mut capture), Err("device left is down".to_owned()));
        pair.left.ip(&["link", "set", "left", "up"]);
        send(&right, "10.77.0.1:4000".parse().unwrap(), 1, b"back");
        let seen = drain(&mut capture);
        assert_eq!(towards(&seen, UDP, FrameDirection::Incoming).len(), 1);
        pair.left.ip(&["link", "delete", "left"]);
        assert_eq!(next(&mut capture), Err("device left is gone".to_owned()));
        assert_eq!(next(&mut capture), Err("device left is gone".to_owned()));
    });
}

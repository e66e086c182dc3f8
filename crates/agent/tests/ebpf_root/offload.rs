//! Super-packets: what devices leave to each other is counted as it would be on a wire.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use flowlogd_agent::capture::ebpf::layout::counter;

use crate::flood;
use crate::frame;
use crate::netns::{as_root, cut_datagrams};
use crate::rules;
use crate::stand::{End, Stand, device};
use crate::sums::{EGRESS, HEADER, INGRESS, TCP, Tally, UDP};
use crate::wire::{GUEST_V4, HOST, HOST_MAC, HOST_V4, OfDevice, Wire, index_of, of_protocol, run};

/// So many bytes from the guest, and so many back.
const THERE: usize = 12_000_000;
const BACK: usize = 3_000_000;

fn talk(wire: &Wire) {
    let listener = wire.host.run(|| TcpListener::bind((HOST_V4, 6000)).expect("a listener"));
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let read = stream.read_to_end(&mut Vec::new()).expect("all of it");
        stream.write_all(&vec![8; BACK]).expect("all of it");
        read
    });
    let mut client = wire.guest.run(|| TcpStream::connect((HOST_V4, 6000)).expect("a connection"));
    client.write_all(&vec![7; THERE]).expect("all of it");
    client.shutdown(std::net::Shutdown::Write).expect("the end");
    assert_eq!(client.read_to_end(&mut Vec::new()).expect("all of it"), BACK);
    assert_eq!(server.join().expect("a server"), THERE);
}

#[test]
fn without_offloads_every_segment_is_a_packet_of_the_device() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(2));
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();
        wire.offload("off");

        talk(&wire);

        let host = stand.take_all_at_host(&wire);
        let guest = stand.take_all_at_guest(&wire);
        for (slot, device) in [(0, host), (1, guest)] {
            stand.sums.assert_packets(slot, &device);
            stand.sums.assert_closed(slot);
            let frames = |counter| stand.sums.count(slot, counter);
            let received = (frames(counter::FRAMES_RECEIVED), frames(counter::BYTES_RECEIVED));
            assert_eq!(received, (device.received, device.received_bytes));
            // The kernel cuts what TCP sends behind the program.
            let joined = (frames(counter::JOINED_RECEIVED), frames(counter::JOINED_SENT));
            assert!(joined.1 > 0);
            assert_eq!((joined.0, frames(counter::FRAMES_SENT) + joined.1), (0, device.sent));
        }
        assert!(host.received > (THERE / 1500) as u64, "segments were put together");
    });
}

/// The receiver counts a super-packet's bytes with its headers once, and into how many packets it is to be cut.
#[test]
fn super_packets_are_counted_as_the_receivers_count_them() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(2));
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();

        talk(&wire);

        let host = stand.take_all_at_host(&wire);
        let guest = stand.take_all_at_guest(&wire);
        for (slot, device) in [(0, host), (1, guest)] {
            stand.sums.assert_frames(slot, &device);
            stand.sums.assert_closed(slot);
        }
        for (receiver, direction) in [(&wire.host, EGRESS), (&wire.guest, INGRESS)] {
            let marks = ["InNoECTPkts", "InECT0Pkts", "InECT1Pkts", "InCEPkts"];
            let packets: u64 = marks.iter().map(|mark| of_protocol(receiver, "IpExt", mark)).sum();
            let super_packets = of_protocol(receiver, "Ip", "InReceives");
            // An IPv4 header, and one of TCP with times.
            let repeated = (packets - super_packets) * (20 + 32);
            let bytes = of_protocol(receiver, "IpExt", "InOctets") + repeated;
            for slot in [0, 1] {
                let of = stand.sums.of(|kind| (kind.slot, kind.direction) == (slot, direction));
                assert_eq!(of, Tally { flows: 1, packets, bytes }, "slot {slot}");
            }
            assert!(packets > 4 * super_packets, "most went as super-packets");
        }
    });
}

#[test]
fn datagrams_that_are_cut_on_the_way_are_counted_one_by_one() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up();
        let guest = wire.guest.run(|| UdpSocket::bind((GUEST_V4, 4000)).expect("a socket"));
        let host = wire.host.run(|| UdpSocket::bind((HOST_V4, 5000)).expect("a socket"));
        cut_datagrams(&guest, 1000);

        for _ in 0..10 {
            guest.send_to(&vec![7; 20_500], (HOST_V4, 5000)).expect("sent");
            for _ in 0..21 {
                host.recv(&mut [0; 2000]).expect("a datagram");
            }
        }

        let device = stand.take_all_at_host(&wire);
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_closed(0);
        assert_eq!(device.received, 10, "they went as super-packets");
        assert_eq!(of_protocol(&wire.host, "Udp", "InDatagrams"), 210);
        let bytes = 10 * (20 * (28 + 1000) + 28 + 500);
        let of = stand.sums.of(|kind| kind.protocol == UDP);
        assert_eq!(of, Tally { flows: 1, packets: 210, bytes });
    });
}

/// A virtual machine's frame does not say into how many it is to be cut. Behind the host's other device, which
/// takes no super-packets, they are there to be counted.
#[test]
fn a_virtual_machines_super_packet_is_counted_as_it_leaves_the_host() {
    as_root(|| {
        let wire = Wire::new();
        let mut tap = wire.host.run(|| flood::tap("tap0"));
        let index = index_of(&wire.host, "tap0");
        let mut stand = Stand::new(&rules::open(2));
        stand.attach(&wire.host, index, device(0, End::Host));
        stand.watch(&wire, 1, End::Host);
        wire.up();
        wire.offload("off");
        let mac = HOST_MAC.map(|byte| format!("{byte:02x}")).join(":");
        wire.host.ip(&["link", "set", "tap0", "address", &mac, "up"]);
        wire.host.ip(&["address", "add", "10.79.0.1/24", "dev", "tap0"]);
        for what in ["ip_forward", "conf/tap0/rp_filter"] {
            let value = if what == "ip_forward" { "1" } else { "0" };
            let path = format!("/proc/sys/net/ipv4/{what}");
            wire.host.run(|| std::fs::write(path, value)).expect("forwarding");
        }

        let machine = Ipv4Addr::new(10, 79, 0, 2);
        let frame = frame::super_packet(HOST_MAC, machine, GUEST_V4, 14_580, 1300);
        tap.write_all(&frame).expect("a frame");
        let uneven = frame::super_packet(HOST_MAC, machine, GUEST_V4, 2600, 1300);
        tap.write_all(&uneven).expect("a frame");

        stand.take_all_at_host(&wire);
        let sent = OfDevice::of(&wire.host, HOST);
        let of = |slot| stand.sums.of(|kind| (kind.slot, kind.protocol) == (slot, TCP));
        let (at_tap, at_host) = (of(0), of(1));
        assert_eq!((at_tap.packets, at_tap.bytes), (12 + 2, 14_580 + 2600 + (12 + 2) * 40));
        assert_eq!((at_host.packets, at_host.bytes), (at_tap.packets, at_tap.bytes));
        assert_eq!((sent.sent, sent.sent_bytes), (14, at_tap.bytes + 14 * HEADER));
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 2, "as super-packets");
        assert_eq!(OfDevice::of(&wire.host, "tap0").received, 2);
        stand.sums.assert_closed(0);
        stand.sums.assert_closed(1);
    });
}

/// The program comes before the queue: what the queue has no room for was seen, and the queue tells how much that was.
#[test]
fn what_a_queue_drops_was_seen_and_is_told_by_the_queue() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up();
        let queue =
            ["dev", HOST, "root", "tbf", "rate", "200kbit", "burst", "3000", "limit", "3000"];
        run(&wire.host, "tc", &[&["qdisc", "replace"], &queue[..]].concat());
        let host = wire.host.run(|| UdpSocket::bind((HOST_V4, 5000)).expect("a socket"));
        let _guest = wire.guest.run(|| UdpSocket::bind((GUEST_V4, 4000)).expect("a socket"));

        for _ in 0..500 {
            host.send_to(&[7; 100], (GUEST_V4, 4000)).ok();
        }

        let queue = || run(&wire.host, "tc", &["-s", "qdisc", "show", "dev", HOST]);
        crate::wire::wait_until("the queue is empty", || queue().contains("backlog 0b 0p"));
        let device = stand.take_all_at_host(&wire);
        let text = queue();
        let dropped = text.split("dropped ").nth(1).and_then(|rest| rest.split(',').next());
        let dropped: u64 = dropped.expect("a count").parse().expect("a number");
        assert!(dropped > 100 && device.sent > 0, "{text}");
        assert_eq!(stand.sums.count(0, counter::FRAMES_SENT), 500);
        assert_eq!(device.sent + dropped, 500);
        stand.sums.assert_closed(0);
    });
}

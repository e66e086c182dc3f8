//! Ping, datagrams, fragments and tags, to the byte.

use std::net::{Ipv6Addr, UdpSocket};

use flowlogd_agent::capture::ebpf::layout::{FlowKey, counter};

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules;
use crate::stand::{End, Stand};
use crate::sums::{EGRESS, ICMP, ICMPV6, INGRESS, Tally, UDP};
use crate::wire::{
    GUEST, GUEST_V4, GUEST_V6, HOST_V4, HOST_V6, OfDevice, Wire, of_ipv6, of_protocol, run,
};

#[test]
fn pings_are_counted_as_the_device_counts_them() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up_with_ipv6();

        run(&wire.guest, "ping", &["-c", "5", "-i", "0.05", "10.77.1.1"]);
        run(&wire.guest, "ping", &["-c", "3", "-i", "0.05", "-s", "1000", HOST_V6]);
        run(&wire.host, "ping", &["-c", "2", "-i", "0.05", "-s", "0", GUEST_V6]);

        let device = stand.take_all_at_host(&wire);
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_packets(0, &device);
        stand.sums.assert_closed(0);
        for direction in [EGRESS, INGRESS] {
            let of = |protocol| {
                stand.sums.of(|kind| (kind.protocol, kind.direction) == (protocol, direction))
            };
            assert_eq!((of(ICMP).packets, of(ICMP).bytes), (5, 5 * 84));
            // What else there is of ICMPv6 tells neighbours of addresses.
            assert!(of(ICMPV6).packets >= 5 && of(ICMPV6).bytes >= 3 * 1048 + 2 * 48);
        }
    });
}

#[test]
fn datagrams_and_their_fragments_are_counted_as_the_receiver_counts_them() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up_with_ipv6();
        let sockets = |guest: String, host: String| {
            let guest = wire.guest.run(|| UdpSocket::bind(guest).expect("a socket"));
            (guest, wire.host.run(|| UdpSocket::bind(host).expect("a socket")))
        };
        let (guest, host) = sockets(format!("{GUEST_V4}:4000"), format!("{HOST_V4}:5000"));
        let (guest_v6, host_v6) =
            sockets(format!("[{GUEST_V6}]:4000"), format!("[{HOST_V6}]:5000"));
        let in_v4 = of_protocol(&wire.host, "IpExt", "InOctets");

        let (small, large) = ([7; 100], [8; 4000]);
        for (from, to) in [(&guest, &host), (&guest_v6, &host_v6)] {
            let to = to.local_addr().expect("an address");
            for _ in 0..50 {
                from.send_to(&small, to).expect("sent");
            }
            for _ in 0..20 {
                from.send_to(&large, to).expect("sent");
            }
        }
        for socket in [&host, &host_v6] {
            let received: usize =
                (0..70).map(|_| socket.recv(&mut [0; 5000]).expect("a datagram")).sum();
            assert_eq!(received, 50 * 100 + 20 * 4000);
        }

        // Neighbours are told of addresses, whenever the kernel likes.
        let (device, in_v6) = loop {
            let in_v6 = of_ipv6(&wire.host, "Ip6InOctets");
            let device = stand.take_all_at_host(&wire);
            if of_ipv6(&wire.host, "Ip6InOctets") == in_v6 {
                break (device, in_v6);
            }
        };
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_packets(0, &device);
        stand.sums.assert_closed(0);
        assert_eq!(of_protocol(&wire.host, "Udp", "InDatagrams"), 70);
        assert_eq!(of_ipv6(&wire.host, "Udp6InDatagrams"), 70);
        let sums = &stand.sums;
        let sent = sums.of(|kind| (kind.protocol, kind.direction) == (UDP, EGRESS));
        // Three fragments each; those of IPv6 have a header of eight bytes more.
        let v4_bytes = 50 * 128 + 20 * (4008 + 3 * 20);
        let v6_bytes = 50 * 148 + 20 * (4008 + 3 * 48);
        let expected = Tally { flows: 2, packets: 2 * (50 + 60), bytes: v4_bytes + v6_bytes };
        assert_eq!(sent, expected, "fragments are of the flow of their first");
        assert_eq!(of_protocol(&wire.host, "IpExt", "InOctets") - in_v4, v4_bytes);
        let told = sums.of(|kind| (kind.protocol, kind.direction) == (ICMPV6, EGRESS));
        assert_eq!(in_v6, v6_bytes + told.bytes);
        assert_eq!(sums.count(0, counter::ORPHANS), 0);
    });
}

/// Frames that no socket sends: tagged once and twice, a fragment without its first, and no IP at all.
#[test]
fn tagged_and_odd_frames_are_counted_for_what_they_are() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::new(&rules::open(2));
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();
        let to = (HOST_V4, 5000);
        let (src, dst): (Ipv6Addr, Ipv6Addr) =
            (GUEST_V6.parse().expect("one"), HOST_V6.parse().expect("one"));
        let frames = [
            frame::udp(&[(0x8100, 5)], (GUEST_V4, 1), to, 100),
            frame::udp(&[(0x88a8, 6), (0x8100, 7)], (GUEST_V4, 2), to, 200),
            frame::udp_v6(&[(0x8100, 8)], (src, 3), (dst, 5000), 300),
            frame::udp(&[], (GUEST_V4, 4), to, 400),
            frame::orphan(GUEST_V4, HOST_V4),
            frame::arp(),
        ];

        let guest_end = wire.guest_end;
        wire.guest.run(|| Flood::open(Way::Queue).send(guest_end, &frames));

        stand.take_all_at_host(&wire);
        let counted = OfDevice::of(&wire.guest, GUEST);
        assert_eq!(counted.sent, 6);
        let bytes: u64 = frames.iter().map(|frame| frame.len() as u64).sum();
        assert_eq!(counted.sent_bytes, bytes);
        for (slot, frames) in [(0, counter::FRAMES_RECEIVED), (1, counter::FRAMES_SENT)] {
            let sums = &stand.sums;
            sums.assert_closed(slot);
            assert_eq!(sums.count(slot, frames), 6);
            assert_eq!(sums.count(slot, counter::NOT_IP_ARP), 1);
            assert_eq!(sums.count(slot, counter::ORPHANS), 1);
            let flows = sums.of(|kind| (kind.slot, kind.direction) == (slot, EGRESS));
            let bytes = 128 + 228 + 348 + 428 + 44;
            assert_eq!(flows, Tally { flows: 5, packets: 5, bytes }, "slot {slot}");
        }
    });
}

/// What the guest's end sends its host's end receives, so both tell the same of the interface.
#[test]
fn both_ends_of_a_cable_tell_the_same() {
    as_root(|| {
        let wire = Wire::new();
        let rules = rules::open(1).pop().expect("rules");
        let mut stand = Stand::new(&[rules.clone(), rules]);
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();

        run(&wire.guest, "ping", &["-c", "3", "-i", "0.05", "10.77.1.1"]);
        let guest = wire.guest.run(|| UdpSocket::bind((GUEST_V4, 4000)).expect("a socket"));
        for port in 5000..5020 {
            // Nobody is there, which is answered by ICMP, as often as the kernel finds that in order.
            guest.send_to(&[1; 10], (HOST_V4, port)).ok();
        }

        let counted = stand.take();
        let told = |slot: u16| {
            let of_slot = counted.flows.iter().filter(|(key, _)| key.slot == slot);
            let mut told: Vec<_> = of_slot
                .map(|(key, flow)| {
                    let FlowKey { direction, protocol, srcport, dstport, src, dst, .. } = *key;
                    (direction, protocol, src, dst, srcport, dstport, flow.packets, flow.bytes)
                })
                .collect();
            told.sort_unstable();
            told
        };
        assert_eq!(told(0), told(1));
        assert!(told(0).len() >= 2 + 20);
        stand.sums.assert_closed(0);
        stand.sums.assert_closed(1);
    });
}

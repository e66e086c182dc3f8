//! Devices without Ethernet, and none at all.

use std::io::{Read, Write};
use std::net::UdpSocket;

use flowlogd_agent::capture::ebpf::layout::{Device, counter};

use crate::frame;
use crate::netns::{self, Namespace, as_root};
use crate::rules;
use crate::stand::{End, Stand, device};
use crate::sums::{EGRESS, INGRESS, Tally};
use crate::wire::{index_of, new_index};

#[test]
fn a_device_without_a_link_header_is_counted_to_the_byte() {
    as_root(|| {
        let namespace = Namespace::new("raw");
        let mut tunnel = namespace.run(|| netns::tunnel("tun0"));
        let index = index_of(&namespace, "tun0");
        let mut stand = Stand::new(&rules::open(1));
        let raw = Device { slot: 0, received_is: INGRESS, is_raw_ip: 1, zero: 0 };
        stand.attach(&namespace, index, raw);
        namespace.ip(&["address", "add", "10.77.1.2/24", "dev", "tun0"]);
        namespace.ip(&["link", "set", "tun0", "up"]);
        let socket = namespace.run(|| UdpSocket::bind("10.77.1.2:4000").expect("a socket"));

        for _ in 0..5 {
            socket.send_to(&[1; 72], "10.77.1.9:9").expect("sent");
        }
        let received =
            frame::udp(&[], ([10, 77, 1, 9].into(), 9), ([10, 77, 1, 2].into(), 4000), 30);
        for _ in 0..3 {
            tunnel.write_all(&received[14..]).expect("a packet");
        }
        // It is no IP, and the device has nothing else.
        let refused = tunnel.write(&[0x15; 20]);

        // What it sends it counts when somebody takes it.
        let mut bytes = [0; 200];
        let taken: usize = (0..5).map(|_| tunnel.read(&mut bytes).expect("a packet")).sum();
        assert_eq!(taken, 500);

        let device = stand.take_all(&namespace, "tun0");
        let sums = &stand.sums;
        sums.assert_frames(0, &device);
        sums.assert_closed(0);
        let bytes = sums.count(0, counter::SEEN_BYTES);
        assert_eq!((sums.count(0, counter::SEEN), bytes), (device.packets(), device.bytes()));
        let of = |direction| sums.of(|kind| kind.direction == direction);
        assert_eq!(of(EGRESS), Tally { flows: 1, packets: 5, bytes: 500 });
        assert_eq!(of(INGRESS), Tally { flows: 1, packets: 3, bytes: 3 * 58 });
        assert!(refused.is_err(), "the kernel keeps what is no IP from such a device");
    });
}

#[test]
fn a_device_that_is_not_there_is_refused_and_bound_to_nothing() {
    as_root(|| {
        let namespace = Namespace::new("none");
        let mut stand = Stand::new(&rules::open(1));
        let nobodys = new_index();

        let plane = &mut stand.plane;
        let result = namespace.run(|| plane.attach(nobodys, device(0, End::Host)));

        let error = result.expect_err("there is no such device").to_string();
        assert_eq!(error, "cannot attach the program: No such device (os error 19)");
    });
}

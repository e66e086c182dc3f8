//! The program as filters of a `clsact` queue, as before Linux 6.6.

use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_agent::capture::ebpf::{PlaneOptions, Way, pins};

use crate::flood::{Flood, Way as Send};
use crate::frame::datagrams;
use crate::netns::as_root;
use crate::rules;
use crate::stand::{End, Pins, Stand, device, options, sizes};
use crate::wire::{HOST, Wire, run};

fn by_filters(directory: Option<&std::path::Path>) -> PlaneOptions {
    PlaneOptions { way: Way::Filters, ..options(sizes(1 << 12), directory) }
}

fn filters(wire: &Wire, way: &str) -> usize {
    run(&wire.host, "tc", &["filter", "show", "dev", HOST, way]).matches("flowlogd:").count()
}

fn has_queue(wire: &Wire) -> bool {
    run(&wire.host, "tc", &["qdisc", "show", "dev", HOST]).contains("clsact")
}

#[test]
fn filters_count_as_links_do_and_go_with_their_queue() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = Stand::with(by_filters(None), &rules::open(2));
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Send::Queue));
        flood.send(wire.guest_end, &datagrams(20));

        let host = stand.take_all_at_host(&wire);
        let guest = stand.take_all_at_guest(&wire);
        stand.sums.assert_packets(0, &host);
        stand.sums.assert_packets(1, &guest);
        stand.sums.assert_closed(0);
        assert_eq!((host.received, guest.sent), (20, 20));
        assert_eq!((filters(&wire, "ingress"), filters(&wire, "egress")), (1, 1));

        let plane = &mut stand.plane;
        wire.host.run(|| plane.detach(wire.host_end, 0)).expect("detached");
        assert!(!has_queue(&wire));
    });
}

#[test]
fn the_queue_of_others_stays_and_their_filters_go_on() {
    as_root(|| {
        let wire = Wire::new();
        run(&wire.host, "tc", &["qdisc", "add", "dev", HOST, "clsact"]);
        let mut stand = Stand::with(by_filters(None), &rules::open(1));
        let pins = Pins::new();
        let mut other = Stand::with(by_filters(Some(&pins.directory)), &rules::open(1));
        stand.watch(&wire, 0, End::Host);
        other.watch(&wire, 0, End::Host);
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Send::Queue));
        flood.send(wire.guest_end, &datagrams(10));
        stand.take_all_at_host(&wire);
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 10);
        assert_eq!(filters(&wire, "ingress"), 2);

        let plane = &mut stand.plane;
        wire.host.run(|| plane.detach(wire.host_end, 0)).expect("detached");
        flood.send(wire.guest_end, &datagrams(10));
        other.take_all_at_host(&wire);
        assert_eq!(other.sums.count(0, counter::FRAMES_RECEIVED), 20);
        let plane = &mut other.plane;
        wire.host.run(|| plane.detach(wire.host_end, 0)).expect("detached");
        assert!(filters(&wire, "ingress") == 0 && has_queue(&wire), "somebody else made it");
    });
}

#[test]
fn filters_outlive_their_process_and_are_taken_over_and_removed() {
    as_root(|| {
        let wire = Wire::new();
        let pins = Pins::new();
        let mut stand = Stand::with(by_filters(Some(&pins.directory)), &rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Send::Queue));
        flood.send(wire.guest_end, &datagrams(10));
        drop(stand);
        // Nobody is there.
        flood.send(wire.guest_end, &datagrams(10));

        let mut stand = Stand::with(by_filters(Some(&pins.directory)), &rules::open(1));
        flood.send(wire.guest_end, &datagrams(10));
        stand.watch(&wire, 0, End::Host);
        flood.send(wire.guest_end, &datagrams(10));
        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 40);
        assert_eq!((filters(&wire, "ingress"), filters(&wire, "egress")), (1, 1));

        // A kernel that has links now.
        let linked = options(sizes(1 << 12), Some(&pins.directory));
        drop(stand);
        let mut stand = Stand::with(linked, &rules::open(1));
        let plane = &mut stand.plane;
        wire.host.run(|| plane.attach(wire.host_end, device(0, End::Host))).expect("attached");
        flood.send(wire.guest_end, &datagrams(10));
        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 10, "by one of the two");
        assert!(!has_queue(&wire));
    });
}

#[test]
fn detaching_removes_the_filters_of_an_owner() {
    as_root(|| {
        let wire = Wire::new();
        let owner = format!("filters-{}", std::process::id());
        let directory = pins::of_run(&owner, "run").expect("a directory");
        let mut stand = Stand::with(by_filters(Some(&directory)), &rules::open(1));
        stand.watch(&wire, 0, End::Host);
        assert_eq!(wire.host.run(|| pins::detach(Some("somebody"))).expect("detached"), 0);
        assert_eq!(wire.host.run(|| pins::detach(Some(&owner))).expect("detached"), 2);
        assert!(!has_queue(&wire) && !directory.exists());
    });
}

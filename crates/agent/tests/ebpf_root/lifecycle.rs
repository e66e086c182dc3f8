//! Agents and devices come and go, and the packets go on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_agent::capture::ebpf::pins;

use crate::flood::{Flood, Way};
use crate::frame::datagrams;
use crate::netns::as_root;
use crate::rules;
use crate::stand::{End, Over, Pins, Stand, device, options, sizes};
use crate::sums::{Sums, Tally};
use crate::wire::{HOST, OfDevice, Wire, new_index};

const UPGRADES: usize = 5;

/// Every new process loads a program of its own, and takes the links over from the one before.
#[test]
fn a_program_that_takes_over_under_load_misses_nothing_and_doubles_nothing() {
    as_root(|| {
        let wire = Wire::new();
        let pins = Pins::new();
        let rules = rules::open(1);
        let open = || Stand::with(options(sizes(1 << 14), Some(&pins.directory)), &rules);
        let mut stand = open();
        stand.watch(&wire, 0, End::Host);
        wire.up();
        let (guest, guest_end) = (&wire.guest, wire.guest_end);
        let (is_over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let mut sums = Sums::default();

        thread::scope(|scope| {
            let _over = Over(&is_over);
            scope.spawn(|| {
                let flood = guest.run(|| Flood::open(Way::Direct));
                let frames = datagrams(64);
                while !is_over.load(Ordering::Relaxed) {
                    flood.send(guest_end, &frames);
                    sent.fetch_add(64, Ordering::Relaxed);
                    // The kernel has to examine programs meanwhile.
                    thread::sleep(Duration::from_micros(500));
                }
            });
            for _ in 0..UPGRADES {
                let before = std::mem::replace(&mut stand, open());
                assert_eq!(stand.plane.epoch(), before.plane.epoch(), "it goes on where it was");
                stand.watch(&wire, 0, End::Host);
                drop(before);
                sums.add(&stand.take());
            }
        });

        stand.sums = sums;
        let device = stand.take_all_at_host(&wire);
        assert_eq!(device.received, sent.into_inner());
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_packets(0, &device);
        stand.sums.assert_closed(0);
        assert_eq!(stand.sums.count(0, counter::LOST), 0);
        assert!(stand.sums.of(|_| true).packets > 10_000, "there was load");
    });
}

/// Nobody runs: the program counts on by itself, and whoever comes next reads it.
#[test]
fn what_is_counted_while_nobody_runs_is_read_by_the_next() {
    as_root(|| {
        let wire = Wire::new();
        let pins = Pins::new();
        let open = || Stand::with(options(sizes(1 << 12), Some(&pins.directory)), &rules::open(1));
        let mut stand = open();
        stand.watch(&wire, 0, End::Host);
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Way::Direct));
        flood.send(wire.guest_end, &datagrams(10));
        drop(stand);

        flood.send(wire.guest_end, &datagrams(20));

        let mut stand = open();
        stand.watch(&wire, 0, End::Host);
        flood.send(wire.guest_end, &datagrams(30));
        let device = stand.take_all_at_host(&wire);
        assert_eq!(device.received, 60);
        stand.sums.assert_frames(0, &device);
        assert_eq!(stand.sums.of(|_| true).packets, 60);
    });
}

/// Links of a device that is gone hold nothing; the slot is attached anew, to a device of another number.
#[test]
fn a_device_that_is_made_anew_is_attached_anew() {
    as_root(|| {
        let pins = Pins::new();
        for directory in [None, Some(pins.directory.as_path())] {
            let mut wire = Wire::new();
            let mut stand = Stand::with(options(sizes(1 << 12), directory), &rules::open(1));
            stand.watch(&wire, 0, End::Host);
            wire.up();
            let send = |wire: &Wire, count| {
                let guest_end = wire.guest_end;
                wire.guest.run(|| Flood::open(Way::Direct).send(guest_end, &datagrams(count)));
            };
            send(&wire, 10);

            wire.host.ip(&["link", "delete", HOST]);
            stand.plane.detach(wire.host_end, 0).expect("nothing to detach");
            (wire.host_end, wire.guest_end) = (new_index(), new_index());
            wire.lay();
            stand.watch(&wire, 0, End::Host);
            wire.up();
            send(&wire, 20);

            stand.take_all_at_host(&wire);
            assert_eq!(OfDevice::of(&wire.host, HOST).received, 20);
            assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 30);
            let all = stand.sums.of(|_| true);
            assert_eq!(all, Tally { flows: 20, packets: 30, bytes: 30 * 38 });
        }
    });
}

/// The kernel gives numbers of devices away again. An agent that was not there meanwhile finds its links without a
/// device, and the number of its device on another one, or on its own made anew.
#[test]
fn another_device_with_the_number_of_one_that_is_gone_is_not_taken_for_it() {
    as_root(|| {
        let wire = Wire::new();
        let pins = Pins::new();
        let open = || Stand::with(options(sizes(1 << 12), Some(&pins.directory)), &rules::open(1));
        let mut stand = open();
        stand.watch(&wire, 0, End::Host);
        wire.up();
        drop(stand);
        wire.host.ip(&["link", "delete", HOST]);
        wire.lay();
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Way::Direct));

        flood.send(wire.guest_end, &datagrams(10));
        let mut stand = open();
        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 0, "nobody has attached to it");
        stand.watch(&wire, 0, End::Host);
        flood.send(wire.guest_end, &datagrams(20));

        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 20);
        assert_eq!(stand.sums.of(|_| true).packets, 20);
        stand.plane.detach_slot(0).expect("detached");
        flood.send(wire.guest_end, &datagrams(20));
        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 20, "and is detached");
    });
}

#[test]
fn detaching_leaves_nothing_behind() {
    as_root(|| {
        let wire = Wire::new();
        let owner = format!("test-{}", std::process::id());
        let directory = pins::of_run(&owner, "run").expect("a directory");
        let mut stand = Stand::with(options(sizes(1 << 12), Some(&directory)), &rules::open(2));
        stand.watch(&wire, 0, End::Host);
        stand.watch(&wire, 1, End::Guest);
        wire.up();
        let flood = wire.guest.run(|| Flood::open(Way::Queue));
        flood.send(wire.guest_end, &datagrams(10));
        stand.take();
        let seen = stand.sums.count(0, counter::FRAMES_RECEIVED);
        assert_eq!((seen, stand.sums.count(1, counter::FRAMES_SENT)), (10, 10));

        // The agent may still run, and hold all of it open.
        assert_eq!(pins::detach(Some(&owner)).expect("detached"), 4);

        flood.send(wire.guest_end, &datagrams(10));
        stand.take();
        assert_eq!(stand.sums.count(0, counter::FRAMES_RECEIVED), 10, "no program at the device");
        assert_eq!(stand.sums.count(1, counter::FRAMES_SENT), 10);
        assert!(!directory.exists() && !directory.parent().expect("the owner's").exists());
        assert_eq!(pins::detach(Some(&owner)).expect("nothing is there"), 0);
        drop(stand);
        let tables = Stand::with(options(sizes(1 << 12), None), &rules::open(1));
        assert_eq!(tables.plane.epoch(), 1, "nothing is left to take over");
    });
}

#[test]
fn a_process_that_ends_leaves_its_pins_and_no_more() {
    as_root(|| {
        let wire = Wire::new();
        let pins = Pins::new();
        let mut stand =
            Stand::with(options(sizes(1 << 12), Some(&pins.directory)), &rules::open(1));
        stand.watch(&wire, 0, End::Host);
        let names = pins.names();
        assert!(names.contains(&"receive_0".to_owned()) && names.contains(&"send_0".to_owned()));

        stand.plane.detach(wire.host_end, 0).expect("detached");

        let left = pins.names();
        assert_eq!(left.len() + 2, names.len());
        let plane = &mut stand.plane;
        wire.host.run(|| plane.attach(wire.host_end, device(0, End::Host))).expect("again");
        assert_eq!(pins.names().len(), names.len());
    });
}

//! Five hundred interfaces on one host.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use flowlogd_agent::capture::boot_time;
use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_agent::capture::ebpf::{Plane, Sizes, Timing};
use flowlogd_vpc::RuleBook;

use crate::flood::{self, Flood, Way};
use crate::frame;
use crate::netns::{Namespace, as_root};
use crate::rules::{self, Acl};
use crate::stand::{End, device, offset, options, say};
use crate::sums::{EGRESS, Sums, Tally};
use crate::wire::{HOST_V4, wait_until};

const INTERFACES: u32 = 500;
/// So many connections each may have, as the agent shares them out.
const CONNECTIONS: u32 = 2097;
const HOST_INDEX: u32 = 2000;
const GUEST_INDEX: u32 = 3000;

fn batch(namespace: &Namespace, lines: &str) {
    let mut child = Command::new("ip")
        .args(["-n", &namespace.name, "-batch", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("ip, of the package iproute2");
    child.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("all lines");
    assert!(child.wait().expect("an end").success(), "{lines}");
}

fn lines(line: impl Fn(u32) -> String) -> String {
    (0..INTERFACES).map(|interface| line(interface) + "\n").collect()
}

/// Packets that every device has received.
fn received(namespace: &Namespace) -> BTreeMap<String, u64> {
    let text = namespace.run(|| fs::read_to_string("/proc/thread-self/net/dev")).expect("it");
    let device = |line: &str| {
        let (name, numbers) = line.split_once(':')?;
        let packets = numbers.split_whitespace().nth(1)?;
        Some((name.trim().to_owned(), packets.parse().expect("a number")))
    };
    text.lines().filter_map(device).collect()
}

/// The kernel's own memory, in MiB.
fn memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").expect("it");
    let of = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("a number").parse().expect("a number")
    };
    (of("SUnreclaim:") + of("VmallocUsed:") + of("Percpu:")) / 1024
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = boot_time().expect("a clock");
    let result = work();
    (boot_time().expect("a clock").saturating_sub(before), result)
}

#[test]
fn five_hundred_interfaces_are_counted_each_for_itself() {
    as_root(|| {
        flood::open_many_files();
        let (host, guest) = (Namespace::new("host"), Namespace::new("guest"));
        batch(
            &host,
            &lines(|of| {
                let (near, far) = (HOST_INDEX + of, GUEST_INDEX + of);
                let peer = format!("peer name g{of} index {far} netns {}", guest.name);
                format!("link add h{of} index {near} type veth {peer}")
            }),
        );
        batch(&host, &lines(|of| format!("link set h{of} up")));
        batch(&guest, &lines(|of| format!("link set g{of} up")));
        let mut book = RuleBook::default();
        let [before, after] = [rules::OPEN, rules::TRACKED]
            .map(|groups| rules::compile(&mut book, INTERFACES, groups, Acl::Allow));
        wait_until("all devices are up", || {
            let links = guest.ip(&["-br", "link", "show", "up"]);
            links.lines().filter(|line| line.contains(" UP ")).count() == INTERFACES as usize
        });

        let before_all = memory();
        let timing = Timing::fixed(offset());
        let (loading, mut plane) = timed(|| {
            Plane::load(options(Sizes::default(), None), timing)
                .unwrap_or_else(|error| panic!("{error}"))
        });
        let tables = memory().saturating_sub(before_all);
        let (opening, ()) = timed(|| {
            for slot in 0..INTERFACES {
                plane.open_slot(slot, CONNECTIONS).expect("a slot");
            }
        });
        let (first, ()) = timed(|| {
            for (slot, rules) in (0..).zip(&before) {
                plane.set_rules(slot, 0, rules, false).expect("rules");
            }
        });
        let (attaching, ()) = timed(|| {
            host.run(|| {
                for slot in 0..INTERFACES {
                    plane.attach(HOST_INDEX + slot, device(slot, End::Host)).expect("attached");
                }
            });
        });
        let all = memory().saturating_sub(before_all);
        let (replacing, ()) = timed(|| {
            for (slot, rules) in (0..).zip(&after) {
                plane.set_rules(slot, 1, rules, false).expect("rules");
            }
        });
        plane.swap(timing).expect("a swap");
        let flows = |of: u32| 2 + u16::try_from(of % 7).expect("few");
        guest.run(|| {
            let flood = Flood::open(Way::Direct);
            for of in 0..INTERFACES {
                let own = [
                    10,
                    77,
                    u8::try_from(1 + of / 200).expect("3"),
                    u8::try_from(2 + of % 200).expect("201"),
                ];
                let frames: Vec<_> = (0..flows(of))
                    .map(|flow| frame::udp(&[], (own.into(), 1000 + flow), (HOST_V4, 53), 10))
                    .collect();
                for _ in 0..5 {
                    flood.send(GUEST_INDEX + of, &frames);
                }
            }
        });
        let (swapping, retired) = timed(|| plane.swap(timing).expect("a swap"));
        let (reading, counted) = timed(|| plane.read(retired).expect("what was counted"));
        let (clearing, ()) = timed(|| plane.clear(retired).expect("empty tables"));

        let mut sums = Sums::default();
        sums.add(&counted);
        let at_devices = received(&host);
        for slot in 0..INTERFACES {
            let flows = u64::from(flows(slot));
            let of = sums.of(|kind| (kind.slot, kind.direction) == (slot, EGRESS));
            assert_eq!(
                of,
                Tally { flows, packets: 5 * flows, bytes: 5 * flows * 38 },
                "slot {slot}"
            );
            assert_eq!(sums.count(slot, counter::FRAMES_RECEIVED), at_devices[&format!("h{slot}")]);
            sums.assert_closed(slot);
        }
        say(&format!(
            "{INTERFACES} interfaces: load {loading:.1?}, open slots {opening:.1?}, first rules {first:.1?}, \
             attach {attaching:.1?}, replace all rules {replacing:.1?}; swap {swapping:.1?}, read {reading:.1?}, \
             clear {clearing:.1?}; memory: tables {tables} MiB, with all interfaces {all} MiB"
        ));
    });
}

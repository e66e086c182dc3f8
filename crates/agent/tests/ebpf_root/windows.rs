//! The real clock: every packet in its window, and at its second.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use flowlogd_agent::capture::boot_time;
use flowlogd_agent::capture::ebpf::{PlaneOptions, Timing};

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules;
use crate::stand::{End, Stand, offset, options, sizes};
use crate::wire::{GUEST_V4, HOST_V4, Wire};

/// In seconds.
const WINDOW: u32 = 2;
const SECOND: i64 = 1_000_000_000;

fn now() -> i64 {
    i64::try_from(boot_time().expect("a clock").as_nanos()).expect("small")
}

/// Sends a packet at a time, and notes the wall clock's second; none near a second's turn.
fn send(wire: &Wire, flood: &Flood, wall: impl Fn(i64) -> i64, sent: &mut BTreeMap<i64, u64>) {
    let frame = [frame::udp(&[], (GUEST_V4, 1000), (HOST_V4, 53), 10)];
    loop {
        let before = wall(now());
        // The program's clock is a few milliseconds behind, at a step too.
        if wall(now() - SECOND / 50) / SECOND != before / SECOND {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        if (before + SECOND / 5) / SECOND != before / SECOND || before % SECOND < SECOND / 50 {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        flood.send(wire.guest_end, &frame);
        let second = before / SECOND;
        assert_eq!(wall(now()) / SECOND, second, "this machine is too busy");
        *sent.entry(second).or_default() += 1;
        return;
    }
}

/// Returns window, first second, last second and packets of what was sent.
fn expected(sent: &BTreeMap<i64, u64>) -> Vec<(i64, i64, i64, u64)> {
    let mut windows: BTreeMap<i64, (i64, i64, u64)> = BTreeMap::new();
    for (second, packets) in sent {
        let (window, offset) = (second / i64::from(WINDOW), second % i64::from(WINDOW));
        let entry = windows.entry(window).or_insert((offset, offset, 0));
        entry.1 = offset;
        entry.2 += packets;
    }
    windows
        .into_iter()
        .map(|(window, (first, last, packets))| (window, first, last, packets))
        .collect()
}

fn watched(wire: &Wire, offset: i64) -> Stand {
    let options = PlaneOptions { window_length: WINDOW, ..options(sizes(1 << 12), None) };
    let mut stand = Stand::with(options, &rules::open(1));
    stand.timing = Timing::fixed(offset);
    stand.watch(wire, 0, End::Host);
    wire.up();
    stand.take();
    stand
}

fn told(stand: &mut Stand) -> Vec<(i64, i64, i64, u64)> {
    let counted = stand.take();
    stand.sums.assert_closed(0);
    let mut told: Vec<_> = counted
        .flows
        .iter()
        .map(|(key, flow)| (key.window.into(), flow.first.into(), flow.last.into(), flow.packets))
        .collect();
    told.sort_unstable();
    let rows: u64 = counted.counters.values().map(|row| row.get(0)).sum();
    assert_eq!(rows, told.iter().map(|flow| flow.3).sum::<u64>());
    for ((_, window), row) in &counted.counters {
        let of_window = told.iter().filter(|flow| flow.0 == i64::from(*window));
        assert_eq!(
            row.get(0),
            of_window.map(|flow| flow.3).sum::<u64>(),
            "rows of window {window}"
        );
    }
    told
}

#[test]
fn flows_carry_their_window_and_their_first_and_last_second() {
    as_root(|| {
        let wire = Wire::new();
        let offset = offset();
        let mut stand = watched(&wire, offset);
        let flood = wire.guest.run(|| Flood::open(Way::Direct));
        let mut sent = BTreeMap::new();

        for _ in 0..50 {
            send(&wire, &flood, |now| now + offset, &mut sent);
            thread::sleep(Duration::from_millis(70));
        }

        assert_eq!(told(&mut stand), expected(&sent));
        assert!(sent.len() >= 4, "over several windows");
    });
}

/// The wall clock is set forward by 100.3 s, which counts from the end of a window on (semantics.md 5).
#[test]
fn a_step_of_the_clock_counts_from_the_end_of_a_window_on() {
    as_root(|| {
        let wire = Wire::new();
        let offset = offset();
        let mut stand = watched(&wire, offset);
        let step = 100 * SECOND + 3 * SECOND / 10;
        let wall = now() + offset;
        let length = i64::from(WINDOW) * SECOND;
        // Time enough to set all up.
        let ends = (wall / length + 5) * length - offset;
        let timing = Timing {
            offset,
            switch_at: u64::try_from(ends).expect("later"),
            next_offset: offset + step,
        };
        stand.timing = timing;
        stand.take();
        let flood = wire.guest.run(|| Flood::open(Way::Direct));
        let wall = |now| if now < ends { now + offset } else { now + offset + step };
        let mut sent = BTreeMap::new();

        // A machine that is too busy sends later.
        let after = |sent: &BTreeMap<i64, u64>| -> u64 {
            let first = wall(ends) / SECOND;
            sent.range(first..).map(|(_, packets)| packets).sum()
        };
        while now() < ends + SECOND || after(&sent) < 5 {
            send(&wire, &flood, wall, &mut sent);
            thread::sleep(Duration::from_millis(60));
        }

        assert_eq!(told(&mut stand), expected(&sent));
        let (first, last) = (sent.keys().min().expect("one"), sent.keys().max().expect("one"));
        assert!(last - first > 90, "before and after the step");
    });
}

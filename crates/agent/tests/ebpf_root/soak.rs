//! Many packets, many flows, and many swaps.

use std::fmt::Write as _;
use std::net::Ipv6Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use flowlogd_agent::capture::boot_time;
use flowlogd_agent::capture::ebpf::Sizes;
use flowlogd_agent::capture::ebpf::layout::counter;

use crate::flood::{Flood, Way};
use crate::frame;
use crate::netns::as_root;
use crate::rules;
use crate::stand::{End, Over, Stand, options, say, sizes};
use crate::sums::UDP;
use crate::wire::{GUEST_V4, HOST_V4, Wire};

/// At least so many.
const SWAPS: u64 = 1000;
/// The agent looks so often whether its tables fill up.
const LOOK: Duration = Duration::from_millis(50);

/// How long a soak lasts.
fn length(part: u64) -> Duration {
    let seconds = std::env::var("FLOWLOGD_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(15_u64 / part).max(1))
}

fn now() -> Duration {
    boot_time().expect("a clock")
}

fn watched(wire: &Wire) -> Stand {
    let mut stand = Stand::with(options(Sizes::default(), None), &rules::open(1));
    stand.watch(wire, 0, End::Host);
    wire.up();
    // The next epoch knows that nobody shares its tables.
    stand.take();
    stand
}

#[test]
fn what_two_senders_send_is_counted_over_a_thousand_swaps() {
    as_root(|| {
        let wire = Wire::new();
        let mut stand = watched(&wire);
        let (guest, guest_end) = (&wire.guest, wire.guest_end);
        let (is_over, sent) = (AtomicBool::new(false), AtomicU64::new(0));

        let began = now();
        thread::scope(|scope| {
            let _over = Over(&is_over);
            for sender in 0..2_u16 {
                let (is_over, sent) = (&is_over, &sent);
                scope.spawn(move || {
                    let flood = guest.run(|| Flood::open(Way::Direct));
                    let port = |port: u16| 1000 + 32 * sender + port;
                    let frames: Vec<_> = (0..64)
                        .map(|source| frame::udp(&[], (GUEST_V4, port(source)), (HOST_V4, 53), 18))
                        .collect();
                    while !is_over.load(Ordering::Relaxed) {
                        flood.send(guest_end, &frames);
                        sent.fetch_add(64, Ordering::Relaxed);
                    }
                });
            }
            while now().saturating_sub(began) < length(1) || stand.sums.epochs < SWAPS {
                stand.take();
            }
        });

        let took = now().saturating_sub(began);
        let device = stand.take_all_at_host(&wire);
        let (sent, sums) = (sent.into_inner(), &stand.sums);
        let (counted, lost) = (sums.of(|_| true).packets, sums.count(0, counter::LOST));
        let rate = u128::from(sent) / took.as_millis().max(1);
        say(&format!(
            "soak: sent {sent}, counted {counted}, swaps {}, lost {lost} ({took:.1?}, {rate} packets a ms)",
            sums.epochs
        ));
        assert_eq!((counted, lost), (sent, 0));
        sums.assert_frames(0, &device);
        sums.assert_packets(0, &device);
        sums.assert_closed(0);
        assert_eq!(device.received, sent);
    });
}

/// The program looks at these for as long as a whole swap may take: whoever reads has to wait for them.
#[test]
fn a_packet_that_is_being_looked_at_while_epochs_end_is_counted() {
    as_root(|| {
        let wire = Wire::new();
        // Small tables are soon read.
        let mut stand = Stand::with(options(sizes(64), None), &rules::open(1));
        stand.watch(&wire, 0, End::Host);
        wire.up();
        wire.lengthen();
        let (guest, guest_end) = (&wire.guest, wire.guest_end);
        let (src, dst) = (Ipv6Addr::from(0xfd77 << 112 | 2), Ipv6Addr::from(0xfd88 << 112 | 1));
        let frames = vec![frame::lengthy((src, 1000), (dst, 53), 8000); 4];
        let (is_over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let began = now();

        thread::scope(|scope| {
            let _over = Over(&is_over);
            scope.spawn(|| {
                let flood = guest.run(|| Flood::open(Way::Direct));
                while !is_over.load(Ordering::Relaxed) {
                    flood.send(guest_end, &frames);
                    sent.fetch_add(frames.len() as u64, Ordering::Relaxed);
                }
            });
            while stand.sums.epochs < SWAPS / 4 || sent.load(Ordering::Relaxed) < 1000 {
                let retired = stand.plane.swap(stand.timing).expect("a swap");
                let counted = stand.plane.read(retired).expect("what was counted");
                // What comes to be counted only now is in nobody's sum.
                thread::sleep(Duration::from_millis(2));
                stand.plane.clear(retired).expect("empty tables");
                stand.sums.add(&counted);
            }
        });

        let device = stand.take_all_at_host(&wire);
        let sent = sent.into_inner();
        assert_eq!(stand.sums.of(|kind| kind.protocol == UDP).packets, sent);
        stand.sums.assert_frames(0, &device);
        stand.sums.assert_packets(0, &device);
        stand.sums.assert_closed(0);
        say(&format!(
            "lengthy packets: sent {sent}, counted {sent}, swaps {} {:?}",
            stand.sums.epochs,
            now().saturating_sub(began)
        ));
    });
}

/// Packets a second, and flows a second that are new.
#[derive(Clone, Copy, Debug)]
struct Load {
    packets: u64,
    flows: u64,
}

/// When an epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Every second.
    Second,
    /// Also when the tables are half full, as the agent has it.
    HalfFull,
}

/// What came of a load.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    sent: u64,
    flows: u64,
    took: Duration,
    in_flows: u64,
    alone: u64,
    lost: u64,
    swaps: u64,
}

/// Sends packets at an even pace, each flow's one after the other.
fn send(flood: &Flood, device: u32, load: Load, length: Duration) -> u64 {
    const BURST: u64 = 64;
    let each = (load.packets / load.flows).max(1);
    let template = frame::udp(&[], (GUEST_V4, 0), (HOST_V4, 53), 18);
    let mut frames = vec![template; 64];
    let (began, mut sent) = (now(), 0_u64);
    loop {
        let elapsed = now().saturating_sub(began);
        if elapsed >= length {
            return sent;
        }
        let due = load.packets * u64::try_from(elapsed.as_micros()).expect("short") / 1_000_000;
        if sent + BURST > due {
            thread::sleep(Duration::from_micros(200));
            continue;
        }
        for frame in &mut frames {
            let flow = u32::try_from(sent / each % (1 << 32)).expect("four bytes").to_be_bytes();
            // The source's port, and the last two bytes of its address.
            frame[frame::SRCPORT..frame::SRCPORT + 2].copy_from_slice(&flow[2..]);
            frame[28..30].copy_from_slice(&flow[..2]);
            sent += 1;
        }
        flood.send(device, &frames);
    }
}

fn bear(load: Load, pace: Pace, length: Duration) -> Outcome {
    let wire = Wire::new();
    let mut stand = watched(&wire);
    let (guest, guest_end) = (&wire.guest, wire.guest_end);
    let is_over = AtomicBool::new(false);
    let half = u64::from(Sizes::default().flows) / 2;
    let began = now();
    let sent = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let flood = guest.run(|| Flood::open(Way::Direct));
            let sent = send(&flood, guest_end, load, length);
            is_over.store(true, Ordering::Relaxed);
            sent
        });
        let mut epoch = now();
        while !is_over.load(Ordering::Relaxed) {
            thread::sleep(LOOK);
            let taken = stand.plane.taken().expect("how full they are");
            let is_full = pace == Pace::HalfFull && (taken.flows >= half || taken.events > 0);
            if is_full || now().saturating_sub(epoch) >= Duration::from_secs(1) {
                epoch = now();
                stand.take();
            }
        }
        sender.join().expect("a sender")
    });
    let took = now().saturating_sub(began);
    let device = stand.take_all_at_host(&wire);
    let sums = &stand.sums;
    sums.assert_frames(0, &device);
    sums.assert_closed(0);
    assert_eq!(device.received, sent);
    Outcome {
        sent,
        flows: sent / (load.packets / load.flows).max(1),
        took,
        in_flows: sums.of(|_| true).packets,
        alone: sums.alone(|_| true).packets,
        lost: sums.count(0, counter::LOST),
        swaps: sums.epochs,
    }
}

#[test]
fn twenty_thousand_new_flows_a_second_lose_nothing() {
    as_root(|| {
        let load = Load { packets: 300_000, flows: 20_000 };

        let outcome = bear(load, Pace::Second, length(3));

        say(&format!("load: {}", row(&outcome)));
        assert_eq!((outcome.in_flows, outcome.alone, outcome.lost), (outcome.sent, 0, 0));
    });
}

/// More and more new flows, until some are lost. It fails only if the books do not close.
#[test]
fn what_is_lost_at_which_rate_of_new_flows_is_told() {
    as_root(|| {
        if std::env::var_os("FLOWLOGD_LOSS_CURVE").is_none_or(|value| value != "1") {
            return;
        }
        let mut table = String::from("loss curve\n");
        for pace in [Pace::Second, Pace::HalfFull] {
            writeln!(table, "epochs: {pace:?}").expect("room");
            for flows in [20, 50, 100, 150, 300, 600] {
                let load = Load { packets: 300_000.max(flows * 1000), flows: flows * 1000 };
                let outcome = bear(load, pace, Duration::from_secs(10));
                writeln!(table, "{}", row(&outcome)).expect("room");
            }
        }
        say(&table);
    });
}

fn row(outcome: &Outcome) -> String {
    let Outcome { sent, flows, took, in_flows, alone, lost, swaps } = outcome;
    let rate = |count: &u64| u128::from(*count) * 1000 / took.as_millis().max(1);
    format!(
        "offered {} packets/s, {} new flows/s: sent {sent}, in flows {in_flows}, told alone {alone}, lost {lost}, swaps {swaps}",
        rate(sent),
        rate(flows)
    )
}

//! Everything that was counted in some epochs.

use std::collections::BTreeMap;

use flowlogd_agent::capture::ebpf::Counted;
use flowlogd_agent::capture::ebpf::layout::{Counters, Flow, FlowKey, counter};

use crate::wire::OfDevice;

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const INGRESS: u8 = 0;
pub(crate) const EGRESS: u8 = 1;
pub(crate) const ACCEPT: u8 = 0;
pub(crate) const REJECT: u8 = 1;

/// An Ethernet header.
pub(crate) const HEADER: u64 = 14;

/// Flows of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) flows: u64,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

impl Tally {
    fn add(&mut self, flow: &Flow) {
        self.flows += 1;
        self.packets += flow.packets;
        self.bytes += flow.bytes;
    }
}

/// What flows are told apart by here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) slot: u32,
    pub(crate) protocol: u8,
    pub(crate) direction: u8,
    pub(crate) action: u8,
}

impl Kind {
    fn of(key: &FlowKey) -> Self {
        let FlowKey { slot, protocol, direction, action, .. } = *key;
        Self { slot: slot.into(), protocol, direction, action }
    }
}

/// Sums over epochs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) epochs: u64,
    /// Packets in the flow tables.
    pub(crate) flows: BTreeMap<Kind, Tally>,
    /// Packets told one by one.
    pub(crate) events: BTreeMap<Kind, Tally>,
    counters: BTreeMap<u32, Counters>,
}

impl Sums {
    pub(crate) fn add(&mut self, counted: &Counted) {
        self.epochs += 1;
        for (key, flow) in &counted.flows {
            self.flows.entry(Kind::of(key)).or_default().add(flow);
        }
        for event in &counted.events {
            self.events.entry(Kind::of(&event.key)).or_default().add(&event.flow);
        }
        for ((slot, _), counters) in &counted.counters {
            self.counters.entry(*slot).or_default().add(counters);
        }
    }

    pub(crate) fn count(&self, slot: u32, counter: usize) -> u64 {
        self.counters.get(&slot).map_or(0, |counters| counters.get(counter))
    }

    fn excluded(&self, slot: u32) -> u64 {
        (counter::EXCLUDED..counter::EXCLUDED + 9).map(|reason| self.count(slot, reason)).sum()
    }

    /// Sums up the flows that `is_meant`.
    pub(crate) fn of(&self, is_meant: impl Fn(&Kind) -> bool) -> Tally {
        sum(&self.flows, is_meant)
    }

    pub(crate) fn alone(&self, is_meant: impl Fn(&Kind) -> bool) -> Tally {
        sum(&self.events, is_meant)
    }

    /// Everything that a slot has seen is somewhere.
    pub(crate) fn assert_closed(&self, slot: u32) {
        let (flows, events) =
            (self.of(|kind| kind.slot == slot), self.alone(|kind| kind.slot == slot));
        let (excluded, lost) = (self.excluded(slot), self.count(slot, counter::LOST));
        let seen = self.count(slot, counter::SEEN);
        let told = format!(
            "seen {seen}, in flows {flows:?}, alone {events:?}, excluded {excluded}, lost {lost}"
        );
        assert_eq!(seen, flows.packets + events.packets + excluded + lost, "{told}");
        let judged = self.count(slot, counter::ACCEPTED) + self.count(slot, counter::REJECTED);
        assert_eq!(seen, judged + excluded, "judged {judged}: {told}");
        if lost + excluded == 0 {
            assert_eq!(self.count(slot, counter::SEEN_BYTES), flows.bytes + events.bytes, "{told}");
        }
    }

    /// The program has seen every frame that the device has counted, and counts as it does.
    pub(crate) fn assert_frames(&self, slot: u32, device: &OfDevice) {
        let frames = OfDevice {
            received: self.count(slot, counter::FRAMES_RECEIVED),
            received_bytes: self.count(slot, counter::BYTES_RECEIVED),
            sent: self.count(slot, counter::FRAMES_SENT),
            sent_bytes: self.count(slot, counter::BYTES_SENT),
        };
        assert_eq!(frames, *device);
    }

    /// Packets are what the device counts, to the byte: nothing was put together, and all is Ethernet and IP.
    pub(crate) fn assert_packets(&self, slot: u32, device: &OfDevice) {
        let (packets, bytes) =
            (self.count(slot, counter::SEEN), self.count(slot, counter::SEEN_BYTES));
        assert_eq!((packets, bytes + HEADER * packets), (device.packets(), device.bytes()));
    }
}

fn sum(of: &BTreeMap<Kind, Tally>, is_meant: impl Fn(&Kind) -> bool) -> Tally {
    let mut sum = Tally::default();
    for (_, tally) in of.iter().filter(|(kind, _)| is_meant(kind)) {
        sum.flows += tally.flows;
        sum.packets += tally.packets;
        sum.bytes += tally.bytes;
    }
    sum
}

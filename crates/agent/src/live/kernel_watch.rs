//! One device whose packets the kernel's program judges and counts: epochs in, closed windows out, as
//! [`Engine`](crate::Engine) makes them of frames.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use flowlogd_flowlog::{Closed, Closer, WindowFlows};
use flowlogd_packet::{LinkType, NonIp, ParseError};
use flowlogd_vpc::InterfaceIndex;

use super::{Slots, SteadyClock, drained};
use crate::capture::ebpf::layout::{Counters, Device, Taken, counter};
use crate::capture::ebpf::{Clock, Counted, EbpfError, Plane, PlaneOptions, Sizes, Timing, Way};
use crate::capture::{DeviceError, device};
use crate::config::Side;
use crate::counter::Drained;
use crate::engine::{EngineOptions, Rules};
use crate::ledger::{InterfaceLedger, Ledger};

/// The longest time between two epochs.
const EPOCH: Duration = Duration::from_secs(1);
/// Dead connections are removed once in so many epochs.
const SWEEPS: u32 = 5;
/// There is one interface.
const SLOT: u32 = 0;
/// The fewest flows and the most that an epoch has room for.
const FLOWS: (usize, usize) = (1 << 10, 1 << 16);
/// The most connections, unless an allowance is given. Their table takes 16 bytes for each from the beginning.
const MOST_CONNECTIONS: usize = 1 << 20;

/// Why the kernel's program does not watch a device.
#[derive(Debug, thiserror::Error)]
pub enum KernelWatchError {
    /// Nothing can, as the device is.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// It asks the rules of one interface for all packets of a device.
    #[error("the kernel program judges at one interface, and there are {interfaces}")]
    NotOneInterface {
        /// In the inventory.
        interfaces: usize,
    },
    /// The process lacks capabilities.
    #[error("the kernel program takes the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON")]
    NotPermitted,
    /// The kernel or this build has not what it takes, or the rules are too many.
    #[error(transparent)]
    Program(#[from] EbpfError),
}

/// A device that is watched in the kernel. The program is at the device as long as this lives.
#[derive(Debug)]
pub struct KernelWatch {
    plane: Plane,
    device: String,
    ifindex: u32,
    is_up: bool,
    rules: Arc<Rules>,
    slots: Slots,
    options: EngineOptions,
    sizes: Sizes,
    offset: i64,
    open: BTreeMap<u64, WindowFlows>,
    closer: Closer,
    closed_before: u64,
    next_epoch: Duration,
    epochs: u32,
    ledger: Ledger,
}

impl KernelWatch {
    /// Begins to count the packets of a device of the calling thread's network namespace.
    pub fn open(
        name: &str,
        side: Side,
        rules: &Arc<Rules>,
        options: EngineOptions,
        clock: &SteadyClock,
    ) -> Result<Self, KernelWatchError> {
        let (ifindex, device) = look_up(name, side)?;
        let interface = only_interface(rules)?;
        let flows = options.max_flows.clamp(FLOWS.0, FLOWS.1);
        let sizes = Sizes { flows: number(flows), ..Sizes::default() };
        let plane_options = PlaneOptions {
            sizes,
            clock: Clock::Kernel,
            way: Way::wanted(),
            directory: None,
            window_length: u32::try_from(options.window.as_secs()).unwrap_or(u32::MAX),
            first_epoch: 1,
        };
        let begin = || {
            let mut plane = Plane::load(plane_options, Timing::fixed(clock.offset()))?;
            set_rules(&mut plane, rules, interface, &options)?;
            plane.attach(ifindex, device)?;
            Ok(plane)
        };
        let plane = begin().map_err(explained)?;
        let now = clock.now();
        Ok(Self {
            plane,
            device: name.to_owned(),
            ifindex,
            is_up: true,
            rules: Arc::clone(rules),
            slots: Slots::from([(SLOT, interface)]),
            options,
            sizes,
            offset: clock.offset(),
            open: BTreeMap::new(),
            closer: Closer::new(options.window, options.silence),
            closed_before: options.window.closed_before(now.as_secs()),
            next_epoch: now + EPOCH,
            epochs: 0,
            ledger: Ledger::default(),
        })
    }

    /// Takes what was counted, if it is time to, and returns the windows that are over. `now` is the clock with which
    /// this was opened.
    pub fn take(&mut self, now: Duration) -> Result<Vec<Closed>, EbpfError> {
        let closed_before = self.options.window.closed_before(now.as_secs());
        let closes = closed_before > self.closed_before;
        if closes || now >= self.next_epoch || self.fills_up()? {
            self.next_epoch = now + EPOCH;
            self.drain()?;
        }
        if !closes {
            return Ok(Vec::new());
        }
        self.closed_before = closed_before;
        let still_open = self.open.split_off(&closed_before);
        let over = std::mem::replace(&mut self.open, still_open);
        Ok(self.closer.close([over], Some(closed_before)))
    }

    /// Takes the program off the device, and returns all windows that are open.
    pub fn finish(&mut self) -> Result<Vec<Closed>, EbpfError> {
        self.plane.detach(self.ifindex, SLOT)?;
        self.drain()?;
        Ok(self.closer.close([std::mem::take(&mut self.open)], None))
    }

    /// Looks whether the device is still there, and up. That it is down is told once.
    pub fn look_at_device(&mut self) -> Result<(), DeviceError> {
        // It may have another name by now.
        let state = device::name(self.ifindex).map(|name| device::is_up(&name));
        let Some(Ok(is_up)) = state else {
            return Err(DeviceError::Gone { device: self.device.clone() });
        };
        let was_up = std::mem::replace(&mut self.is_up, is_up);
        if was_up && !is_up {
            return Err(DeviceError::Down { device: self.device.clone() });
        }
        Ok(())
    }

    /// Returns the books as they stand. What is recorded is the writer's to say.
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }

    /// Whether the tables fill up faster than epochs end.
    fn fills_up(&self) -> Result<bool, EbpfError> {
        let Taken { flows, events } = self.plane.taken()?;
        Ok(flows >= u64::from(self.sizes.flows) / 2 || events > 0)
    }

    /// Ends the epoch, and takes what it has counted.
    fn drain(&mut self) -> Result<(), EbpfError> {
        let retired = self.plane.swap(Timing::fixed(self.offset))?;
        let counted = self.plane.read(retired)?;
        self.plane.clear(retired)?;
        self.keep(&counted);
        self.epochs = self.epochs.wrapping_add(1);
        if self.rules.timeline().is_some() && self.epochs.is_multiple_of(SWEEPS) {
            self.plane.sweep(SLOT)?;
        }
        Ok(())
    }

    fn keep(&mut self, counted: &Counted) {
        for counters in counted.counters.values() {
            enter_frames(&mut self.ledger, counters);
        }
        let Drained { tables, books } = drained(counted, &self.slots, self.rules.timeline());
        for ((_, interface), book) in books {
            if book != InterfaceLedger::default() {
                self.ledger.interfaces.entry(interface).or_default().add(&book);
            }
        }
        for (window, flows) in tables.into_iter().flatten() {
            let open: usize = self.open.values().map(WindowFlows::flows).sum();
            let room = self.options.max_flows.saturating_sub(open);
            let lost = self.open.entry(window).or_default().absorb_within(flows, room);
            for (interface, packets) in lost {
                self.ledger.interfaces.entry(interface).or_default().lost += packets;
            }
        }
    }
}

/// Finds a device, and out what its packets are.
fn look_up(name: &str, side: Side) -> Result<(u32, Device), DeviceError> {
    let ifindex = device::find(name)?;
    let gone = |_| DeviceError::Gone { device: name.to_owned() };
    let link_type = device::readable(name, device::hardware(name).map_err(gone)?)?;
    if !device::is_up(name).map_err(gone)? {
        return Err(DeviceError::Down { device: name.to_owned() });
    }
    let device = Device {
        slot: SLOT,
        // What the host's end of a cable receives, the interface has sent.
        received_is: u8::from(side == Side::Host),
        is_raw_ip: u8::from(link_type == LinkType::RawIp),
        zero: 0,
    };
    Ok((ifindex, device))
}

/// Returns the interface whose rules are asked; the nameless one where there are no rules.
fn only_interface(rules: &Rules) -> Result<InterfaceIndex, KernelWatchError> {
    match rules {
        Rules::Promiscuous => Ok(InterfaceIndex(0)),
        Rules::Inventory { only: Some(interface), .. } => Ok(*interface),
        Rules::Inventory { timeline, only: None } => {
            Err(KernelWatchError::NotOneInterface { interfaces: timeline.interfaces() })
        }
    }
}

fn set_rules(
    plane: &mut Plane,
    rules: &Rules,
    interface: InterfaceIndex,
    options: &EngineOptions,
) -> Result<(), EbpfError> {
    let Some(timeline) = rules.timeline() else {
        plane.open_slot(SLOT, 1)?;
        return plane.set_unjudged(SLOT);
    };
    let generation = timeline.generation_at(u64::MAX);
    let allowance = options.connection_allowance;
    let connections = allowance.unwrap_or_else(|| options.max_flows.min(MOST_CONNECTIONS));
    plane.open_slot(SLOT, number(connections))?;
    match timeline.ruleset(generation).flat(interface) {
        Some(flat) => plane.set_rules(SLOT, generation.0, &flat, allowance.is_some()),
        None => plane.set_unjudged(SLOT),
    }
}

/// Enters what a device has shown.
fn enter_frames(ledger: &mut Ledger, counters: &Counters) {
    let refused = &mut ledger.refused;
    let frames = counters.get(counter::FRAMES_RECEIVED) + counters.get(counter::FRAMES_SENT);
    let mut others = counters.get(counter::NOT_IP_OTHER);
    refused.not_ip_unnamed += others;
    for (kind, of) in [
        (NonIp::Arp, counter::NOT_IP_ARP),
        (NonIp::Mpls, counter::NOT_IP_MPLS),
        (NonIp::Pppoe, counter::NOT_IP_PPPOE),
        (NonIp::Llc, counter::NOT_IP_LLC),
    ] {
        let frames = counters.get(of);
        others += frames;
        if frames > 0 {
            *refused.not_ip.entry(kind).or_default() += frames;
        }
    }
    for (fault, of) in [
        (ParseError::LinkTruncated, counter::LINK_TRUNCATED),
        (ParseError::IpTruncated, counter::IP_TRUNCATED),
        (ParseError::IpMalformed, counter::IP_MALFORMED),
    ] {
        let frames = counters.get(of);
        others += frames;
        if frames > 0 {
            *refused.malformed.entry(fault.to_string()).or_default() += frames;
        }
    }
    ledger.frames += frames;
    ledger.packets += frames.saturating_sub(others);
    ledger.orphan_fragments += counters.get(counter::ORPHANS);
    ledger.untracked += counters.get(counter::UNTRACKED);
}

/// Where capabilities are missing the kernel's own words are of little help.
fn explained(error: EbpfError) -> KernelWatchError {
    match error {
        EbpfError::Load { .. } | EbpfError::System { .. } if !is_permitted() => {
            KernelWatchError::NotPermitted
        }
        EbpfError::NotBuilt
        | EbpfError::Load { .. }
        | EbpfError::Lacks(_)
        | EbpfError::Rules(_)
        | EbpfError::System { .. } => KernelWatchError::Program(error),
    }
}

/// Whether the process has what the kernel asks for programs of this kind.
fn is_permitted() -> bool {
    const NET_ADMIN: u32 = 12;
    const SYS_ADMIN: u32 = 21;
    const PERFMON: u32 = 38;
    const BPF: u32 = 39;
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let Some(set) = effective.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()) else {
        return true;
    };
    let has = |capability: u32| set >> capability & 1 == 1;
    has(NET_ADMIN) && (has(SYS_ADMIN) || has(BPF) && has(PERFMON))
}

fn number(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

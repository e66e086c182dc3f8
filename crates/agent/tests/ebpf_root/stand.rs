//! The data plane, at the devices of a test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use flowlogd_agent::capture::boot_time;
use flowlogd_agent::capture::ebpf::layout::Device;
use flowlogd_agent::capture::ebpf::{
    Clock, Counted, Plane, PlaneOptions, Sizes, Timing, Way, pins,
};
use flowlogd_vpc::FlatRules;

use crate::netns::{Namespace, unix_time};
use crate::sums::{EGRESS, INGRESS, Sums};
use crate::wire::{GUEST, HOST, OfDevice, Wire};

/// Room for connections where a test does not care.
const CONNECTIONS: u32 = 4096;

/// At which end of its cable an interface is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Host,
    Guest,
}

/// Returns what the program is to know of a device with Ethernet frames.
pub(crate) fn device(slot: u32, end: End) -> Device {
    let received_is = if end == End::Host { EGRESS } else { INGRESS };
    Device { slot, received_is, is_raw_ip: 0, zero: 0 }
}

pub(crate) fn sizes(flows: u32) -> Sizes {
    Sizes { flows, peers: 1 << 12, chunks: 1 << 10 }
}

pub(crate) fn options(sizes: Sizes, directory: Option<&Path>) -> PlaneOptions {
    PlaneOptions {
        sizes,
        clock: Clock::Kernel,
        way: Way::Links,
        directory: directory.map(Path::to_owned),
        window_length: 60,
        first_epoch: 1,
    }
}

/// Returns the wall clock − the time since boot, in nanoseconds.
pub(crate) fn offset() -> i64 {
    let boot = boot_time().expect("a clock");
    i64::try_from(unix_time().saturating_sub(boot).as_nanos()).expect("before 2262")
}

/// The data plane, and what it has counted so far.
pub(crate) struct Stand {
    pub(crate) plane: Plane,
    pub(crate) timing: Timing,
    pub(crate) sums: Sums,
}

impl Stand {
    /// Slots from 0 on, with their rules.
    pub(crate) fn new(rules: &[FlatRules]) -> Self {
        Self::with(options(sizes(1 << 14), None), rules)
    }

    pub(crate) fn with(options: PlaneOptions, rules: &[FlatRules]) -> Self {
        let timing = Timing::fixed(offset());
        let plane = Plane::load(options, timing).unwrap_or_else(|error| panic!("{error}"));
        let mut stand = Self { plane, timing, sums: Sums::default() };
        for (slot, rules) in (0..).zip(rules) {
            stand.plane.open_slot(slot, CONNECTIONS).expect("a slot");
            stand.plane.set_rules(slot, 0, rules, false).expect("rules");
        }
        stand
    }

    pub(crate) fn attach(&mut self, namespace: &Namespace, ifindex: u32, device: Device) {
        let plane = &mut self.plane;
        namespace.run(|| plane.attach(ifindex, device)).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Looks at a cable's guest, at one end of it.
    pub(crate) fn watch(&mut self, wire: &Wire, slot: u32, end: End) {
        let (namespace, ifindex) = match end {
            End::Host => (&wire.host, wire.host_end),
            End::Guest => (&wire.guest, wire.guest_end),
        };
        self.attach(namespace, ifindex, device(slot, end));
    }

    /// Ends an epoch, and adds up what it has counted.
    pub(crate) fn take(&mut self) -> Counted {
        let retired = self.plane.swap(self.timing).expect("a swap");
        let counted = self.plane.read(retired).expect("what was counted");
        self.plane.clear(retired).expect("empty tables");
        self.sums.add(&counted);
        counted
    }

    /// Adds up what was counted until a device has not counted anything meanwhile. Returns what it has.
    pub(crate) fn take_all(&mut self, namespace: &Namespace, name: &str) -> OfDevice {
        loop {
            let before = OfDevice::of(namespace, name);
            self.take();
            if OfDevice::of(namespace, name) == before {
                return before;
            }
        }
    }

    pub(crate) fn take_all_at_host(&mut self, wire: &Wire) -> OfDevice {
        self.take_all(&wire.host, HOST)
    }

    pub(crate) fn take_all_at_guest(&mut self, wire: &Wire) -> OfDevice {
        self.take_all(&wire.guest, GUEST)
    }
}

/// A directory of the BPF file system that goes with the test.
pub(crate) struct Pins {
    pub(crate) directory: PathBuf,
}

impl Pins {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // It mounts the file system where it is not.
        let root = pins::root().expect("a BPF file system");
        let name = format!("flowlogd-test-{}-{count}", std::process::id());
        let directory = root.with_file_name(name);
        std::fs::create_dir(&directory).expect("a directory");
        Self { directory }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.directory).expect("the directory");
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.map(|entry| name(entry.expect("an entry"))).collect()
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
        let _ = std::fs::remove_dir(&self.directory);
    }
}

/// Tells senders that it is over, also where a test fails.
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[expect(clippy::print_stderr, reason = "figures that people ask for")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

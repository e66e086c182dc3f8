//! The data plane: rules and devices in, epochs of counted packets out.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use flowlogd_vpc::FlatRules;

use super::super::boot_time::time_asleep;
use super::EbpfError;
use super::filter;
use super::layout::{
    Connection, ConnectionKey, Counters, Device, Epoch, Event, Flow, FlowKey, OVERFLOW_EVENTS,
    SLOTS, Taken,
};
use super::link::{self, Attached, Keep, Way};
use super::program::{self, Clock, Programs, Sizes, Tables};
use super::rules::{RuleStore, RulesDoNotFit, SlotRules};
use super::sys::{self, Run, kind};

/// How to set up a data plane.
#[derive(Clone, Debug)]
pub struct PlaneOptions {
    /// How large the tables are.
    pub sizes: Sizes,
    /// Who tells the time.
    pub clock: Clock,
    /// How the program is to come to devices. Where the kernel has no links, filters take their place.
    pub way: Way,
    /// A directory of a BPF file system where everything outlives this process.
    pub directory: Option<PathBuf>,
    /// In seconds.
    pub window_length: u32,
    /// The number of the first epoch, if there are no tables to take over.
    pub first_epoch: u64,
}

/// From which time on which offset counts (`semantics.md` 5). Times are since boot, all in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Wall clock − time since boot.
    pub offset: i64,
    /// From here on the next one counts.
    pub switch_at: u64,
    /// The next one.
    pub next_offset: i64,
}

impl Timing {
    /// An offset for all time.
    pub const fn fixed(offset: i64) -> Self {
        Self { offset, switch_at: u64::MAX, next_offset: offset }
    }
}

/// An epoch that is over: nothing counts into it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    /// Its number.
    pub number: u64,
    which: usize,
}

/// What was counted in an epoch.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Its number.
    pub number: u64,
    /// Flows by window, slot and the rest of the key; in no order.
    pub flows: Vec<(FlowKey, Flow)>,
    /// Packets whose flows found no room, each a flow of its own.
    pub events: Vec<Event>,
    /// Counters by slot and window.
    pub counters: BTreeMap<(u32, u32), Counters>,
}

/// The kernel's side of live capture.
#[derive(Debug)]
pub struct Plane {
    programs: Programs,
    tables: Tables,
    store: RuleStore,
    options: PlaneOptions,
    epoch: Epoch,
    cpus: usize,
    /// Slots whose cells may hold something.
    slots: Vec<u32>,
    attached: BTreeMap<u32, Attached>,
    way: Way,
    is_new: bool,
}

impl Plane {
    /// Loads the program, and begins the first epoch, or goes on in the one that an earlier process left.
    pub fn load(options: PlaneOptions, timing: Timing) -> Result<Self, EbpfError> {
        let (programs, tables) =
            program::load(options.sizes, options.clock, options.directory.as_deref())?;
        let store = RuleStore::new(&tables, options.sizes.peers, options.sizes.chunks)
            .map_err(EbpfError::io("read the rules in force"))?;
        let cpus = sys::possible_cpus().map_err(EbpfError::io("count the CPUs"))?;
        let mut plane = Self {
            programs,
            tables,
            store,
            way: options.way,
            epoch: Epoch {
                window_length: options.window_length,
                flows: options.sizes.flows,
                ..Epoch::default()
            },
            options,
            cpus,
            slots: Vec::new(),
            attached: BTreeMap::new(),
            is_new: false,
        };
        plane.find_epoch().map_err(EbpfError::io("find the epoch"))?;
        if plane.epoch.number == 0 {
            plane.is_new = true;
            plane.epoch.number = plane.options.first_epoch.saturating_sub(1);
            plane.begin_epoch(0, timing).map_err(EbpfError::io("begin an epoch"))?;
        }
        Ok(plane)
    }

    /// Looks which epoch is counted into, if any.
    fn find_epoch(&mut self) -> io::Result<()> {
        let Some(active) = self.tables.epochs.get(&0).or_else(nothing_there)? else {
            return Ok(());
        };
        for side in &self.tables.sides {
            if sys::map_id(side.epoch.as_fd())? == active
                && let Some(epoch) = side.epoch.get(&0)?
            {
                self.epoch = epoch;
            }
        }
        Ok(())
    }

    /// Returns the number of the epoch that is counted into.
    pub const fn epoch(&self) -> u64 {
        self.epoch.number
    }

    /// Returns whether there was nothing to take over: whatever passed before was not counted here.
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns whether the program is still at the device of a slot. Others may have taken it off.
    pub fn is_attached(&self, slot: u32) -> Result<bool, EbpfError> {
        let Some(attached) = self.attached.get(&slot) else { return Ok(false) };
        attached.is_there().map_err(EbpfError::io("look for the program"))
    }

    /// Returns wall clock − time since boot as it counts at a time since boot, in nanoseconds.
    pub fn offset_at(&self, since_boot: Duration) -> i64 {
        let is_next = since_boot.as_nanos() >= u128::from(self.epoch.switch_at);
        if is_next { self.epoch.next_offset } else { self.epoch.offset }
    }

    /// Lets the other tables be counted into. When this returns nothing writes to those before any more.
    pub fn swap(&mut self, timing: Timing) -> Result<Retired, EbpfError> {
        let retired = self.retired();
        let which = 1 - self.epoch.which;
        self.begin_epoch(which, timing).map_err(EbpfError::io("begin an epoch"))?;
        Ok(Retired { number: retired.number + 1, which: 1 - self.side() })
    }

    /// Returns the epoch before this one: what it counted may not have been read yet.
    pub fn retired(&self) -> Retired {
        Retired { number: self.epoch.number - 1, which: 1 - self.side() }
    }

    fn side(&self) -> usize {
        self.epoch.which as usize & 1
    }

    fn begin_epoch(&mut self, which: u32, timing: Timing) -> io::Result<()> {
        let attached = u32::try_from(self.slots.len().max(1)).unwrap_or(SLOTS);
        let epoch = Epoch {
            number: self.epoch.number + 1,
            offset: timing.offset,
            switch_at: timing.switch_at,
            next_offset: timing.next_offset,
            window_length: self.options.window_length,
            which,
            flows: self.options.sizes.flows,
            share: self.options.sizes.flows / 2 / attached,
            asleep: u64::try_from(time_asleep()?.as_nanos()).unwrap_or(u64::MAX),
        };
        let [first, second] = &self.tables.sides;
        let side = if which == 0 { first } else { second };
        side.epoch.set(&0, &epoch)?;
        self.tables.epochs.put(0, &side.epoch)?;
        self.epoch = epoch;
        Ok(())
    }

    /// Reads what a retired epoch has counted. It stays there until it is [cleared](Self::clear).
    pub fn read(&self, retired: Retired) -> Result<Counted, EbpfError> {
        self.read_side(retired).map_err(EbpfError::io("read what was counted"))
    }

    fn read_side(&self, retired: Retired) -> io::Result<Counted> {
        let [first, second] = &self.tables.sides;
        let side = if retired.which == 0 { first } else { second };
        let mut counted = Counted { number: retired.number, ..Counted::default() };
        side.flows.read(|keys, flows| {
            counted.flows.extend(keys.iter().copied().zip(flows.iter().copied()));
        })?;
        let told = side.taken.get(&SLOTS)?.unwrap_or_default().events.min(OVERFLOW_EVENTS.into());
        for place in 0..u32::try_from(told).unwrap_or(0) {
            counted.events.extend(side.events.get(&place)?);
        }
        let mut add = |slot, window, counters: &Counters| {
            if *counters != Counters::default() {
                counted.counters.entry((slot, window)).or_default().add(counters);
            }
        };
        side.rows.read(|keys, rows| {
            for (key, row) in keys.iter().zip(rows) {
                add(key.slot, key.window, row);
            }
        })?;
        for slot in &self.slots {
            for cell in side.cells.of_cpus(*slot, self.cpus)? {
                add(*slot, cell.window, &cell.counters);
            }
        }
        Ok(counted)
    }

    /// Empties a retired epoch's tables. What it has counted has to be safe by now.
    pub fn clear(&self, retired: Retired) -> Result<(), EbpfError> {
        self.clear_side(retired).map_err(EbpfError::io("empty tables"))
    }

    fn clear_side(&self, retired: Retired) -> io::Result<()> {
        let [first, second] = &self.tables.sides;
        let side = if retired.which == 0 { first } else { second };
        let mut flows = Vec::new();
        side.flows.read(|keys, _| flows.extend_from_slice(keys))?;
        side.flows.remove_all(&flows)?;
        let mut rows = Vec::new();
        side.rows.read(|keys, _| rows.extend_from_slice(keys))?;
        side.rows.remove_all(&rows)?;
        for slot in &self.slots {
            side.cells.clear_cpus(*slot, self.cpus)?;
            side.taken.set(slot, &Taken::default())?;
        }
        side.taken.set(&SLOTS, &Taken::default())
    }

    /// Returns how many flows and single packets the current epoch has taken up.
    pub fn taken(&self) -> Result<Taken, EbpfError> {
        let [first, second] = &self.tables.sides;
        let side = if self.side() == 0 { first } else { second };
        Ok(side.taken.get(&SLOTS).map_err(EbpfError::io("look at the tables"))?.unwrap_or_default())
    }

    /// Gives a slot room for connections. Rules may be set and a device be bound to it then.
    pub fn open_slot(&mut self, slot: u32, connections: u32) -> Result<(), EbpfError> {
        self.open_slots(&[(slot, connections)])
    }

    /// Gives many slots room for connections, in the time that one takes. Those that an earlier process has left live on.
    pub fn open_slots(&mut self, slots: &[(u32, u32)]) -> Result<(), EbpfError> {
        let open = || -> io::Result<()> {
            let (mut keys, mut tables) = (Vec::new(), Vec::new());
            for (slot, connections) in slots {
                keys.push(*slot);
                tables.push(self.connection_table(*slot, *connections)?);
            }
            self.tables.connections.put_all(&keys, &tables)
        };
        open().map_err(EbpfError::io("make tables of connections"))?;
        for (slot, _) in slots {
            if !self.slots.contains(slot) {
                self.slots.push(*slot);
            }
        }
        Ok(())
    }

    /// Makes a slot's table of connections, or takes over the one that is pinned.
    fn connection_table(&self, slot: u32, connections: u32) -> io::Result<OwnedFd> {
        let path = self.connection_pin(slot);
        if let Some(path) = &path
            && let Ok(table) = sys::pinned(path)
        {
            return Ok(table);
        }
        let (key, value) = (size_of::<ConnectionKey>(), size_of::<Connection>());
        let table =
            sys::create(kind::HASH, key, value, connections, sys::NO_PREALLOC, "connections")?;
        if let Some(path) = &path {
            sys::pin(table.as_fd(), path)?;
        }
        self.tables.connection_counts.set(&slot, &0)?;
        Ok(table)
    }

    /// Puts the rules of a slot in force: all at once. If they do not fit, those before stay.
    pub fn set_rules(
        &mut self,
        slot: u32,
        generation: u16,
        rules: &FlatRules,
        has_allowance: bool,
    ) -> Result<(), EbpfError> {
        self.store.set(&self.tables, slot, generation, rules, has_allowance)
    }

    /// Puts the rules of many slots in force, in the time that one takes. Returns the slots whose rules do not fit:
    /// there those before stay.
    pub fn set_rules_of_all(
        &mut self,
        all: &[SlotRules<'_>],
    ) -> Result<Vec<(u32, RulesDoNotFit)>, EbpfError> {
        self.store.set_all(&self.tables, all)
    }

    /// Has every packet of a slot counted, without rules.
    pub fn set_unjudged(&mut self, slot: u32) -> Result<(), EbpfError> {
        self.store.set_unjudged(&self.tables, slot)
    }

    /// Has every packet of a slot dropped, but ARP, DHCP, neighbour discovery and what is never filtered.
    pub fn set_closed(&mut self, slot: u32) -> Result<(), EbpfError> {
        self.store.set_closed(&self.tables, slot)
    }

    /// Returns whether a slot has rules, perhaps of an earlier process.
    pub fn has_rules(&self, slot: u32) -> Result<bool, EbpfError> {
        let found = self.tables.rulesets.get(&slot).or_else(nothing_there);
        found.map(|rules| rules.is_some()).map_err(EbpfError::io("look for rules"))
    }

    /// Removes rules that an earlier process left, when all slots have new ones.
    pub fn forget_stale_rules(&mut self) -> Result<(), EbpfError> {
        self.store.forget_stale(&self.tables)
    }

    /// Attaches the program to a device, whose packets are those of a slot from now on.
    pub fn attach(&mut self, ifindex: u32, device: Device) -> Result<(), EbpfError> {
        let slot = device.slot;
        self.bind(ifindex, device)?;
        match self.attach_somehow(ifindex, Some(slot)) {
            Ok(attached) => {
                self.attached.insert(slot, attached);
                Ok(())
            }
            Err(error) => self.unbind(ifindex).and(Err(error)),
        }
    }

    /// Tries whether the program can be attached to devices of this system, at one where nothing is counted yet.
    pub fn try_attaching(&mut self, ifindex: u32) -> Result<(), EbpfError> {
        self.attach_somehow(ifindex, None).and_then(Attached::detach)
    }

    /// How the program comes to devices.
    pub const fn way(&self) -> Way {
        self.way
    }

    fn attach_somehow(&mut self, ifindex: u32, slot: Option<u32>) -> Result<Attached, EbpfError> {
        let programs = [self.programs.receive.as_fd(), self.programs.send.as_fd()];
        match Attached::attach(self.way, programs, ifindex, self.keep(slot)) {
            Err(error)
                if self.way == Way::Links && self.attached.is_empty() && error.is_unknown() =>
            {
                self.way = Way::Filters;
                Attached::attach(self.way, programs, ifindex, self.keep(slot))
            }
            result => result,
        }
    }

    /// Detaches the program from the device of a slot. What it has counted stays.
    pub fn detach(&mut self, ifindex: u32, slot: u32) -> Result<(), EbpfError> {
        if let Some(attached) = self.attached.remove(&slot) {
            attached.detach()?;
        }
        self.unbind(ifindex)
    }

    /// Detaches the program from whatever device a slot was bound to by an earlier process.
    pub fn detach_slot(&mut self, slot: u32) -> Result<(), EbpfError> {
        let mut bound = Vec::new();
        self.tables
            .devices
            .read(|keys, devices| {
                let of_slot = keys.iter().zip(devices).filter(|(_, device)| device.slot == slot);
                bound.extend(of_slot.map(|(ifindex, _)| *ifindex));
            })
            .map_err(EbpfError::io("look for devices"))?;
        let keep = self.keep(Some(slot));
        let take_off = || -> io::Result<()> {
            keep.pins.iter().flatten().try_for_each(|pin| link::unpin(pin))?;
            bound.iter().try_for_each(|ifindex| filter::detach(*ifindex, &keep.owner).map(drop))
        };
        take_off().map_err(EbpfError::io("detach the program"))?;
        bound.into_iter().try_for_each(|ifindex| self.unbind(ifindex))
    }

    /// Leaves nothing of a slot: neither program nor rules nor connections. Its flows have to be read before.
    pub fn close_slot(&mut self, slot: u32) -> Result<(), EbpfError> {
        self.detach_slot(slot)?;
        self.set_unjudged(slot)?;
        self.slots.retain(|open| *open != slot);
        let forget = || -> io::Result<()> {
            self.tables.connections.remove(&slot)?;
            match self.connection_pin(slot).map(std::fs::remove_file) {
                Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Some(_) | None => Ok(()),
            }
        };
        forget().map_err(EbpfError::io("remove a table of connections"))
    }

    fn connection_pin(&self, slot: u32) -> Option<PathBuf> {
        self.options.directory.as_ref().map(|at| at.join(format!("connections_{slot}")))
    }

    fn keep(&self, slot: Option<u32>) -> Keep {
        let directory = self.options.directory.as_ref().zip(slot);
        let owner = directory.and_then(|(directory, _)| directory.parent()?.file_name());
        Keep {
            owner: owner.map_or_else(
                || format!("process-{}", std::process::id()),
                |owner| owner.to_string_lossy().into_owned(),
            ),
            pins: directory.map(|(directory, slot)| {
                [directory.join(format!("receive_{slot}")), directory.join(format!("send_{slot}"))]
            }),
        }
    }

    /// Lets packets of a device be those of a slot.
    pub fn bind(&self, ifindex: u32, device: Device) -> Result<(), EbpfError> {
        self.tables.devices.set(&ifindex, &device).map_err(EbpfError::io("bind a device"))
    }

    /// Lets a device's packets be nobody's.
    pub fn unbind(&self, ifindex: u32) -> Result<(), EbpfError> {
        self.tables.devices.remove(&ifindex).map(drop).map_err(EbpfError::io("unbind a device"))
    }

    /// Removes the dead connections of a slot, and returns how many live on.
    pub fn sweep(&self, slot: u32) -> Result<u64, EbpfError> {
        let run = || -> io::Result<u64> {
            // `mark` is the third word of `struct __sk_buff`.
            let mut context = [0_u32; 48];
            if let Some(mark) = context.get_mut(2) {
                *mark = slot;
            }
            sys::test_run(self.programs.sweep.as_fd(), &[0; 14], sys::bytes(&context), 1)?;
            Ok(self.tables.connection_counts.get(&slot)?.unwrap_or(0))
        };
        run().map_err(EbpfError::io("sweep connections"))
    }

    /// Returns how many connections a slot has, the dead among them that were not removed yet.
    pub fn connections(&self, slot: u32) -> Result<u64, EbpfError> {
        let count =
            self.tables.connection_counts.get(&slot).map_err(EbpfError::io("count connections"))?;
        Ok(count.unwrap_or(0))
    }

    /// Runs the program on a frame that the device has received, or sent.
    pub fn run(
        &self,
        frame: &[u8],
        ifindex: u32,
        received: bool,
        repeat: u32,
    ) -> Result<Run, EbpfError> {
        self.test_run(frame, ifindex, received, 0, repeat)
    }

    /// Runs the program on a frame that stands for several on the wire, with so many bytes of payload each.
    pub fn run_super(
        &self,
        frame: &[u8],
        ifindex: u32,
        received: bool,
        each: u32,
    ) -> Result<Run, EbpfError> {
        self.test_run(frame, ifindex, received, each, 1)
    }

    fn test_run(
        &self,
        frame: &[u8],
        ifindex: u32,
        received: bool,
        gso_size: u32,
        repeat: u32,
    ) -> Result<Run, EbpfError> {
        let program = if received { &self.programs.receive } else { &self.programs.send };
        let mut context = [0_u32; 48];
        // The places of `ifindex` and `gso_size` among the words of `struct __sk_buff`.
        for (place, value) in [(10, ifindex), (44, gso_size)] {
            if let Some(cell) = context.get_mut(place) {
                *cell = value;
            }
        }
        sys::test_run(program.as_fd(), frame, sys::bytes(&context), repeat)
            .map_err(EbpfError::io("run the program"))
    }

    /// Sets the time since boot, in nanoseconds, of a program that was loaded with [`Clock::Test`].
    pub fn set_test_clock(&self, nanoseconds: u64) -> Result<(), EbpfError> {
        self.tables.test_clock.set(&0, &nanoseconds).map_err(EbpfError::io("set the test's clock"))
    }
}

/// An empty place of a table of tables.
fn nothing_there(error: io::Error) -> io::Result<Option<u32>> {
    if error.raw_os_error() == Some(libc::ENOENT) { Ok(None) } else { Err(error) }
}

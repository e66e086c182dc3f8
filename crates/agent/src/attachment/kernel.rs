//! All interfaces whose packets the kernel's program counts: one clock, one journal, and an epoch a second.
//!
//! An epoch is read from the kernel's tables, is in the journal on disk, and only then leaves the tables
//! (`semantics.md` 20). Whatever is killed in between, the next start goes on there. The program counts on meanwhile.

mod places;
mod tallies;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowlogd_flowlog::Mode;
use flowlogd_vpc::FlatRules;
use sha2::{Digest, Sha256};

use super::bench::Bench;
use super::generations::{Generations, compile_options};
use super::live::new_run;
use super::shelf::Shelf;
use super::{AttachmentError, Snapshot, Surroundings, device_counters, now, queues, unix_time};
use crate::capture::boot_time;
use crate::capture::ebpf::layout::{Counters, Taken, counter};
use crate::capture::ebpf::{
    Clock, Counted, EbpfError, Plane, PlaneOptions, Retired, Sizes, SlotRules, Timing, Way, pins,
};
use crate::config::{AgentConfig, AttachmentConfig};
use crate::crash;
use crate::journal::{self, Journal, JournalError, Mark, Recovered};
use crate::live::{Slots, SteadyClock, drained};
use places::{Place, devices, failed};
use tallies::{Drain, Told};

/// Between two epochs, unless a window ends or the tables are half full: the first packet of a flow in each costs more,
/// and a kill loses nothing however long they are.
const EPOCH: Duration = Duration::from_secs(5);
/// Between two looks at what has happened.
const PATIENCE: Duration = Duration::from_millis(50);
/// Between two looks at the devices.
const LOOK: Duration = Duration::from_millis(250);
/// A received packet comes to the program so long after the device has counted it, at most, but on a machine that cannot
/// keep up.
const ON_THE_WAY: Duration = Duration::from_millis(20);
/// Every slot's dead connections are removed once in so many epochs.
const SWEEPS: u32 = 2;
/// The loopback device, where the program is tried.
const LOOPBACK: u32 = 1;

/// The kernel's program, loaded, with what an earlier process has left.
pub struct Kernel {
    plane: Plane,
    clock: SteadyClock,
    run: String,
    recovered: Option<Recovered>,
    directory: PathBuf,
}

/// Why the kernel's program is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The kernel or this build has not what it takes.
    #[error(transparent)]
    Program(#[from] EbpfError),
    /// There is no place to pin it.
    #[error("{0}")]
    Pins(std::io::Error),
    /// The journal of an earlier run.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Kernel {
    /// Loads the program, or takes over what an earlier process of this agent has left in the kernel.
    pub fn open(config: &AgentConfig, state_dir: &Path) -> Result<Self, Unusable> {
        let directory = state_dir.join("kernel");
        std::fs::create_dir_all(&directory).map_err(Unusable::Pins)?;
        let recovered = journal::read(&directory)?;
        let run = recovered.as_ref().map_or_else(new_run, |recovered| recovered.run.clone());
        let owner = owner(state_dir).map_err(Unusable::Pins)?;
        let known = recovered.as_ref().map(|recovered| recovered.run.as_str());
        if pins::remove_others(&owner, known).map_err(Unusable::Pins)? > 0 {
            tracing::warn!("tables of another run were in the kernel: what they counted is lost");
        }
        let pinned = pins::of_run(&owner, &run).map_err(Unusable::Pins)?;
        let since_boot = boot_time().map_err(Unusable::Pins)?;
        let mut clock = SteadyClock::new(unix_time(), since_boot);
        let options = PlaneOptions {
            sizes: Sizes::default(),
            clock: Clock::Kernel,
            way: Way::wanted(),
            directory: Some(pinned),
            window_length: u32::try_from(config.window).unwrap_or(60),
            first_epoch: recovered.as_ref().map_or(1, |recovered| recovered.mark.epoch + 1),
        };
        let mut plane = Plane::load(options, Timing::fixed(clock.offset()))?;
        // What an earlier process has left keeps its clock, until it is found that the machine's was set since.
        clock.keep_to(plane.offset_at(since_boot), since_boot);
        plane.try_attaching(LOOPBACK)?;
        tracing::info!(run, way = ?plane.way(), "live capture by the kernel's program");
        Ok(Self { plane, clock, run, recovered, directory })
    }
}

/// Takes the program off all devices of the agent with a state directory, or of all agents, and removes what they have
/// in the kernel: what was not read yet is lost. Returns how many programs there were.
pub fn detach(state_dir: Option<&Path>) -> std::io::Result<usize> {
    let owner = state_dir.map(owner).transpose()?;
    pins::detach(owner.as_deref())
}

/// Returns the name under which an agent's maps are pinned.
fn owner(state_dir: &Path) -> std::io::Result<String> {
    let path = state_dir.canonicalize()?;
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    let first = digest.first_chunk().copied().unwrap_or_default();
    Ok(format!("{:016x}", u64::from_be_bytes(first)))
}

/// Counts until it is told to stop.
pub fn run(kernel: Kernel, attachments: &[AttachmentConfig], surroundings: &Surroundings) {
    for attachment in attachments {
        surroundings.board.enter(attachment);
        surroundings.board.capture(&attachment.interface, "ebpf");
    }
    if let Err(error) = count(kernel, attachments, surroundings) {
        tracing::error!(%error, "counting in the kernel failed");
        for attachment in attachments {
            surroundings.board.fail(&attachment.interface, &error.to_string());
        }
    }
}

fn count(
    kernel: Kernel,
    attachments: &[AttachmentConfig],
    surroundings: &Surroundings,
) -> Result<(), AttachmentError> {
    let mut surroundings = surroundings.clone();
    let Some(snapshot) = first_snapshot(&mut surroundings) else { return Ok(()) };
    for attachment in attachments {
        publish_left_over(attachment, &surroundings, &snapshot)?;
    }
    let mut hall = Hall::open(kernel, attachments, &surroundings, &snapshot)?;
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.take_new() {
            hall.configure(&snapshot)?;
        }
        hall.go_on()?;
        std::thread::sleep(PATIENCE);
    }
    // The program counts on, and the next start goes on there.
    hall.drain(&seen_by_now()?)
}

/// Closes and publishes what is in the journal of an attachment whose packets came by packet sockets before.
fn publish_left_over(
    attachment: &AttachmentConfig,
    surroundings: &Surroundings,
    snapshot: &Snapshot,
) -> Result<(), AttachmentError> {
    let state_dir = surroundings.directory.parent().unwrap_or(&surroundings.directory);
    let directory = state_dir.join("attachments").join(&attachment.interface);
    let Some(recovered) = journal::read(&directory)? else { return Ok(()) };
    tracing::info!(
        interface = attachment.interface,
        "records of packet sockets are published first"
    );
    let journal = Journal::resume(&directory, &recovered)?;
    let surroundings = Surroundings { directory, ..surroundings.clone() };
    let (run, mark) = (recovered.run.clone(), recovered.mark);
    Bench::new(
        attachment,
        &surroundings,
        snapshot,
        &run,
        Mode::Observe,
        Some(journal),
        Some(&recovered),
    )?
    .finish(mark)
}

/// Returns what devices and their queues have counted.
fn told() -> Result<BTreeMap<u32, Told>, AttachmentError> {
    let (counters, drops) = (device_counters::all()?, queues::drops()?);
    let told = devices().into_iter().filter_map(|(name, index)| {
        Some((index, Told { device: *counters.get(&name)?, queue: drops.get(&index).copied() }))
    });
    Ok(told.collect())
}

/// Returns what devices and their queues have counted when all that they have received has come to the program.
fn seen_by_now() -> Result<BTreeMap<u32, Told>, AttachmentError> {
    let told = told()?;
    std::thread::sleep(ON_THE_WAY);
    Ok(told)
}

/// Waits for a configuration.
fn first_snapshot(surroundings: &mut Surroundings) -> Option<Arc<Snapshot>> {
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.newest() {
            return Some(snapshot);
        }
        std::thread::sleep(PATIENCE);
    }
    None
}

/// Everything between the kernel's tables and the sink.
struct Hall {
    plane: Plane,
    clock: SteadyClock,
    generations: Generations,
    shelf: Shelf,
    places: Vec<Place>,
    slots: Slots,
    numbers: BTreeMap<String, u32>,
    surroundings: Surroundings,
    revision: String,
    closed_before: u64,
    epoch: Instant,
    look: Instant,
    sweeps: u32,
}

impl Hall {
    fn open(
        kernel: Kernel,
        attachments: &[AttachmentConfig],
        surroundings: &Surroundings,
        snapshot: &Snapshot,
    ) -> Result<Self, AttachmentError> {
        let Kernel { mut plane, clock, run, recovered, directory } = kernel;
        let config = &surroundings.config;
        let recovered = recovered.as_ref();
        let mut journal = match recovered {
            Some(recovered) => Journal::resume(&directory, recovered)?,
            None => Journal::create(&directory, &run)?,
        };
        let (places, numbers) = places::open(attachments, &mut plane, &directory)?;
        let compile = compile_options(config, Mode::Observe);
        let generations =
            Generations::begin(snapshot, recovered, Some(&mut journal), compile, None)?;
        let interfaces = numbers.keys().map(String::as_str);
        let rules = generations.rules();
        let shelf = Shelf::new(
            surroundings,
            rules,
            Mode::Observe,
            interfaces,
            &run,
            Some(journal),
            recovered,
        );
        let mut hall = Self {
            plane,
            clock,
            generations,
            shelf,
            places,
            slots: Slots::new(),
            numbers,
            surroundings: surroundings.clone(),
            revision: String::new(),
            closed_before: 0,
            epoch: now(),
            look: now(),
            sweeps: 0,
        };
        hall.name_slots();
        hall.shelf.subscribe(snapshot);
        hall.shelf.finish_closing(recovered.and_then(|recovered| recovered.closing))?;
        hall.take_over(recovered.map_or(0, |recovered| recovered.mark.epoch))?;
        hall.shelf.publish_what_is_beyond(hall.clock.now().as_secs())?;
        hall.configure(snapshot)?;
        hall.plane.forget_stale_rules().map_err(failed)?;
        hall.look_at_devices()?;
        Ok(hall)
    }

    /// Takes what an earlier process has left in the tables: of the epoch before this one, unless it is in the
    /// journal already, and was only not removed any more.
    fn take_over(&mut self, journaled: u64) -> Result<(), AttachmentError> {
        let retired = self.plane.retired();
        if retired.number > journaled {
            self.take(retired).map(drop)
        } else {
            self.plane.clear(retired).map_err(failed)
        }
    }

    /// Takes a newer configuration into force.
    fn configure(&mut self, snapshot: &Snapshot) -> Result<(), AttachmentError> {
        for place in &mut self.places {
            place.refusal = snapshot.refusal(&place.attachment.interface);
        }
        if self.revision == snapshot.revision {
            return Ok(());
        }
        let clock = self.clock.now().as_secs();
        if self.generations.extend(snapshot, clock, self.shelf.journal_mut())? {
            self.shelf.set_rules(self.generations.rules());
            self.name_slots();
        }
        self.shelf.subscribe(snapshot);
        self.revision.clone_from(&snapshot.revision);
        self.set_rules()?;
        self.look_at_devices()
    }

    /// Puts the newest rules in force in the kernel, for all interfaces at once. Where they do not fit, those before stay.
    fn set_rules(&mut self) -> Result<(), AttachmentError> {
        let rules = Arc::clone(self.generations.rules());
        let Some(timeline) = rules.timeline() else { return Ok(()) };
        let newest = timeline.generation_at(u64::MAX);
        let ruleset = timeline.ruleset(newest);
        let flat: Vec<Option<FlatRules>> = self
            .places
            .iter()
            .map(|place| ruleset.flat(timeline.interface(&place.attachment.interface)?))
            .collect();
        let all: Vec<SlotRules<'_>> = self
            .places
            .iter()
            .zip(&flat)
            .filter_map(|(place, flat)| {
                Some(SlotRules {
                    slot: place.slot,
                    generation: newest.0,
                    rules: flat.as_ref()?,
                    has_allowance: place.attachment.conntrack_allowance.is_some(),
                })
            })
            .collect();
        let refused = self.plane.set_rules_of_all(&all).map_err(failed)?;
        for (place, flat) in self.places.iter_mut().zip(&flat) {
            place.rules_refused = refused
                .iter()
                .find(|(slot, _)| *slot == place.slot)
                .map(|(_, why)| format!("the rules before the last change are in force: {why}"));
            if let Some(why) = &place.rules_refused {
                tracing::error!(interface = place.attachment.interface, why);
            } else {
                place.has_rules = flat.is_some();
            }
        }
        Ok(())
    }

    /// Learns which interface every slot is of.
    fn name_slots(&mut self) {
        let Some(timeline) = self.generations.rules().timeline() else { return };
        self.slots = self
            .numbers
            .iter()
            .filter_map(|(id, slot)| Some((*slot, timeline.interface(id)?)))
            .collect();
    }

    /// Does what is due.
    fn go_on(&mut self) -> Result<(), AttachmentError> {
        self.look_at_the_clock()?;
        if self.look.elapsed() >= LOOK {
            self.look = now();
            self.look_at_devices()?;
        }
        let window = self.surroundings.config.window_length();
        let closed_before = window.closed_before(self.clock.now().as_secs());
        let closes = closed_before > self.closed_before;
        let is_half_full = self.is_half_full()?;
        if closes || self.epoch.elapsed() >= EPOCH || is_half_full {
            let told = if is_half_full { BTreeMap::new() } else { seen_by_now()? };
            self.drain(&told)?;
            self.sweep()?;
        }
        if closes {
            self.closed_before = closed_before;
            self.shelf.publish_before(closed_before)?;
            crash::point("published");
        }
        Ok(())
    }

    fn is_half_full(&self) -> Result<bool, AttachmentError> {
        let Taken { flows, events } = self.plane.taken().map_err(failed)?;
        Ok(flows >= u64::from(Sizes::default().flows) / 2 || events > 0)
    }

    /// Ends the epoch, and takes what it has counted.
    fn drain(&mut self, told: &BTreeMap<u32, Told>) -> Result<(), AttachmentError> {
        self.epoch = now();
        let begun = now();
        let timing = self.clock.timing(self.surroundings.config.window_length());
        let retired = self.plane.swap(timing).map_err(failed)?;
        crash::point("swapped");
        let begins =
            self.places.iter().any(|place| place.bound().is_some() && !place.tallies.has_begun());
        let first = if begins { self::told()? } else { BTreeMap::new() };
        let counted = self.take(retired)?;
        self.tell(&counted, told, &first, begun.elapsed())
    }

    fn take(&mut self, retired: Retired) -> Result<Counted, AttachmentError> {
        let counted = self.plane.read(retired).map_err(failed)?;
        crash::point("read");
        let rules = Arc::clone(self.generations.rules());
        let Some(timeline) = rules.timeline() else { return Ok(counted) };
        let drained = drained(&counted, &self.slots, Some(timeline));
        let mark =
            Mark { at: self.clock.now().as_secs(), device_packets: 0, epoch: retired.number };
        self.shelf.take(drained, mark)?;
        crash::point("journaled");
        self.plane.clear(retired).map_err(failed)?;
        crash::point("cleared");
        Ok(counted)
    }

    /// Tells the board what was counted.
    fn tell(
        &mut self,
        counted: &Counted,
        told: &BTreeMap<u32, Told>,
        first: &BTreeMap<u32, Told>,
        took: Duration,
    ) -> Result<(), AttachmentError> {
        let clock = self.clock.now().as_secs();
        let fill = counted.flows.len() as u64 * 1000 / u64::from(Sizes::default().flows);
        let drain = Drain {
            flow_table_fill: u32::try_from(fill).unwrap_or(u32::MAX),
            drain_micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        };
        let mut sums: BTreeMap<u32, Counters> = BTreeMap::new();
        for ((slot, _), counters) in &counted.counters {
            sums.entry(*slot).or_default().add(counters);
        }
        let board = &self.surroundings.board;
        for place in &mut self.places {
            let counters = sums.remove(&place.slot).unwrap_or_default();
            let id = &place.attachment.interface;
            board.count(id, counters.get(counter::SEEN), clock);
            let connections = self.plane.connections(place.slot).map_err(failed)?;
            place.tallies.add(&counters);
            let of = |told: &BTreeMap<u32, Told>| told.get(&place.bound()?).copied();
            let (told, first) = (of(told), of(first));
            if let Some(first) = first.filter(|_| !place.tallies.has_begun()) {
                place.tallies.begin(&first);
            } else if let Some(told) = told {
                place.tallies.compare(&told);
            }
            board.kernel(id, place.tallies.report(connections, place.connection_room(), drain));
        }
        Ok(())
    }

    /// Removes the dead connections of some slots.
    fn sweep(&mut self) -> Result<(), AttachmentError> {
        self.sweeps = self.sweeps.wrapping_add(1);
        for place in self.places.iter().filter(|place| place.bound().is_some()) {
            if place.slot % SWEEPS == self.sweeps % SWEEPS {
                self.plane.sweep(place.slot).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn look_at_devices(&mut self) -> Result<(), AttachmentError> {
        let devices = devices();
        for place in &mut self.places {
            place.look(&devices, &mut self.plane, &self.surroundings.board)?;
        }
        Ok(())
    }

    /// If the machine's clock was set, the program goes over to it at the end of a window, by itself; this side follows.
    fn look_at_the_clock(&mut self) -> Result<(), AttachmentError> {
        let since_boot = boot_time()?;
        if self.clock.adopt(since_boot) {
            self.drain(&BTreeMap::new())?;
            let clock = self.clock.now().as_secs();
            self.shelf.publish_what_is_beyond(clock)?;
            let window = self.surroundings.config.window_length();
            self.closed_before = self.closed_before.min(window.closed_before(clock));
        }
        if let Some(by) = self.clock.advance(unix_time(), since_boot) {
            tracing::warn!(
                by,
                "the clock of this machine was set: counting follows at the end of this window"
            );
            // Now the program is told.
            self.drain(&BTreeMap::new())?;
        }
        Ok(())
    }
}

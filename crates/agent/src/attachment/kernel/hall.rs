//! What is between the kernel's tables and the sink.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowlogd_flowlog::Mode;
use flowlogd_vpc::FlatRules;

use super::Kernel;
use super::enforcement::Enforcement;
use super::gaps::Gaps;
use super::places::{self, Numbers, Place, devices, failed};
use super::tallies::{Drain, Told};
use crate::attachment::generations::{Generations, compile_options};
use crate::attachment::live::missed_windows;
use crate::attachment::shelf::Shelf;
use crate::attachment::{
    AttachmentError, Snapshot, Surroundings, device_counters, now, queues, unix_time,
};
use crate::capture::boot_time;
use crate::capture::ebpf::layout::{Counters, Taken, counter};
use crate::capture::ebpf::{Counted, Plane, Retired, Sizes, SlotRules};
use crate::config::AttachmentConfig;
use crate::crash;
use crate::journal::{Journal, Mark};
use crate::live::{Slots, SteadyClock, drained};

/// Between two epochs, unless a window ends or the tables are half full: the first packet of a flow in each costs more,
/// and a kill loses nothing however long they are.
const EPOCH: Duration = Duration::from_secs(5);
/// Between two looks at the devices.
const LOOK: Duration = Duration::from_millis(250);
/// A received packet comes to the program so long after the device has counted it, at most, but on a machine that cannot
/// keep up.
const ON_THE_WAY: Duration = Duration::from_millis(20);
/// Every slot's dead connections are removed once in so many epochs.
const SWEEPS: u32 = 2;

/// Everything between the kernel's tables and the sink.
pub(super) struct Hall {
    plane: Plane,
    clock: SteadyClock,
    generations: Generations,
    shelf: Shelf,
    places: Vec<Place>,
    slots: Slots,
    numbers: Numbers,
    enforcement: Enforcement,
    gaps: Gaps,
    surroundings: Surroundings,
    revision: String,
    closed_before: u64,
    epoch: Instant,
    look: Instant,
    sweeps: u32,
}

impl Hall {
    pub(super) fn open(
        kernel: Kernel,
        places: Vec<Place>,
        numbers: Numbers,
        surroundings: &Surroundings,
        snapshot: &Snapshot,
    ) -> Result<Self, AttachmentError> {
        let Kernel { plane, clock, run, recovered, directory } = kernel;
        let config = &surroundings.config;
        let recovered = recovered.as_ref();
        let mut journal = match recovered {
            Some(recovered) => Journal::resume(&directory, recovered)?,
            None => Journal::create(&directory, &run)?,
        };
        let compile = compile_options(config, Mode::Observe);
        let generations =
            Generations::begin(snapshot, recovered, Some(&mut journal), compile, None)?;
        let mode = |id: &str| {
            let here = places.iter().find(|place| place.attachment.interface == id);
            here.map_or(Mode::Observe, |place| mode_of(&place.attachment))
        };
        let interfaces = numbers.all().keys().map(|id| (id.as_str(), mode(id)));
        let rules = generations.rules();
        let shelf = Shelf::new(surroundings, rules, interfaces, &run, Some(journal), recovered);
        let mut hall = Self {
            plane,
            clock,
            generations,
            shelf,
            places,
            slots: Slots::new(),
            numbers,
            enforcement: Enforcement::open(&directory)?,
            gaps: Gaps::open(&directory)?,
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
        if let Some(recovered) = recovered.filter(|_| hall.plane.is_new()) {
            hall.tell_gap(recovered.mark.at)?;
        }
        hall.shelf.publish_what_is_beyond(hall.clock.now().as_secs())?;
        hall.give_back_slots()?;
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

    /// Tells what passed since the last epoch of an earlier process: program and tables are gone, by a restart of the machine
    /// or because somebody has removed them.
    fn tell_gap(&mut self, since: u64) -> Result<(), AttachmentError> {
        let windows = missed_windows(since, self.clock.now(), self.surroundings.config.window);
        for place in &self.places {
            let interface = &place.attachment.interface;
            let packets = device_counters::packets(place.device_name())?;
            let lost = packets.map_or(0, |packets| self.gaps.passed(interface, packets));
            if lost > 0 {
                tracing::warn!(
                    interface,
                    lost,
                    since,
                    "packets passed that no program has counted"
                );
                self.shelf.lose(interface, &windows, lost)?;
            }
        }
        Ok(())
    }

    /// Takes a newer configuration into force.
    pub(super) fn configure(&mut self, snapshot: &Snapshot) -> Result<(), AttachmentError> {
        let mut is_as_before = self.revision == snapshot.revision;
        for place in &mut self.places {
            let refusal = snapshot.refusal(&place.attachment.interface);
            is_as_before &= place.refusal == refusal;
            place.refusal = refusal;
        }
        if is_as_before {
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

    /// Counts at these interfaces from now on, and at no other. [`configure`](Self::configure) is to be called then.
    pub(super) fn attach(
        &mut self,
        attachments: &[AttachmentConfig],
    ) -> Result<(), AttachmentError> {
        let (stay, leave): (Vec<Place>, Vec<Place>) = std::mem::take(&mut self.places)
            .into_iter()
            .partition(|place| attachments.contains(&place.attachment));
        self.places = stay;
        let leave: Vec<(String, u32)> =
            leave.into_iter().map(|place| (place.attachment.interface, place.slot)).collect();
        self.close(&leave)?;
        let is_here = |attachment: &&AttachmentConfig| {
            self.places.iter().any(|place| place.attachment == **attachment)
        };
        let come: Vec<AttachmentConfig> =
            attachments.iter().filter(|attachment| !is_here(attachment)).cloned().collect();
        let places = places::add(&come, &mut self.numbers, attachments.len(), &mut self.plane)?;
        let board = &self.surroundings.board;
        for attachment in &come {
            board.enter(attachment);
            board.capture(&attachment.interface, "ebpf");
            self.shelf.serve(&attachment.interface, mode_of(attachment));
            if !places.iter().any(|place| place.attachment.interface == attachment.interface) {
                board.fail(&attachment.interface, &places::no_slot(&attachment.interface));
            }
        }
        self.places.extend(places);
        self.name_slots();
        self.revision.clear();
        Ok(())
    }

    /// Gives the slots back of what an earlier process had attached and this has not.
    fn give_back_slots(&mut self) -> Result<(), AttachmentError> {
        let is_here = |id: &str| self.places.iter().any(|place| place.attachment.interface == id);
        let left: Vec<(String, u32)> = self
            .numbers
            .all()
            .iter()
            .filter(|(id, _)| !is_here(id))
            .map(|(id, slot)| (id.clone(), *slot))
            .collect();
        self.close(&left)
    }

    /// Takes the program off slots, and gives them back when what it has counted there is read.
    fn close(&mut self, slots: &[(String, u32)]) -> Result<(), AttachmentError> {
        if slots.is_empty() {
            return Ok(());
        }
        for (_, slot) in slots {
            self.plane.detach_slot(*slot).map_err(failed)?;
        }
        self.drain(&BTreeMap::new())?;
        for (id, slot) in slots {
            self.plane.close_slot(*slot).map_err(failed)?;
            self.numbers.give_back(id)?;
            self.surroundings.board.leave(id);
        }
        Ok(())
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
        self.begin_enforcing(&flat)?;
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
                    is_enforced: place.attachment.is_enforced(),
                    grace_until: self.enforcement.grace_until(&place.attachment.interface),
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
            if place.is_closed() {
                self.plane.set_closed(place.slot).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Takes note whose rules are enforced from now on, before they are.
    fn begin_enforcing(&mut self, flat: &[Option<FlatRules>]) -> Result<(), AttachmentError> {
        let enforced = self.places.iter().zip(flat).filter_map(|(place, flat)| {
            let is_enforced = place.attachment.is_enforced() && place.refusal.is_none();
            (is_enforced && flat.is_some()).then_some(place.attachment.interface.as_str())
        });
        let grace = Duration::from_secs(self.surroundings.config.enforcement_grace);
        Ok(self.enforcement.set(enforced, boot_time()?, grace)?)
    }

    /// Learns which interface every slot is of.
    fn name_slots(&mut self) {
        let Some(timeline) = self.generations.rules().timeline() else { return };
        self.slots = self
            .numbers
            .all()
            .iter()
            .filter_map(|(id, slot)| Some((*slot, timeline.interface(id)?)))
            .collect();
    }

    /// Does what is due.
    pub(super) fn go_on(&mut self) -> Result<(), AttachmentError> {
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
            let told = if is_half_full { BTreeMap::new() } else { self.told_by_all()? };
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

    /// Sees to it that the program is where it is to be, and returns what devices and their queues have counted.
    fn told_by_all(&mut self) -> Result<BTreeMap<u32, Told>, AttachmentError> {
        let devices = devices();
        for place in &mut self.places {
            place.look_after(&devices, &mut self.plane, &self.surroundings.board)?;
        }
        seen_by_now()
    }

    fn is_half_full(&self) -> Result<bool, AttachmentError> {
        let Taken { flows, events } = self.plane.taken().map_err(failed)?;
        Ok(flows >= u64::from(Sizes::default().flows) / 2 || events > 0)
    }

    /// Ends the epoch, and takes what it has counted.
    pub(super) fn drain(&mut self, told: &BTreeMap<u32, Told>) -> Result<(), AttachmentError> {
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
        let (mut packets, mut lost) = (BTreeMap::new(), Vec::new());
        for place in &mut self.places {
            let counters = sums.remove(&place.slot).unwrap_or_default();
            let id = &place.attachment.interface;
            board.count(id, counters.get(counter::SEEN), clock);
            let connections = self.plane.connections(place.slot).map_err(failed)?;
            place.tallies.add(&counters);
            place.frames +=
                counters.get(counter::FRAMES_RECEIVED) + counters.get(counter::FRAMES_SENT);
            let of = |told: &BTreeMap<u32, Told>| told.get(&place.bound()?).copied();
            let (told, first) = (of(told), of(first));
            if let Some(first) = first.filter(|_| !place.tallies.has_begun()) {
                place.tallies.begin(&first);
            } else if let Some(told) = told {
                place.tallies.compare(&told);
            }
            board.kernel(id, place.tallies.report(connections, place.connection_room(), drain));
            let Some(told) = told else { continue };
            let frames = std::mem::take(&mut place.frames);
            if std::mem::take(&mut place.was_off) {
                let passed = self.gaps.passed(id, told.device.packets);
                lost.push((id.clone(), passed.saturating_sub(frames)));
            }
            packets.insert(id.clone(), told.device.packets);
        }
        for (id, lost) in lost {
            self.shelf.lose(&id, &[clock], lost)?;
        }
        if !told.is_empty() {
            self.gaps.keep(packets)?;
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

/// Returns what the mode of an attachment is in records.
fn mode_of(attachment: &AttachmentConfig) -> Mode {
    if attachment.is_enforced() { Mode::Enforce } else { Mode::Observe }
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
pub(super) fn seen_by_now() -> Result<BTreeMap<u32, Told>, AttachmentError> {
    let told = told()?;
    std::thread::sleep(ON_THE_WAY);
    Ok(told)
}

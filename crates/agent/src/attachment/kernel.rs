//! All interfaces whose packets the kernel's program counts: one clock and one journal.
//!
//! An epoch is read from the kernel's tables, is in the journal on disk, and only then leaves the tables
//! (`semantics.md` 20). Whatever is killed in between, the next start goes on there. The program counts on meanwhile.

mod enforcement;
mod gaps;
mod hall;
mod places;
mod tallies;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flowlogd_flowlog::Mode;
use sha2::{Digest, Sha256};

use super::bench::Bench;
use super::live::new_run;
use super::{AttachmentError, Snapshot, Surroundings, unix_time};
use crate::capture::boot_time;
use crate::capture::ebpf::{Clock, EbpfError, Plane, PlaneOptions, Sizes, Timing, Way, pins};
use crate::config::{AgentConfig, AttachmentConfig};
use crate::journal::{self, Journal, JournalError, Recovered};
use crate::live::SteadyClock;
use hall::{Hall, seen_by_now};
use places::{Place, devices, failed};

/// Between two looks at what has happened.
const PATIENCE: Duration = Duration::from_millis(50);
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
    /// The kernel or this build has not what it takes, or the process may not.
    #[error("{0}{hint}", hint = hint(&_0.to_string()))]
    Program(#[from] EbpfError),
    /// There is no place to pin it.
    #[error("{0}")]
    Pins(std::io::Error),
    /// The journal of an earlier run.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Says what a process may lack that the kernel refuses something.
fn hint(why: &str) -> &'static str {
    if why.contains("not permitted") || why.contains("denied") {
        " (it takes root, or the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)"
    } else {
        ""
    }
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
pub fn run(kernel: Kernel, surroundings: &Surroundings) {
    let mut surroundings = surroundings.clone();
    let attachments = devices_of(&surroundings.roster.newest());
    for attachment in &attachments {
        surroundings.board.enter(attachment);
        surroundings.board.capture(&attachment.interface, "ebpf");
    }
    if let Err(error) = count(kernel, &attachments, &mut surroundings) {
        tracing::error!(%error, "counting in the kernel failed");
        for attachment in devices_of(&surroundings.roster.newest()) {
            surroundings.board.fail(&attachment.interface, &error.to_string());
        }
    }
}

/// Returns those of attachments that have a device.
fn devices_of(attachments: &[AttachmentConfig]) -> Vec<AttachmentConfig> {
    attachments.iter().filter(|attachment| attachment.device.is_some()).cloned().collect()
}

fn count(
    kernel: Kernel,
    attachments: &[AttachmentConfig],
    surroundings: &mut Surroundings,
) -> Result<(), AttachmentError> {
    let mut kernel = kernel;
    let (mut places, numbers) = places::open(attachments, &mut kernel.plane, &kernel.directory)?;
    let first = first_snapshot(surroundings, &mut kernel.plane, &mut places)?;
    let Some(mut snapshot) = first else { return Ok(()) };
    for attachment in attachments {
        publish_left_over(attachment, surroundings, &snapshot)?;
    }
    let mut hall = Hall::open(kernel, places, numbers, surroundings, &snapshot)?;
    while !surroundings.is_over() {
        let others = surroundings.roster.take_new();
        if let Some(attachments) = &others {
            hall.attach(&devices_of(attachments))?;
        }
        let newer = surroundings.desk.take_new();
        if newer.is_some() || others.is_some() {
            snapshot = newer.unwrap_or(snapshot);
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

/// Waits for a configuration. Interfaces that are to be closed as long as there are no rules are so meanwhile.
fn first_snapshot(
    surroundings: &mut Surroundings,
    plane: &mut Plane,
    places: &mut [Place],
) -> Result<Option<Arc<Snapshot>>, AttachmentError> {
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.newest() {
            return Ok(Some(snapshot));
        }
        let devices = devices();
        for place in places.iter_mut().filter(|place| place.is_closed()) {
            // What an earlier process has put in force stays.
            if !plane.has_rules(place.slot).map_err(failed)? {
                plane.set_closed(place.slot).map_err(failed)?;
            }
            place.look(&devices, plane, &surroundings.board)?;
        }
        std::thread::sleep(PATIENCE);
    }
    Ok(None)
}

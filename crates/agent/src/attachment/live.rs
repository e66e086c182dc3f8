//! A device: packets as they pass, an epoch a second, and what a kill before cost.

mod device;

use std::sync::Arc;
use std::time::Duration;

use flowlogd_flowlog::Mode;

use super::bench::Bench;
use super::{AttachmentError, Surroundings, device_counters, unix_time};
use crate::attachment::Snapshot;
use crate::capture::{AfPacket, AfPacketOptions, boot_time};
use crate::config::AttachmentConfig;
use crate::journal::{self, Journal, Recovered};
use crate::live::SteadyClock;
use device::Device;

/// The longest wait for packets, and so the longest delay of a closing.
const PATIENCE: Duration = Duration::from_millis(100);
/// Between two looks for a device that is not there.
const ABSENCE: Duration = Duration::from_millis(500);
/// Windows that are told one by one after a time when no agent ran: a day of minutes.
const MOST_MISSED_WINDOWS: u64 = 1440;

/// Captures until it is told to stop.
pub(super) fn run(
    attachment: &AttachmentConfig,
    name: &str,
    surroundings: &Surroundings,
) -> Result<(), AttachmentError> {
    let mut surroundings = surroundings.clone();
    let Some(snapshot) = first_grant(attachment, &mut surroundings) else { return Ok(()) };
    let clock = SteadyClock::new(unix_time(), boot_time()?);
    let recovered = journal::read(&surroundings.directory)?;
    // The source is open before the device's counters are read: what passes in between is told twice rather
    // than not at all.
    let opened = AfPacket::open(name, &AfPacketOptions::default());
    let device_packets = device_counters::packets(name)?;
    let now = clock.now();
    let bench = set_up(attachment, device_packets, &surroundings, &snapshot, recovered, now)?;
    let mut device = Device::new(attachment, name, device_packets, bench, clock);
    let mut source = device.source(opened, &surroundings);
    let mut granted = true;
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.take_new() {
            let refusal = snapshot.refusal(&attachment.interface);
            granted = refusal.is_none();
            match refusal {
                Some(reason) => surroundings.board.wait(&attachment.interface, &reason),
                None => device.configure(&snapshot)?,
            }
        }
        if let Some(open) = &mut source {
            if granted {
                surroundings.board.work(&attachment.interface, "capturing");
            }
            if let Err(error) = device.take(open, granted)? {
                surroundings.board.wait(&attachment.interface, &error.to_string());
                source = None;
                device.forget(&error);
            }
        } else {
            device.pass(ABSENCE)?;
            let opened = AfPacket::open(name, &AfPacketOptions::default());
            source = device.source(opened, &surroundings);
            if source.is_some() {
                device.tell_absence()?;
            }
        }
    }
    device.finish()
}

/// Waits for a configuration that grants the interface.
pub(super) fn first_grant(
    attachment: &AttachmentConfig,
    surroundings: &mut Surroundings,
) -> Option<Arc<Snapshot>> {
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.newest() {
            match snapshot.refusal(&attachment.interface) {
                None => return Some(snapshot),
                Some(reason) => surroundings.board.wait(&attachment.interface, &reason),
            }
        }
        std::thread::sleep(PATIENCE);
    }
    None
}

/// Begins anew, or goes on where an earlier process was killed.
fn set_up(
    attachment: &AttachmentConfig,
    device_packets: Option<u64>,
    surroundings: &Surroundings,
    snapshot: &Snapshot,
    recovered: Option<Recovered>,
    clock: Duration,
) -> Result<Bench, AttachmentError> {
    let directory = &surroundings.directory;
    let Some(recovered) = recovered else {
        let run = new_run();
        let journal = Journal::create(directory, &run)?;
        return Bench::new(
            attachment,
            surroundings,
            snapshot,
            &run,
            Mode::Observe,
            Some(journal),
            None,
        );
    };
    if recovered.cut_off > 0 {
        tracing::warn!(bytes = recovered.cut_off, "the end of the journal is no whole epoch");
    }
    let journal = Journal::resume(directory, &recovered)?;
    let (run, mark) = (recovered.run.clone(), recovered.mark);
    let mut bench = Bench::new(
        attachment,
        surroundings,
        snapshot,
        &run,
        Mode::Observe,
        Some(journal),
        Some(&recovered),
    )?;
    // The device counted on while nobody looked; after a restart of the machine or of the device it began
    // anew, and nobody knows.
    let missed = match device_packets {
        Some(now) if now >= mark.device_packets => Some(now - mark.device_packets),
        Some(_) | None => None,
    };
    if missed != Some(0) && mark.at > 0 {
        let seconds = missed_windows(mark.at, clock, surroundings.config.window);
        tracing::warn!(packets = ?missed, since = mark.at, "packets passed while no agent ran");
        bench.lose(&seconds, missed.unwrap_or(0))?;
    }
    Ok(bench)
}

/// Returns a second of every window from one on until now, a day of minutes at most.
pub(super) fn missed_windows(since: u64, clock: Duration, window: u64) -> Vec<u64> {
    let windows = (clock.as_secs().saturating_sub(since) / window).min(MOST_MISSED_WINDOWS);
    (0..=windows).map(|passed| since + passed * window).collect()
}

/// A name that no other run has: numbers of batches grow within a run.
pub(super) fn new_run() -> String {
    let mut bytes = [0; 8];
    // Without randomness from the kernel nothing works anyway; the time is unique enough then.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = u64::try_from(unix_time().as_nanos()).unwrap_or(u64::MAX).to_le_bytes();
    }
    format!("{:016x}", u64::from_le_bytes(bytes))
}

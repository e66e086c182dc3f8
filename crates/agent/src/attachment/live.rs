//! A device: packets as they pass, an epoch a second, and what a kill before cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flowlogd_flowlog::Mode;
use flowlogd_packet::FrameDirection;

use super::bench::Bench;
use super::{AttachmentError, Surroundings, device_counters, now as now_instant, unix_time};
use crate::attachment::Snapshot;
use crate::capture::{AfPacket, AfPacketError, AfPacketOptions, Chunk, FrameRef, boot_time};
use crate::config::{AttachmentConfig, Side};
use crate::journal::{self, Journal, Mark, Recovered};
use crate::live::{Losses, Passed, SteadyClock};

/// The longest wait for packets, and so the longest delay of a closing.
const PATIENCE: Duration = Duration::from_millis(100);
/// Between two looks for a device that is not there.
const ABSENCE: Duration = Duration::from_millis(500);
/// Between two epochs of the journal.
const EPOCH: Duration = Duration::from_secs(1);
/// Windows that are told one by one after a time when no agent ran: a day of minutes.
const MOST_MISSED_WINDOWS: u64 = 1440;

/// Captures until it is told to stop.
pub(super) fn run(
    attachment: &AttachmentConfig,
    device: &str,
    surroundings: &Surroundings,
) -> Result<(), AttachmentError> {
    let mut surroundings = surroundings.clone();
    let Some(snapshot) = first_grant(attachment, &mut surroundings) else { return Ok(()) };
    let clock = SteadyClock::new(unix_time(), boot_time()?);
    let recovered = journal::read(&surroundings.directory)?;
    // The source is open before the device's counters are read: what passes in between is told twice rather
    // than not at all.
    let opened = AfPacket::open(device, &AfPacketOptions::default());
    let device_packets = device_counters::packets(device)?;
    let now = clock.now();
    let bench = set_up(attachment, device_packets, &surroundings, &snapshot, recovered, now)?;
    let mut capture = Capture {
        attachment,
        device,
        bench,
        passed: Passed::new(now, device_packets.unwrap_or(0)),
        was_there: device_packets.is_some(),
        clock,
        losses: Losses::default(),
        chunk: Chunk::default(),
        epoch: now_instant(),
    };
    let mut source = capture.source(opened, &surroundings);
    let mut granted = true;
    while !surroundings.is_over() {
        if let Some(snapshot) = surroundings.desk.take_new() {
            let refusal = snapshot.refusal(&attachment.interface);
            granted = refusal.is_none();
            match refusal {
                Some(reason) => surroundings.board.wait(&attachment.interface, &reason),
                None => capture.bench.configure(&snapshot, capture.clock.now().as_secs())?,
            }
        }
        if let Some(open) = &mut source {
            if granted {
                surroundings.board.work(&attachment.interface, "capturing");
            }
            if let Err(error) = capture.take(open, granted)? {
                surroundings.board.wait(&attachment.interface, &error.to_string());
                source = None;
                capture.forget_device(&error);
            }
        } else {
            capture.pass(ABSENCE)?;
            let opened = AfPacket::open(device, &AfPacketOptions::default());
            source = capture.source(opened, &surroundings);
            if source.is_some() {
                capture.tell_absence()?;
            }
        }
    }
    let mark = capture.mark();
    capture.bench.finish(mark)
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
        let length = surroundings.config.window;
        let windows = (clock.as_secs().saturating_sub(mark.at) / length).min(MOST_MISSED_WINDOWS);
        let seconds: Vec<u64> = (0..=windows).map(|window| mark.at + window * length).collect();
        tracing::warn!(packets = ?missed, since = mark.at, "packets passed while no agent ran");
        bench.lose(&seconds, missed.unwrap_or(0))?;
    }
    Ok(bench)
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

/// A capture in progress.
struct Capture<'a> {
    attachment: &'a AttachmentConfig,
    device: &'a str,
    bench: Bench,
    clock: SteadyClock,
    losses: Losses,
    chunk: Chunk,
    passed: Passed,
    /// Whether there has been a device: what passed the first one before is not this agent's affair.
    was_there: bool,
    epoch: Instant,
}

impl Capture<'_> {
    /// Returns the source, or says why there is none.
    fn source(
        &self,
        opened: Result<AfPacket, AfPacketError>,
        surroundings: &Surroundings,
    ) -> Option<AfPacket> {
        match opened {
            Ok(open) => Some(open),
            Err(error) => {
                surroundings.board.wait(&self.attachment.interface, &error.to_string());
                None
            }
        }
    }

    /// A device that is gone takes its counters along: the next one of the name begins at 0.
    fn forget_device(&mut self, error: &AfPacketError) {
        if matches!(error, AfPacketError::Gone { .. }) {
            self.passed = Passed::new(self.clock.now(), 0);
        }
    }

    /// Tells of what passed the device while it was not open.
    fn tell_absence(&mut self) -> Result<(), AttachmentError> {
        let Some(packets) = device_counters::packets(self.device)? else { return Ok(()) };
        let (_, before) = self.passed.last();
        let now = self.clock.now();
        self.passed = Passed::new(now, packets);
        if std::mem::replace(&mut self.was_there, true) && packets > before {
            self.bench.lose(&[now.as_secs()], packets - before)?;
        }
        Ok(())
    }

    /// Waits for packets, and takes them. The error after which no more will come is the inner one.
    fn take(
        &mut self,
        source: &mut AfPacket,
        granted: bool,
    ) -> Result<Result<(), AfPacketError>, AttachmentError> {
        self.look_at_the_clock()?;
        let before = self.clock.now();
        if self.passed.is_due(before)
            && let Some(packets) = device_counters::packets(self.device)?
        {
            self.passed.add(before, packets);
        }
        let end = match source.next_chunk(&mut self.chunk, PATIENCE) {
            Ok(_) | Err(AfPacketError::Down { .. }) => Ok(()),
            Err(error) => Err(error),
        };
        self.look_at_the_clock()?;
        self.mend_frames();
        if !granted {
            // Somebody else's packets.
            self.chunk.frames.clear();
        }
        let mark = self.mark();
        self.bench.mark(mark);
        self.bench.take(&self.chunk)?;
        // The kernel hands packets over in order, and none later than its block's timeout.
        self.passed.read_up_to(self.chunk.frames.last().map_or_else(
            || before.saturating_sub(2 * AfPacketOptions::default().block_timeout),
            stamp,
        ));
        if let Ok(drops) = source.drops() {
            self.losses.add(drops, before);
        }
        if let Some((secs, packets)) = self.losses.settle(self.chunk.frames.iter().map(stamp)) {
            self.bench.lose(&[secs], packets)?;
        }
        // As long as there is something to read, its time counts: after a stop it would all be late.
        if self.chunk.frames.is_empty() {
            self.bench.advance(self.clock.now().as_secs())?;
        }
        self.end_epoch_if_due()?;
        Ok(end)
    }

    /// Lets time go by without a device.
    fn pass(&mut self, time: Duration) -> Result<(), AttachmentError> {
        std::thread::sleep(time);
        self.look_at_the_clock()?;
        let mark = self.mark();
        self.bench.mark(mark);
        self.bench.advance(self.clock.now().as_secs())?;
        self.end_epoch_if_due()
    }

    fn end_epoch_if_due(&mut self) -> Result<(), AttachmentError> {
        if self.epoch.elapsed() < EPOCH {
            return Ok(());
        }
        self.epoch = now_instant();
        let mark = self.mark();
        self.bench.end_epoch(mark)
    }

    fn mark(&self) -> Mark {
        let (time, device_packets) = self.passed.last();
        Mark { at: time.as_secs(), device_packets }
    }

    fn look_at_the_clock(&mut self) -> Result<(), AttachmentError> {
        if let Some(by) = self.clock.advance(unix_time(), boot_time()?) {
            tracing::warn!(
                by,
                "the clock of this machine was set; records go on as if it were not"
            );
        }
        Ok(())
    }

    /// Gives frames the time of the steady clock, and the direction as the interface sees it.
    fn mend_frames(&mut self) {
        for frame in &mut self.chunk.frames {
            if self.attachment.side == Side::Host {
                frame.direction = frame.direction.map(opposite);
            }
            if !self.clock.agrees() {
                let time = self.clock.time_of(stamp(frame));
                (frame.secs, frame.nanos) = (time.as_secs(), time.subsec_nanos());
            }
        }
    }
}

const fn stamp(frame: &FrameRef) -> Duration {
    Duration::new(frame.secs, frame.nanos)
}

/// What the host's end of a cable receives, the other end has sent.
const fn opposite(direction: FrameDirection) -> FrameDirection {
    match direction {
        FrameDirection::Incoming => FrameDirection::Outgoing,
        FrameDirection::Outgoing => FrameDirection::Incoming,
    }
}

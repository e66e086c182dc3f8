//! A device and what is counted of it: its packets, its losses, its clock.

use std::time::{Duration, Instant};

use crate::attachment::bench::Bench;
use crate::attachment::{AttachmentError, Snapshot, Surroundings, device_counters, now, unix_time};
use crate::capture::{
    AfPacket, AfPacketError, AfPacketOptions, Chunk, DeviceError, FrameRef, boot_time,
};
use crate::config::AttachmentConfig;
use crate::journal::Mark;
use crate::live::{Losses, Passed, SteadyClock, mend_frames};

use super::PATIENCE;

/// Between two epochs of the journal.
const EPOCH: Duration = Duration::from_secs(1);

/// A device whose packets are taken, when there is one.
pub(super) struct Device<'a> {
    attachment: &'a AttachmentConfig,
    name: &'a str,
    bench: Bench,
    clock: SteadyClock,
    losses: Losses,
    chunk: Chunk,
    passed: Passed,
    /// Whether there has been a device: what passed the first one before is not this agent's affair.
    was_there: bool,
    epoch: Instant,
}

impl<'a> Device<'a> {
    /// `packets` is what the device has counted so far; nothing if there is none.
    pub(super) fn new(
        attachment: &'a AttachmentConfig,
        name: &'a str,
        packets: Option<u64>,
        bench: Bench,
        clock: SteadyClock,
    ) -> Self {
        Self {
            attachment,
            name,
            bench,
            passed: Passed::new(clock.now(), packets.unwrap_or(0)),
            was_there: packets.is_some(),
            clock,
            losses: Losses::default(),
            chunk: Chunk::default(),
            epoch: now(),
        }
    }

    /// Takes a newer configuration into force.
    pub(super) fn configure(&mut self, snapshot: &Snapshot) -> Result<(), AttachmentError> {
        self.bench.configure(snapshot, self.clock.now().as_secs())
    }

    /// Closes and publishes everything.
    pub(super) fn finish(self) -> Result<(), AttachmentError> {
        let mark = self.mark();
        self.bench.finish(mark)
    }

    /// Returns the source, or says why there is none.
    pub(super) fn source(
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
    pub(super) fn forget(&mut self, error: &AfPacketError) {
        if matches!(error, AfPacketError::Device(DeviceError::Gone { .. })) {
            self.passed = Passed::new(self.clock.now(), 0);
        }
    }

    /// Tells of what passed the device while it was not open.
    pub(super) fn tell_absence(&mut self) -> Result<(), AttachmentError> {
        let Some(packets) = device_counters::packets(self.name)? else { return Ok(()) };
        let (_, before) = self.passed.last();
        let now = self.clock.now();
        self.passed = Passed::new(now, packets);
        if std::mem::replace(&mut self.was_there, true) && packets > before {
            self.bench.lose(&[now.as_secs()], packets - before)?;
        }
        Ok(())
    }

    /// Waits for packets, and takes them. The error after which no more will come is the inner one.
    pub(super) fn take(
        &mut self,
        source: &mut AfPacket,
        granted: bool,
    ) -> Result<Result<(), AfPacketError>, AttachmentError> {
        self.look_at_the_clock()?;
        let before = self.clock.now();
        if self.passed.is_due(before)
            && let Some(packets) = device_counters::packets(self.name)?
        {
            self.passed.add(before, packets);
        }
        let end = match source.next_chunk(&mut self.chunk, PATIENCE) {
            Ok(_) | Err(AfPacketError::Device(DeviceError::Down { .. })) => Ok(()),
            Err(error) => Err(error),
        };
        self.look_at_the_clock()?;
        mend_frames(&mut self.chunk.frames, self.attachment.side, &self.clock);
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
            FrameRef::time,
        ));
        if let Ok(drops) = source.drops() {
            self.losses.add(drops, before);
        }
        if let Some((secs, packets)) =
            self.losses.settle(self.chunk.frames.iter().map(FrameRef::time))
        {
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
    pub(super) fn pass(&mut self, time: Duration) -> Result<(), AttachmentError> {
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
        self.epoch = now();
        let mark = self.mark();
        self.bench.end_epoch(mark)
    }

    fn mark(&self) -> Mark {
        let (time, device_packets) = self.passed.last();
        Mark { at: time.as_secs(), device_packets, epoch: 0 }
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
}

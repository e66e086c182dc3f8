//! Packets from the kernel's ring, judged and counted here.

use std::sync::Arc;
use std::time::Duration;

use flowlogd_agent::capture::{
    AfPacket, AfPacketError, AfPacketOptions, Chunk, DeviceError, FrameRef,
};
use flowlogd_agent::live::{Losses, SteadyClock, mend_frames};
use flowlogd_agent::output::Recorder;
use flowlogd_agent::{Engine, EngineOptions, Ledger, Rules};

use super::advance;
use crate::cli::{SideOption, WatchOptions};
use crate::exit_status::Failure;
use crate::messages::say;

/// The longest wait for packets, and so the longest delay of a closing.
const PATIENCE: Duration = Duration::from_millis(100);
/// At the end: the kernel hands over a block that is not full after as long as `PATIENCE`, by its own timer.
const LAST_PATIENCE: Duration = Duration::from_millis(300);

/// A device that is watched by packet sockets.
pub(super) struct Sockets {
    device: AfPacket,
    blocks: u32,
    side: SideOption,
    engine: Engine,
    losses: Losses,
    chunk: Chunk,
}

impl Sockets {
    pub(super) fn open(
        options: &WatchOptions,
        rules: &Arc<Rules>,
        engine: EngineOptions,
    ) -> Result<Self, Failure> {
        let ring = AfPacketOptions::default();
        Ok(Self {
            device: AfPacket::open(&options.device, &ring).map_err(Failure::unreadable)?,
            blocks: ring.blocks,
            side: options.side,
            engine: Engine::new(Arc::clone(rules), engine, 1),
            losses: Losses::default(),
            chunk: Chunk::default(),
        })
    }

    /// Waits for packets, and takes them. Returns the error after which no more will come.
    pub(super) fn take(
        &mut self,
        clock: &mut SteadyClock,
        recorder: &mut Recorder,
    ) -> Result<Option<anyhow::Error>, Failure> {
        self.take_chunk(PATIENCE, clock, recorder)
    }

    /// Takes what came before now: it lies in the ring still. There may be no device any more, but its last
    /// block comes.
    pub(super) fn take_rest(
        &mut self,
        clock: &mut SteadyClock,
        recorder: &mut Recorder,
    ) -> Result<(), Failure> {
        let end = clock.now();
        for _ in 0..self.blocks {
            let _ = self.take_chunk(LAST_PATIENCE, clock, recorder)?;
            if self.chunk.frames.last().map(FrameRef::time).is_none_or(|last| last > end) {
                break;
            }
        }
        Ok(())
    }

    /// Has everything written, and returns the books.
    pub(super) fn finish(mut self, recorder: &mut Recorder) -> Result<Ledger, Failure> {
        self.engine.finish(|closed| recorder.write(&closed))?;
        if self.losses.total() > 0 {
            say(format_args!(
                "flowlogd: {} packets were dropped before they could be read: told by SKIPDATA",
                self.losses.total()
            ));
        }
        Ok(self.engine.ledger())
    }

    fn take_chunk(
        &mut self,
        patience: Duration,
        clock: &mut SteadyClock,
        recorder: &mut Recorder,
    ) -> Result<Option<anyhow::Error>, Failure> {
        let before = clock.now();
        let end = match self.device.next_chunk(&mut self.chunk, patience) {
            Ok(_) => None,
            Err(AfPacketError::Device(error @ DeviceError::Down { .. })) => {
                say(format_args!("flowlogd: {error}"));
                None
            }
            Err(error) => Some(error.into()),
        };
        advance(clock)?;
        mend_frames(&mut self.chunk.frames, self.side.into(), clock);

        self.engine.take(&self.chunk, |closed| recorder.write(&closed))?;
        self.losses.add(self.device.drops().map_err(Failure::failed)?, before);
        if let Some((secs, packets)) =
            self.losses.settle(self.chunk.frames.iter().map(FrameRef::time))
        {
            self.engine.lose(secs, packets);
        }
        // As long as there is something to read, its time counts: after a stop it would all be late.
        if self.chunk.frames.is_empty() {
            self.engine.advance(clock.now().as_secs(), &mut |closed| recorder.write(&closed))?;
        }
        recorder.flush()?;
        Ok(end)
    }
}

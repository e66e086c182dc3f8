//! `flowlogd watch`: a live device → records within seconds.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use flowlogd_agent::capture::{
    AfPacket, AfPacketError, AfPacketOptions, Chunk, FrameRef, boot_time,
};
use flowlogd_agent::live::{Losses, SteadyClock, mend_frames};
use flowlogd_agent::output::{Destination, Encoding, Recorder, RecorderOptions};
use flowlogd_agent::{Engine, EngineOptions, Rules};
use flowlogd_flowlog::{LogFormat, Mode, Silence, WindowLength};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::{SideOption, WatchOptions};
use crate::exit_status::{Failure, Status};
use crate::messages::say;
use crate::{inventory, summary};

/// What is shown of a flow unless something else is asked for: with rules, …
const JUDGED_FIELDS: &str = "start,end,interface-id,flow-direction,srcaddr,dstaddr,srcport,dstport,protocol,\
                             packets,bytes,action,x-deciding-rule,x-nearest-miss,log-status";
/// … and without.
const UNJUDGED_FIELDS: &str =
    "start,end,srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,tcp-flags,log-status";

/// The longest wait for packets, and so the longest delay of a closing.
const PATIENCE: Duration = Duration::from_millis(100);
/// At the end: the kernel hands over a block that is not full after as long as `PATIENCE`, by its own timer.
const LAST_PATIENCE: Duration = Duration::from_millis(300);

/// Runs the command until it is interrupted, its time is over, or the device is gone.
pub(crate) fn run(options: &WatchOptions) -> Result<Status, Failure> {
    let fields = if options.inventory.is_some() { JUDGED_FIELDS } else { UNJUDGED_FIELDS };
    let format = match options.record.chosen()? {
        Some(format) => format,
        None => LogFormat::from_names(fields.split(',')).map_err(Failure::usage)?,
    };
    let recorder_options = RecorderOptions {
        format,
        traffic: options.traffic_type.into(),
        encoding: Encoding::Text,
        header: true,
        mode: Mode::Observe,
        explain: false,
    };
    let engine_options = EngineOptions {
        window: WindowLength::try_from(options.window).map_err(Failure::usage)?,
        max_flows: options.max_flows.get(),
        connection_allowance: options.conntrack_allowance.map(NonZeroUsize::get),
        // Every few seconds a line for each interface that is silent: nobody looks on for that.
        silence: Silence::Ignored,
    };
    let rules = Arc::new(rules(options)?);
    let ring = AfPacketOptions::default();
    let device = AfPacket::open(&options.device, &ring).map_err(Failure::unreadable)?;
    let stop = stop_on_signals().map_err(Failure::failed)?;

    // One thread: a device that needs more is the kernel program's.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Failure::failed)?;
    pool.install(|| {
        let begun = now();
        let destination = Destination::Stream(Box::new(io::stdout()));
        let mut recorder = Recorder::new(Arc::clone(&rules), recorder_options, destination, 1)?;
        // The line of field names is the sign that watching has begun.
        recorder.flush()?;
        let mut watch = Watch {
            device,
            side: options.side,
            engine: Engine::new(Arc::clone(&rules), engine_options, 1),
            recorder,
            clock: SteadyClock::new(unix_time(), boot_time().map_err(Failure::failed)?),
            losses: Losses::default(),
            chunk: Chunk::default(),
        };
        let limit = options.duration.map(Duration::from_secs);
        let is_over =
            || stop.load(Ordering::Relaxed) || limit.is_some_and(|limit| begun.elapsed() >= limit);
        let status = watch.look_on(is_over, ring.blocks)?;

        let Watch { mut engine, mut recorder, losses, .. } = watch;
        engine.finish(|closed| recorder.write(&closed))?;
        let written = recorder.finish()?;
        let mut ledger = engine.ledger();
        ledger.settle(&written.recorded);
        if losses.total() > 0 {
            say(format_args!(
                "flowlogd: {} packets were dropped before they could be read: told by SKIPDATA",
                losses.total()
            ));
        }
        summary::print(&ledger, &written, &rules, begun.elapsed());
        if !ledger.balances() {
            return Err(Failure::failed(anyhow!(
                "the books do not balance: {ledger:?}; please report this"
            )));
        }
        Ok(status)
    })
}

fn rules(options: &WatchOptions) -> Result<Rules, Failure> {
    let Some(file) = &options.inventory else { return Ok(Rules::Promiscuous) };
    let timeline =
        inventory::timeline(std::slice::from_ref(file), options.reserved_addresses.into())?;
    inventory::rules(timeline, options.interface.as_deref())
}

/// Returns a flag that the first signal to stop sets. The second one ends the process: it may wait for
/// somebody to read the records.
fn stop_on_signals() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// A run in progress.
struct Watch {
    device: AfPacket,
    side: SideOption,
    engine: Engine,
    recorder: Recorder,
    clock: SteadyClock,
    losses: Losses,
    chunk: Chunk,
}

impl Watch {
    /// Takes packets as they come, and closes windows as time goes by, until it is over or the device is
    /// gone. Then what came before lies in the ring still, of so many blocks.
    fn look_on(&mut self, is_over: impl Fn() -> bool, blocks: u32) -> Result<Status, Failure> {
        let mut status = Status::Done;
        while !is_over() {
            if let Some(error) = self.take(PATIENCE)? {
                say(format_args!("flowlogd: {:#}", anyhow::Error::new(error)));
                status = Status::Unreadable;
                break;
            }
        }
        let end = self.clock.now();
        for _ in 0..blocks {
            // There may be no device any more, but its last block comes.
            let _ = self.take(LAST_PATIENCE)?;
            if self.chunk.frames.last().map(FrameRef::time).is_none_or(|last| last > end) {
                break;
            }
        }
        Ok(status)
    }

    /// Waits for packets, and takes them. Returns the error after which no more will come.
    fn take(&mut self, patience: Duration) -> Result<Option<AfPacketError>, Failure> {
        self.look_at_the_clock()?;
        let before = self.clock.now();
        let end = match self.device.next_chunk(&mut self.chunk, patience) {
            Ok(_) => None,
            Err(error @ AfPacketError::Down { .. }) => {
                say(format_args!("flowlogd: {error}"));
                None
            }
            Err(error) => Some(error),
        };
        self.look_at_the_clock()?;
        mend_frames(&mut self.chunk.frames, self.side.into(), &self.clock);

        let (engine, recorder) = (&mut self.engine, &mut self.recorder);
        engine.take(&self.chunk, |closed| recorder.write(&closed))?;
        self.losses.add(self.device.drops().map_err(Failure::failed)?, before);
        if let Some((secs, packets)) =
            self.losses.settle(self.chunk.frames.iter().map(FrameRef::time))
        {
            engine.lose(secs, packets);
        }
        // As long as there is something to read, its time counts: after a stop it would all be late.
        if self.chunk.frames.is_empty() {
            let secs = self.clock.now().as_secs();
            engine.advance(secs, &mut |closed| recorder.write(&closed))?;
        }
        recorder.flush()?;
        Ok(end)
    }

    fn look_at_the_clock(&mut self) -> Result<(), Failure> {
        let boot_time = boot_time().map_err(Failure::failed)?;
        if let Some(by) = self.clock.advance(unix_time(), boot_time) {
            say(format_args!(
                "flowlogd: the clock of this machine was set by {by:+.1} s; records go on as if it were not"
            ));
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: it is the packets' clock here"
)]
fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock: how long to look on")]
fn now() -> Instant {
    Instant::now()
}

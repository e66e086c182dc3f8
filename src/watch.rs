//! `flowlogd watch`: a live device → records within seconds.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flowlogd_agent::capture::{AfPacket, AfPacketError, AfPacketOptions, Chunk};
use flowlogd_agent::output::{Destination, Encoding, Recorder, RecorderOptions};
use flowlogd_agent::{Engine, EngineOptions, Rules};
use flowlogd_flowlog::{LogFormat, Mode, Silence, WindowLength};
use flowlogd_packet::FrameDirection;

use crate::cli::{SideOption, WatchOptions};
use crate::messages::say;
use crate::status::{Failure, Status};
use crate::{inventory, summary};

/// What is shown of a flow unless something else is asked for: with rules, …
const JUDGED_FIELDS: &str = "start,end,interface-id,flow-direction,srcaddr,dstaddr,srcport,dstport,protocol,\
                             packets,bytes,action,x-deciding-rule,x-nearest-miss";
/// … and without.
const UNJUDGED_FIELDS: &str =
    "start,end,srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,tcp-flags";

/// The longest wait for packets, and so the longest delay of a closing.
const PATIENCE: Duration = Duration::from_millis(100);

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
        silence: Silence::Ignored,
    };
    let rules = Arc::new(rules(options)?);
    let mut device = AfPacket::open(&options.device, &AfPacketOptions::default())
        .map_err(Failure::unreadable)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(Failure::failed)?;
    }

    // One thread: a device that needs more is the kernel program's.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Failure::failed)?;
    pool.install(|| {
        let begun = now();
        let mut engine = Engine::new(Arc::clone(&rules), engine_options, 1);
        let destination = Destination::Stream(Box::new(io::stdout()));
        let mut recorder = Recorder::new(Arc::clone(&rules), recorder_options, destination, 1)?;
        recorder.flush()?;
        let limit = options.duration.map(Duration::from_secs);
        let is_over =
            || stop.load(Ordering::Relaxed) || limit.is_some_and(|limit| begun.elapsed() >= limit);
        let status = look_on(&mut device, options.side, &mut engine, &mut recorder, is_over)?;

        engine.finish(|closed| recorder.write(&closed))?;
        let written = recorder.finish()?;
        let mut ledger = engine.ledger();
        ledger.settle(&written.recorded);
        summary::print(&ledger, &written, &rules, begun.elapsed());
        Ok(status)
    })
}

fn rules(options: &WatchOptions) -> Result<Rules, Failure> {
    let Some(file) = &options.inventory else { return Ok(Rules::Promiscuous) };
    let timeline =
        inventory::timeline(std::slice::from_ref(file), options.reserved_addresses.into())?;
    inventory::rules(timeline, options.interface.as_deref())
}

/// Takes packets as they come, and closes windows as time goes by.
fn look_on(
    device: &mut AfPacket,
    side: SideOption,
    engine: &mut Engine,
    recorder: &mut Recorder,
    is_over: impl Fn() -> bool,
) -> Result<Status, Failure> {
    let mut chunk = Chunk::default();
    while !is_over() {
        match device.next_chunk(&mut chunk, PATIENCE) {
            Ok(_) => {}
            Err(error @ AfPacketError::Down { .. }) => say(format_args!("flowlogd: {error}")),
            Err(error) => {
                say(format_args!("flowlogd: {:#}", anyhow::Error::new(error)));
                return Ok(Status::Unreadable);
            }
        }
        if side == SideOption::Host {
            for frame in &mut chunk.frames {
                frame.direction = frame.direction.map(opposite);
            }
        }
        engine.take(&chunk, |closed| recorder.write(&closed))?;
        let at = unix_seconds();
        let lost = device.drops().map_err(Failure::failed)?;
        if lost > 0 {
            engine.lose(at, lost);
        }
        engine.advance(at, &mut |closed| recorder.write(&closed))?;
        recorder.flush()?;
    }
    Ok(Status::Done)
}

/// What the host's end of a cable receives, the other end has sent.
const fn opposite(direction: FrameDirection) -> FrameDirection {
    match direction {
        FrameDirection::Incoming => FrameDirection::Outgoing,
        FrameDirection::Outgoing => FrameDirection::Incoming,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: it is the packets' clock here"
)]
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock: how long to look on")]
fn now() -> Instant {
    Instant::now()
}

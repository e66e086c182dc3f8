//! `flowlogd watch`: a live device → records within seconds.

mod sockets;
mod source;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use flowlogd_agent::capture::boot_time;
use flowlogd_agent::live::SteadyClock;
use flowlogd_agent::output::{Destination, Encoding, Recorder, RecorderOptions};
use flowlogd_agent::{EngineOptions, Rules};
use flowlogd_flowlog::{LogFormat, Mode, Silence, WindowLength};
use flowlogd_vpc::InterfaceIndex;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::WatchOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::say;
use crate::{inventory, summary};
use source::Source;

/// What is shown of a flow unless something else is asked for: with rules, …
const JUDGED_FIELDS: &str = "start,end,interface-id,flow-direction,srcaddr,dstaddr,srcport,dstport,protocol,\
                             packets,bytes,action,x-deciding-rule,x-nearest-miss,log-status";
/// … and without.
const UNJUDGED_FIELDS: &str =
    "start,end,srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,tcp-flags,log-status";

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
    let clock = SteadyClock::new(unix_time(), boot_time().map_err(Failure::failed)?);

    // One thread: a device that needs more is the kernel program's.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Failure::failed)?;
    pool.install(|| {
        let source = Source::open(options, &rules, engine_options, &clock)?;
        let stop = stop_on_signals().map_err(Failure::failed)?;
        let begun = now();
        let destination = Destination::Stream(Box::new(io::stdout()));
        let mut recorder = Recorder::new(Arc::clone(&rules), recorder_options, destination, 1)?;
        // The line of field names is the sign that watching has begun.
        recorder.flush()?;
        let mut watch = Watch { source, recorder, clock };
        let limit = options.duration.map(Duration::from_secs);
        let is_over =
            || stop.load(Ordering::Relaxed) || limit.is_some_and(|limit| begun.elapsed() >= limit);
        let status = watch.look_on(is_over)?;

        let Watch { source, mut recorder, .. } = watch;
        let mut ledger = source.finish(&mut recorder)?;
        let written = recorder.finish()?;
        ledger.settle(&written.recorded);
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
    // Of one interface it goes without saying.
    let single = (timeline.interfaces() == 1)
        .then(|| timeline.book().interface_id(InterfaceIndex(0)).map(str::to_owned))
        .flatten();
    inventory::rules(timeline, options.interface.as_deref().or(single.as_deref()))
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
    source: Source,
    recorder: Recorder,
    clock: SteadyClock,
}

impl Watch {
    /// Takes packets as they come, and closes windows as time goes by, until it is over or the device is
    /// gone. What came before is in the records then.
    fn look_on(&mut self, is_over: impl Fn() -> bool) -> Result<Status, Failure> {
        let mut status = Status::Done;
        while !is_over() {
            advance(&mut self.clock)?;
            let end = self.source.take(&mut self.clock, &mut self.recorder)?;
            self.recorder.flush()?;
            if let Some(end) = end {
                say(format_args!("flowlogd: {end:#}"));
                status = Status::Unreadable;
                break;
            }
        }
        advance(&mut self.clock)?;
        self.source.take_rest(&mut self.clock, &mut self.recorder)?;
        Ok(status)
    }
}

/// Moves the clock on.
fn advance(clock: &mut SteadyClock) -> Result<(), Failure> {
    let boot_time = boot_time().map_err(Failure::failed)?;
    if let Some(by) = clock.advance(unix_time(), boot_time) {
        say(format_args!(
            "flowlogd: the clock of this machine was set by {by:+.1} s; records go on as if it were not"
        ));
    }
    Ok(())
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

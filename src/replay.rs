//! `flowlogd replay`: captures → records.

use std::fs::{self, Metadata};
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use flowlogd_agent::capture::{CaptureError, CaptureReader, Chunk, Progress, Skipped};
use flowlogd_agent::output::{Destination, Recorder, RecorderOptions};
use flowlogd_agent::{Engine, EngineOptions, Rules};
use flowlogd_flowlog::{Mode, Silence, WindowLength};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::ReplayOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::{readable, say};
use crate::{inventory, refusals, summary};

/// Runs the command.
pub(crate) fn run(options: &ReplayOptions) -> Result<Status, Failure> {
    let recorder_options = RecorderOptions {
        format: options.record.chosen()?.unwrap_or_default(),
        traffic: options.traffic_type.into(),
        encoding: options.output_format.into(),
        header: !options.no_header,
        mode: Mode::Replay,
        explain: options.explain,
    };
    spare_inputs(options)?;
    let rules = Arc::new(rules(options)?);
    let threads = match options.threads {
        Some(threads) => threads.get(),
        None => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Failure::failed)?;
    pool.install(|| {
        let begun = now();
        let engine = Engine::new(Arc::clone(&rules), engine_options(options), threads);
        let mut replay = Replay {
            options,
            recorder_options,
            rules: Arc::clone(&rules),
            threads,
            engine,
            recorder: None,
        };
        let status = replay.read_all()?;
        let Some(mut recorder) = replay.recorder else { return Ok(status) };
        replay.engine.finish(|closed| recorder.write(&closed))?;
        let written = recorder.finish()?;

        let mut ledger = replay.engine.ledger();
        ledger.settle(&written.recorded);
        if options.explain {
            refusals::print(&written.refusals.by_packets(), &rules);
        }
        if !options.quiet {
            summary::print(&ledger, &written, &rules, begun.elapsed());
        }
        if !ledger.balances() {
            return Err(Failure::failed(anyhow!(
                "the books do not balance: {ledger:?}; please report this"
            )));
        }
        Ok(status)
    })
}

/// Refuses to write records over what they are made of.
fn spare_inputs(options: &ReplayOptions) -> Result<(), Failure> {
    let file = |path: &Path| {
        let metadata = fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    let Some(output) = file(&options.output) else { return Ok(()) };
    // An inventory's name ends before its `@TIME`, if it has one.
    let inventories = options
        .inventory
        .iter()
        .flat_map(|argument| {
            [Some(argument.as_str()), argument.rsplit_once('@').map(|(name, _)| name)]
        })
        .flatten()
        .map(Path::new);
    let mut inputs = options.captures.iter().map(PathBuf::as_path).chain(inventories);
    if inputs.any(|input| file(input) == Some(output)) {
        return Err(Failure::usage(anyhow!(
            "--output {} is an input too, and would be overwritten: name another file",
            options.output.display()
        )));
    }
    Ok(())
}

fn engine_options(options: &ReplayOptions) -> EngineOptions {
    EngineOptions {
        window: if options.aggregation_interval == "60" {
            WindowLength::ONE_MINUTE
        } else {
            WindowLength::TEN_MINUTES
        },
        max_flows: options.max_flows.get(),
        connection_allowance: options.conntrack_allowance.map(NonZeroUsize::get),
        silence: if options.promiscuous { Silence::Ignored } else { Silence::Reported },
    }
}

fn rules(options: &ReplayOptions) -> Result<Rules, Failure> {
    if options.promiscuous {
        return Ok(Rules::Promiscuous);
    }
    if options.inventory.is_empty() {
        return Err(Failure::usage(anyhow!(
            "by what are the packets judged? Give --inventory FILE, or --promiscuous to record all of them unjudged"
        )));
    }
    let timeline = inventory::timeline(&options.inventory, options.reserved_addresses.into())?;
    inventory::rules(timeline, options.interface.as_deref())
}

/// What is read at a time. The bytes of the chunk, its packets and the flow tables that they touch are to
/// stay in a core's own cache, …
const CHUNK_SIZE: usize = 1 << 18;
/// … but several threads need enough work between two meetings.
const SHARED_CHUNK_SIZE: usize = 1 << 19;

/// A run in progress.
struct Replay<'a> {
    options: &'a ReplayOptions,
    recorder_options: RecorderOptions,
    rules: Arc<Rules>,
    threads: usize,
    engine: Engine,
    /// Made when the first frame was read, so that a capture that cannot be read leaves no file behind.
    recorder: Option<Recorder>,
}

impl Replay<'_> {
    /// Reads the captures one after the other, each as far as it goes.
    fn read_all(&mut self) -> Result<Status, Failure> {
        let mut status = Status::Done;
        for path in &self.options.captures {
            let mut reader = match if path.as_os_str() == "-" {
                CaptureReader::from_stdin()
            } else {
                CaptureReader::open(path)
            } {
                Ok(reader) if self.threads == 1 => reader.with_chunk_size(CHUNK_SIZE),
                Ok(reader) => reader.with_chunk_size(SHARED_CHUNK_SIZE),
                Err(error) => {
                    status = status.max(tell(error));
                    continue;
                }
            };
            if let Some(error) = self.read(&mut reader)? {
                status = status.max(tell(error));
            }
            tell_skipped(reader.file(), &reader.skipped());
        }
        Ok(status)
    }

    /// Reads one capture: while a chunk goes through the engine, the next one is read.
    fn read(&mut self, reader: &mut CaptureReader) -> Result<Option<CaptureError>, Failure> {
        let progress = progress_bar(self.options, reader);
        let (mut front, mut back) = (Chunk::default(), Chunk::default());
        let mut read = reader.next_chunk(&mut front);
        loop {
            match read {
                Ok(Progress::Frames) => {}
                Ok(Progress::End) => {
                    // A capture without packets is a capture: its records are none.
                    self.recorder()?;
                    return Ok(None);
                }
                Err(error) => return Ok(Some(error)),
            }
            self.recorder()?;
            let (engine, Some(recorder)) = (&mut self.engine, &mut self.recorder) else {
                return Ok(None);
            };
            if self.threads == 1 {
                // One buffer stays in the processor's cache.
                engine.take(&front, |closed| recorder.write(&closed))?;
                read = reader.next_chunk(&mut front);
            } else {
                let (next, taken) = rayon::join(
                    || reader.next_chunk(&mut back),
                    || engine.take(&front, |closed| recorder.write(&closed)),
                );
                taken?;
                read = next;
                std::mem::swap(&mut front, &mut back);
            }
            progress.set_position(reader.position());
        }
    }

    fn recorder(&mut self) -> Result<(), Failure> {
        if self.recorder.is_none() {
            let destination = destination(&self.options.output);
            let (rules, options) = (Arc::clone(&self.rules), self.recorder_options.clone());
            self.recorder = Some(Recorder::new(rules, options, destination, self.threads)?);
        }
        Ok(())
    }
}

fn destination(output: &Path) -> Destination {
    let names_directory = output.as_os_str().as_encoded_bytes().ends_with(b"/");
    if output.as_os_str() == "-" {
        Destination::Stream(Box::new(io::stdout()))
    } else if names_directory || output.is_dir() {
        Destination::Directory(output.to_owned())
    } else {
        Destination::File(output.to_owned())
    }
}

/// Says why a capture was not read to its end, and what that means for the exit status.
fn tell(error: CaptureError) -> Status {
    let status = match error {
        CaptureError::Broken { .. } | CaptureError::Read { .. } => Status::Broken,
        CaptureError::Missing { .. }
        | CaptureError::Directory { .. }
        | CaptureError::NotPermitted { .. }
        | CaptureError::Open { .. }
        | CaptureError::Empty { .. }
        | CaptureError::UnknownFormat { .. }
        | CaptureError::UnsupportedLinkType { .. } => Status::Unreadable,
    };
    say(format_args!("flowlogd: {:#}", anyhow::Error::new(error)));
    status
}

fn tell_skipped(file: &str, skipped: &Skipped) {
    for warning in skipped.warnings() {
        say(format_args!("flowlogd: {file}: {warning}"));
    }
}

fn progress_bar(options: &ReplayOptions, reader: &CaptureReader) -> ProgressBar {
    // Records on the same terminal would run through the bar.
    let records_on_terminal = options.output.as_os_str() == "-" && io::stdout().is_terminal();
    if options.quiet || records_on_terminal || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match reader.size() {
        Some(size) => (ProgressBar::new(size), "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"),
        None => (ProgressBar::new_spinner(), "{msg} {spinner} {bytes}"),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(readable(reader.file()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock: how long the run took")]
fn now() -> Instant {
    Instant::now()
}

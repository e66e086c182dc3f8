//! What a device is watched by: the kernel's program where it can be, else packet sockets.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::anyhow;
use flowlogd_agent::capture::DeviceError;
use flowlogd_agent::capture::ebpf::EbpfError;
use flowlogd_agent::live::{KernelWatch, KernelWatchError, SteadyClock};
use flowlogd_agent::output::Recorder;
use flowlogd_agent::{EngineOptions, Ledger, Rules};

use super::advance;
use super::sockets::Sockets;
use crate::cli::{CaptureChoice, WatchOptions};
use crate::exit_status::Failure;
use crate::messages::say;

/// Between two looks at what the kernel has counted: at a million new flows a second, a third of its table.
const NAP: Duration = Duration::from_millis(20);

/// What a device is watched by.
pub(super) enum Source {
    /// The kernel's program.
    Kernel(Box<KernelWatch>),
    /// Packet sockets.
    Sockets(Box<Sockets>),
}

impl Source {
    /// Begins to watch, and says by what.
    pub(super) fn open(
        options: &WatchOptions,
        rules: &Arc<Rules>,
        engine: EngineOptions,
        clock: &SteadyClock,
    ) -> Result<Self, Failure> {
        let device = &options.device;
        let kernel = || KernelWatch::open(device, options.side.into(), rules, engine, clock);
        let reason = match options.capture {
            CaptureChoice::AfPacket => String::new(),
            CaptureChoice::Ebpf => {
                let watch = kernel().map_err(refused)?;
                return Ok(Self::in_kernel(device, watch));
            }
            CaptureChoice::Auto => match kernel() {
                Ok(watch) => return Ok(Self::in_kernel(device, watch)),
                Err(KernelWatchError::Device(error)) => return Err(Failure::unreadable(error)),
                Err(error) => format!(": {}", told(&error)),
            },
        };
        let sockets = Sockets::open(options, rules, engine)?;
        say(format_args!("flowlogd: watching {device} by packet sockets (AF_PACKET){reason}"));
        Ok(Self::Sockets(Box::new(sockets)))
    }

    fn in_kernel(device: &str, watch: KernelWatch) -> Self {
        say(format_args!("flowlogd: watching {device} in the kernel (eBPF)"));
        Self::Kernel(Box::new(watch))
    }

    /// Waits a little, and takes what came. Returns the error after which no more will come.
    pub(super) fn take(
        &mut self,
        clock: &mut SteadyClock,
        recorder: &mut Recorder,
    ) -> Result<Option<anyhow::Error>, Failure> {
        match self {
            Self::Sockets(sockets) => sockets.take(clock, recorder),
            Self::Kernel(watch) => {
                thread::sleep(NAP);
                advance(clock)?;
                recorder.write(&watch.take(clock.now()).map_err(failed)?)?;
                match watch.look_at_device() {
                    Ok(()) => Ok(None),
                    Err(error @ DeviceError::Down { .. }) => {
                        say(format_args!("flowlogd: {error}"));
                        Ok(None)
                    }
                    Err(error) => Ok(Some(error.into())),
                }
            }
        }
    }

    /// Takes what came before now and was not taken yet. There may be no device any more.
    pub(super) fn take_rest(
        &mut self,
        clock: &mut SteadyClock,
        recorder: &mut Recorder,
    ) -> Result<(), Failure> {
        match self {
            Self::Sockets(sockets) => sockets.take_rest(clock, recorder),
            // It comes with the end.
            Self::Kernel(_) => Ok(()),
        }
    }

    /// Has everything written, and returns the books.
    pub(super) fn finish(self, recorder: &mut Recorder) -> Result<Ledger, Failure> {
        match self {
            Self::Sockets(sockets) => sockets.finish(recorder),
            Self::Kernel(mut watch) => {
                recorder.write(&watch.finish().map_err(failed)?)?;
                Ok(watch.ledger())
            }
        }
    }
}

/// Why `--capture ebpf` cannot be had.
fn refused(error: KernelWatchError) -> Failure {
    match error {
        KernelWatchError::Device(error) => Failure::unreadable(error),
        KernelWatchError::NotOneInterface { .. }
        | KernelWatchError::Program(EbpfError::Rules(_)) => {
            Failure::usage(anyhow!("--capture ebpf: {}", told(&error)))
        }
        KernelWatchError::NotPermitted | KernelWatchError::Program(_) => {
            Failure::unreadable(anyhow!("--capture ebpf: {}", told(&error)))
        }
    }
}

fn told(error: &KernelWatchError) -> String {
    match error {
        KernelWatchError::NotOneInterface { .. } => format!("{error} (--interface names one)"),
        KernelWatchError::Device(_)
        | KernelWatchError::NotPermitted
        | KernelWatchError::Program(_) => error.to_string(),
    }
}

fn failed(error: EbpfError) -> Failure {
    Failure::failed(error)
}

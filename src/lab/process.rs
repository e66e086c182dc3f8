//! Processes that outlive the command that started them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::os::unix::process::CommandExt as _;

use crate::exit_status::Failure;

/// How long a process may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A process, told from a later one with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// What it is.
    pub(super) name: String,
    id: i32,
    /// In ticks since the machine was started.
    started: u64,
}

impl Process {
    /// Starts this program with other arguments; what it prints goes into a file.
    pub(super) fn start(
        name: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        log: &Path,
    ) -> Result<Self, Failure> {
        let start = || -> anyhow::Result<Self> {
            let program = std::env::current_exe()?;
            let log = File::options()
                .create(true)
                .append(true)
                .open(log)
                .with_context(|| log.display().to_string())?;
            let child = Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .process_group(0)
                .spawn()?;
            let id = i32::try_from(child.id())?;
            let started = started(id).ok_or_else(|| anyhow!("it ended at once"))?;
            Ok(Self { name: name.to_owned(), id, started })
        };
        start().with_context(|| format!("cannot start the {name}")).map_err(Failure::failed)
    }

    /// Names one that somebody else has started; nothing if it is over.
    pub(super) fn of(id: i32) -> Option<Self> {
        Some(Self { name: "process".to_owned(), id, started: started(id)? })
    }

    /// Whether it still runs.
    pub(super) fn runs(&self) -> bool {
        started(self.id) == Some(self.started)
    }

    /// Ends it, and waits until it has ended.
    pub(super) fn end(&self) {
        for (signal, patience) in [(Signal::SIGTERM, PATIENCE), (Signal::SIGKILL, PATIENCE)] {
            if !self.runs() {
                return;
            }
            // It may have ended in between.
            let _ = kill(Pid::from_raw(self.id), signal);
            let mut left = patience;
            while self.runs() && !left.is_zero() {
                std::thread::sleep(LOOK);
                left = left.saturating_sub(LOOK);
            }
        }
    }
}

/// Returns when a process was started; nothing of one that is over (`proc_pid_stat(5)`).
fn started(id: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Its name may have blanks and brackets in it.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let is_over = matches!(fields.next()?, "Z" | "X");
    fields.nth(18)?.parse().ok().filter(|_| !is_over)
}

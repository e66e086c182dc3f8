//! Runs of the built binary.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The exit status; none if a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Run {
    /// Returns the standard output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("records are text")
    }
}

/// Returns the command `flowlogd replay` with these arguments.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogd"));
    command.arg("replay").args(arguments);
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().expect("the binary runs");
    Run {
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("messages are text"),
        status: output.status.code(),
    }
}

/// Runs `flowlogd replay` in a directory.
pub(crate) fn replay<A: AsRef<OsStr>>(
    directory: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    run(command(arguments).current_dir(directory))
}

/// Runs a command whose standard input gets `pieces`, one after the other.
pub(crate) fn run_fed<'p>(
    command: &mut Command,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    let output = std::thread::scope(|scope| {
        let waiting = scope.spawn(move || child.wait_with_output().expect("the binary ends"));
        for piece in pieces {
            if stdin.write_all(piece).is_err() {
                break;
            }
        }
        drop(stdin);
        waiting.join().expect("waiting does not panic")
    });
    Run {
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).expect("messages are text"),
        status: output.status.code(),
    }
}

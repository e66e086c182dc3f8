//! How a run ends: exit statuses, and failures in one line.

use std::fmt;
use std::io;
use std::process::ExitCode;

use flowlogd_agent::output::OutputError;

/// The documented exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// 0: everything was read and written.
    Done,
    /// 1: the output could not be written, or the machine failed; or what was looked over is damaged.
    Failed,
    /// 2: an option, a format or an inventory is wrong.
    Usage,
    /// 3: a file is broken; what could be read of it is in the output.
    Broken,
    /// 4: a file or device cannot be read at all.
    Unreadable,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Broken => 3,
            Status::Unreadable => 4,
        })
    }
}

/// Why a command stopped, with everything that caused it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    error: anyhow::Error,
}

impl Failure {
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { status: Status::Usage, error: error.into() }
    }

    pub(crate) fn broken(error: impl Into<anyhow::Error>) -> Self {
        Self { status: Status::Broken, error: error.into() }
    }

    pub(crate) fn unreadable(error: impl Into<anyhow::Error>) -> Self {
        Self { status: Status::Unreadable, error: error.into() }
    }

    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self { status: Status::Failed, error: error.into() }
    }

    pub(crate) const fn status(&self) -> Status {
        self.status
    }

    /// Returns whether the reader of the output has gone away, which is its right.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        // Standard output itself; a broken connection is another error's source.
        let output = self.error.downcast_ref::<io::Error>();
        self.error.downcast_ref::<OutputError>().is_some_and(OutputError::is_broken_pipe)
            || output.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::failed(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            // Some tell their cause themselves.
            if told.is_empty() {
                told = cause;
            } else if !told.ends_with(&cause) {
                told = format!("{told}: {cause}");
            }
        }
        f.write_str(&told)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error = anyhow!("no room").context("disk: no room").context("cannot write");

        assert_eq!(Failure::failed(error).to_string(), "cannot write: disk: no room");
    }
}

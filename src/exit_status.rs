//! How a run ends: exit statuses, and failures in one line.

use std::fmt;
use std::process::ExitCode;

use flowlogd_agent::output::OutputError;

/// The documented exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// 0: everything was read and written.
    Done,
    /// 1: the output could not be written, or the machine failed.
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
        self.error.downcast_ref::<OutputError>().is_some_and(OutputError::is_broken_pipe)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::failed(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The alternate form appends the causes, each after a colon.
        write!(f, "{:#}", self.error)
    }
}

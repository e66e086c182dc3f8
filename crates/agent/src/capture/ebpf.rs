//! Capture in the kernel: a program at each device judges and counts every packet there, and this process reads what it
//! has counted (live-capture.md).
#![expect(unsafe_code, reason = "no safe interface of bpf(2) in std")]

mod filter;
pub mod layout;
mod link;
mod map;
pub mod pins;
mod plane;
mod program;
mod rules;
mod sys;

use std::io;

pub use link::Way;
pub use plane::{Counted, Plane, PlaneOptions, Retired, Timing};
pub use program::{Clock, Sizes};
pub use rules::{RulesDoNotFit, SlotRules};
pub use sys::Run;

/// Why the kernel's program cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EbpfError {
    /// There was no clang when this was built.
    #[error("this flowlogd was built without the kernel program: there was no clang")]
    NotBuilt,
    /// The kernel refuses the program or a map.
    #[error("the kernel does not take {what}: {why}")]
    Load {
        /// What.
        what: &'static str,
        /// What it says.
        why: String,
    },
    /// The object that was built in is another program's.
    #[error("the kernel program lacks {0}")]
    Lacks(&'static str),
    /// A limit of the tables.
    #[error(transparent)]
    Rules(#[from] RulesDoNotFit),
    /// The kernel refuses something else.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// What the kernel says.
        source: io::Error,
    },
}

impl EbpfError {
    fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { action, source }
    }

    /// Whether an older kernel would say so of what it does not know.
    fn is_unknown(&self) -> bool {
        let Self::System { source, .. } = self else { return false };
        matches!(source.raw_os_error(), Some(libc::EINVAL | libc::E2BIG | libc::EOPNOTSUPP))
    }

    fn load(what: &'static str, error: impl std::error::Error) -> Self {
        Self::Load { what, why: program::chain(&error) }
    }
}

//! An attachment: one interface, its packets, and everything up to the batches that wait for delivery.
//!
//! Each runs on a thread of its own and shares nothing with the others but the sink and the board.

mod bench;
mod board;
mod device_counters;
mod generations;
mod kernel;
mod live;
mod queues;
mod replay;
mod roster;
mod shelf;
mod snapshot;
mod traffic;

#[cfg(debug_assertions)]
use std::ffi::OsString;
use std::sync::Arc;
#[cfg(debug_assertions)]
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use bench::{AttachmentError, Sink};
pub use board::Board;
pub use kernel::{Kernel, Unusable, detach, run as run_kernel};
pub use roster::Roster;
pub use snapshot::{Desk, Snapshot};
pub(crate) use traffic::MOST_HITS;

use crate::config::{AgentConfig, AttachmentConfig};

/// What an attachment's thread is given.
#[derive(Clone)]
pub struct Surroundings {
    /// The agent's configuration.
    pub config: Arc<AgentConfig>,
    /// Where this attachment keeps its journal.
    pub directory: std::path::PathBuf,
    /// What is attached, as it changes.
    pub roster: Roster,
    /// What the control plane says, as it changes.
    pub desk: Desk,
    /// Where batches go.
    pub sink: Arc<dyn Sink>,
    /// Where it tells how it stands.
    pub board: Arc<Board>,
    /// Set when it is to end.
    pub stop: Arc<AtomicBool>,
}

/// Runs an attachment until it is told to stop, or its file is at its end.
pub fn run(attachment: &AttachmentConfig, surroundings: &Surroundings) {
    let board = &surroundings.board;
    board.enter(attachment);
    // One thread: a device that needs more is the kernel program's.
    let pool = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool,
        Err(error) => return board.fail(&attachment.interface, &error.to_string()),
    };
    let result = pool.install(|| {
        if let Some(path) = &attachment.replay {
            replay::run(attachment, path, surroundings)
        } else {
            live::run(attachment, attachment.device.as_deref().unwrap_or_default(), surroundings)
        }
    });
    if let Err(error) = result {
        tracing::error!(interface = attachment.interface, %error, "the attachment failed");
        board.fail(&attachment.interface, &error.to_string());
    }
}

impl Surroundings {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: it is the packets' clock here"
)]
fn unix_time() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ahead = ahead();
    let by = Duration::from_secs(ahead.unsigned_abs());
    if ahead < 0 { now.saturating_sub(by) } else { now + by }
}

/// Seconds by which a test has set the clock: what the file says that `FLOWLOGD_CLOCK_AHEAD` names. Only builds with debug
/// assertions look.
#[cfg(debug_assertions)]
fn ahead() -> i64 {
    static FILE: LazyLock<Option<OsString>> =
        LazyLock::new(|| std::env::var_os("FLOWLOGD_CLOCK_AHEAD"));
    let text = FILE.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
    text.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

#[cfg(not(debug_assertions))]
const fn ahead() -> i64 {
    0
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: when the next epoch is due"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

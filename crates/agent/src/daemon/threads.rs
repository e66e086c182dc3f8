//! The threads of attachments that the kernel's program does not count.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::{AgentError, thread};
use crate::attachment::{self, Roster, Surroundings};
use crate::config::AttachmentConfig;

/// One thread for each.
pub(super) struct Threads {
    surroundings: Surroundings,
    state_dir: PathBuf,
    /// Whether the kernel's program counts at devices, so that files alone are left.
    has_kernel: bool,
    running: Mutex<BTreeMap<String, Running>>,
}

struct Running {
    attachment: AttachmentConfig,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Threads {
    pub(super) fn new(surroundings: Surroundings, state_dir: PathBuf, has_kernel: bool) -> Self {
        Self { surroundings, state_dir, has_kernel, running: Mutex::default() }
    }

    /// Starts and ends threads as the roster changes, for ever.
    pub(super) async fn follow(&self, mut roster: Roster) -> Result<(), AgentError> {
        loop {
            roster.changed().await;
            self.set(&roster.newest())?;
        }
    }

    /// Has a thread for each of these attachments, and for no other.
    pub(super) fn set(&self, attachments: &[AttachmentConfig]) -> Result<(), AgentError> {
        let mut running = self.lock();
        let gone: Vec<String> = running
            .iter()
            .filter(|(_, running)| !attachments.contains(&running.attachment))
            .map(|(id, _)| id.clone())
            .collect();
        for gone in gone.iter().filter_map(|id| running.remove(id)) {
            gone.stop.store(true, Ordering::Relaxed);
            // Its journal may be wanted by the one that comes next.
            let _ = gone.thread.join();
            self.surroundings.board.leave(&gone.attachment.interface);
        }
        for attachment in attachments {
            let is_ours = attachment.replay.is_some() || !self.has_kernel;
            if !is_ours || running.contains_key(&attachment.interface) {
                continue;
            }
            if attachment.is_enforced() {
                let why = "mode enforce takes the kernel's program, which cannot be used here";
                self.surroundings.board.refuse(attachment, why);
                continue;
            }
            let started = self.start(attachment)?;
            running.insert(attachment.interface.clone(), started);
        }
        Ok(())
    }

    fn start(&self, attachment: &AttachmentConfig) -> Result<Running, AgentError> {
        let stop = Arc::new(AtomicBool::new(false));
        let surroundings = Surroundings {
            directory: self.state_dir.join("attachments").join(&attachment.interface),
            stop: Arc::clone(&stop),
            ..self.surroundings.clone()
        };
        let own = attachment.clone();
        let netns = self.surroundings.config.netns.as_deref();
        let thread =
            thread(&attachment.interface, netns, move || attachment::run(&own, &surroundings))?;
        Ok(Running { attachment: attachment.clone(), stop, thread })
    }

    /// Whether all have ended by themselves.
    pub(super) fn are_finished(&self) -> bool {
        self.lock().values().all(|running| running.thread.is_finished())
    }

    /// Ends all, and waits for it. A thread that panicked has said so.
    pub(super) fn stop(&self) {
        let running = std::mem::take(&mut *self.lock());
        for running in running.values() {
            running.stop.store(true, Ordering::Relaxed);
        }
        for running in running.into_values() {
            let _ = running.thread.join();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

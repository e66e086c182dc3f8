//! How the attachments stand, for the report.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flowlogd_aws::flowlogd::{
    AttachmentReport, KernelReport, RuleHits, TrafficReport, WindowLedger,
};

use crate::client::unix_milliseconds;
use crate::config::{AttachmentConfig, Side};

/// Window ledgers that wait for a report; beyond that the oldest are no longer told one by one.
const MAX_LEDGERS: usize = 10_000;

/// The board that attachments write on and the reporter reads.
#[derive(Debug, Default)]
pub struct Board {
    attachments: Mutex<BTreeMap<String, AttachmentReport>>,
    ledgers: Mutex<VecDeque<WindowLedger>>,
    /// Records that gave way in the spool: interface, second of the first, packets.
    gave_way: Mutex<Vec<(String, u64, u64)>>,
    /// Why devices are captured from by packet sockets, if the kernel's program was tried.
    no_kernel: Mutex<Option<String>>,
}

impl Board {
    /// The kernel's program cannot be used.
    pub fn without_kernel(&self, why: String) {
        *lock(&self.no_kernel) = Some(why);
    }

    /// An attachment begins.
    pub(super) fn enter(&self, config: &AttachmentConfig) {
        let (source, mode) = match (&config.device, &config.replay) {
            (_, Some(path)) => (path.display().to_string(), "replay"),
            (device, None) => {
                let mode = if config.is_enforced() { "enforce" } else { "observe" };
                (device.clone().unwrap_or_default(), mode)
            }
        };
        let report = AttachmentReport {
            interface_id: config.interface.clone(),
            source,
            side: if config.side == Side::Host { "host" } else { "guest" }.to_owned(),
            mode: mode.to_owned(),
            capture_reason: if config.replay.is_some() {
                None
            } else {
                lock(&self.no_kernel).clone()
            },
            capture: if config.replay.is_some() { "replay" } else { "af_packet" }.to_owned(),
            state: "waiting".to_owned(),
            detail: Some("for the configuration from the server".to_owned()),
            ..AttachmentReport::default()
        };
        lock(&self.attachments).insert(config.interface.clone(), report);
    }

    /// An attachment is none any more.
    pub fn leave(&self, interface: &str) {
        lock(&self.attachments).remove(interface);
    }

    /// An attachment does its work.
    pub(super) fn work(&self, interface: &str, state: &str) {
        self.change(interface, state, None);
    }

    /// An attachment does its work, but for something.
    pub(super) fn work_but(&self, interface: &str, state: &str, but: Option<&str>) {
        self.change(interface, state, but.map(ToOwned::to_owned));
    }

    /// An attachment waits for something.
    pub(super) fn wait(&self, interface: &str, what: &str) {
        self.change(interface, "waiting", Some(what.to_owned()));
    }

    /// An attachment cannot begin.
    pub fn refuse(&self, config: &AttachmentConfig, why: &str) {
        self.enter(config);
        self.fail(&config.interface, why);
    }

    /// An attachment has ended for a fault.
    pub(super) fn fail(&self, interface: &str, why: &str) {
        self.change(interface, "failed", Some(why.to_owned()));
    }

    fn change(&self, interface: &str, state: &str, detail: Option<String>) {
        if let Some(report) = lock(&self.attachments).get_mut(interface) {
            if report.state != state || report.detail != detail {
                let detail = detail.as_deref().unwrap_or_default();
                tracing::info!(interface, state, detail, "attachment");
            }
            if report.counting_since.is_none() && state == "capturing" {
                report.counting_since = Some(unix_milliseconds());
            }
            state.clone_into(&mut report.state);
            report.detail = detail;
        }
    }

    /// An attachment has seen packets up to a second.
    pub(super) fn count(&self, interface: &str, packets: u64, last: u64) {
        if packets > 0
            && let Some(report) = lock(&self.attachments).get_mut(interface)
        {
            report.packets += packets;
            report.last_packet = i64::try_from(last.saturating_mul(1000)).ok();
        }
    }

    /// What reads an attachment's packets.
    pub(super) fn capture(&self, interface: &str, capture: &str) {
        self.edit(interface, |report| capture.clone_into(&mut report.capture));
    }

    /// What became of an attachment's packets, and which rules decided.
    pub(super) fn traffic(&self, interface: &str, traffic: TrafficReport, hits: Vec<RuleHits>) {
        self.edit(interface, |report| {
            report.traffic = traffic;
            report.hits = hits;
        });
    }

    /// What the kernel's tables tell of an attachment.
    pub(super) fn kernel(&self, interface: &str, kernel: KernelReport) {
        self.edit(interface, |report| report.kernel = Some(kernel));
    }

    fn edit(&self, interface: &str, edit: impl FnOnce(&mut AttachmentReport)) {
        if let Some(report) = lock(&self.attachments).get_mut(interface) {
            edit(report);
        }
    }

    /// A window is closed.
    pub(crate) fn settle(&self, ledger: WindowLedger) {
        let mut ledgers = lock(&self.ledgers);
        if ledgers.len() == MAX_LEDGERS {
            ledgers.pop_front();
            tracing::warn!("a window's ledger was not reported: too many wait");
        }
        ledgers.push_back(ledger);
    }

    /// Records of an interface were lost in the spool: its attachment will tell.
    pub fn give_way(&self, interface: &str, second: u64, packets: u64) {
        lock(&self.gave_way).push((interface.to_owned(), second, packets));
    }

    /// Takes what an interface lost in the spool: second of the first record, packets.
    pub(super) fn take_losses(&self, interface: &str) -> Vec<(u64, u64)> {
        let mut gave_way = lock(&self.gave_way);
        let mut mine = Vec::new();
        gave_way.retain(|(of, second, packets)| {
            let is_mine = of == interface;
            if is_mine {
                mine.push((*second, *packets));
            }
            !is_mine
        });
        mine
    }

    /// Returns how every attachment stands.
    pub fn attachments(&self) -> Vec<AttachmentReport> {
        lock(&self.attachments).values().cloned().collect()
    }

    /// Returns the ledgers of the first `most` windows that have not been reported.
    pub fn first_ledgers(&self, most: usize) -> Vec<WindowLedger> {
        lock(&self.ledgers).iter().take(most).cloned().collect()
    }

    /// Forgets ledgers that [`Board::first_ledgers`] gave and that have been reported.
    pub fn forget_ledgers(&self, reported: &[WindowLedger]) {
        let mut ledgers = lock(&self.ledgers);
        for ledger in reported {
            // Some may have given way meanwhile.
            if ledgers.front() == Some(ledger) {
                ledgers.pop_front();
            }
        }
    }

    /// Returns the ledgers of an interface that have not been reported.
    pub(super) fn untold(&self, interface: &str) -> Vec<WindowLedger> {
        let ledgers = lock(&self.ledgers);
        ledgers.iter().filter(|ledger| ledger.interface_id == interface).cloned().collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The last report of every agent, for `/metrics`: what is kept for longer is in the log group.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use flowlogd_aws::flowlogd::ReportAgentRequest;

/// By account and host.
type ByAgent = BTreeMap<(String, String), (i64, ReportAgentRequest)>;

/// An agent that has not reported for so long is not told of any more, in milliseconds: its lease is over.
const LENGTH: i64 = 60_000;

/// Reports in memory.
#[derive(Debug, Default)]
pub(crate) struct Reports(Mutex<ByAgent>);

impl Reports {
    /// Keeps a report that came at a time in Unix milliseconds.
    pub(crate) fn keep(&self, account: &str, host: &str, now: i64, report: &ReportAgentRequest) {
        let kept = ReportAgentRequest { ledger: Vec::new(), ..report.clone() };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((account.to_owned(), host.to_owned()), (now, kept));
    }

    /// Returns host and report of the agents that are there.
    pub(crate) fn present(&self, now: i64) -> Vec<(String, ReportAgentRequest)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| now - *at <= LENGTH);
        all.iter().map(|((_, host), (_, report))| (host.clone(), report.clone())).collect()
    }
}

//! How delivery for a flow log stands, as `DescribeFlowLogs` tells it.

use std::time::Duration;

use flowlogd_aws::flowlogd::DeliveryReport;
use tokio::time::Instant;

use super::attempt::Outcome;
use super::failure::Trouble;
use crate::spool::{QueueId, QueueState};

/// What is known of a queue.
#[derive(Debug, Default)]
pub(super) struct Status {
    /// What `deliverLogsErrorMessage` says, but for a service that is not away for long.
    failed: Option<Trouble>,
    /// Since when nothing but unknown trouble was met.
    unknown_since: Option<Instant>,
    detail: Option<String>,
    last_delivery: Option<i64>,
    delivered_records: u64,
    refused_records: u64,
    gone: bool,
}

impl Status {
    /// Takes note of an attempt that ended at `now`, or `wall` in Unix milliseconds.
    pub(super) fn note(&mut self, outcome: &Outcome, now: Instant, wall: i64, patience: Duration) {
        match outcome {
            Outcome::Delivered { records, refused } => {
                self.delivered_records += records;
                self.refused_records += refused;
                self.last_delivery = Some(wall);
                (self.failed, self.unknown_since, self.detail) = (None, None, None);
            }
            // The service answered; that it did not want these events is not trouble of the flow log.
            Outcome::Refused { records, detail } => {
                self.refused_records += records;
                (self.failed, self.unknown_since) = (None, None);
                self.detail = Some(detail.clone());
            }
            Outcome::Lost => {}
            Outcome::Failed(Trouble::Unknown, detail) => {
                let since = *self.unknown_since.get_or_insert(now);
                if now.duration_since(since) >= patience {
                    self.failed = Some(Trouble::Unknown);
                }
                self.detail = Some(detail.clone());
            }
            Outcome::Failed(trouble @ (Trouble::Access | Trouble::RateLimited), detail) => {
                (self.failed, self.unknown_since) = (Some(*trouble), None);
                self.detail = Some(detail.clone());
            }
        }
    }

    /// Takes note of events that were lost with the queue.
    pub(super) const fn note_removed(&mut self) {
        self.gone = true;
    }

    /// The queue is served again.
    pub(super) const fn note_served(&mut self) {
        self.gone = false;
    }

    /// Returns whether the queue was removed.
    pub(super) const fn is_gone(&self) -> bool {
        self.gone
    }

    pub(super) fn report(
        &self,
        queue: &QueueId,
        state: &QueueState,
        now: Instant,
        wall: i64,
        patience: Duration,
    ) -> DeliveryReport {
        let is_away = self.unknown_since.is_some_and(|since| now.duration_since(since) >= patience);
        let failed = if is_away { Some(Trouble::Unknown) } else { self.failed };
        let lag = state.oldest.map_or(0, |oldest| wall.saturating_sub(oldest));
        DeliveryReport {
            flow_log_id: queue.owner().to_owned(),
            status: if failed.is_some() { "FAILED" } else { "SUCCESS" }.to_owned(),
            error_message: failed.map(|trouble| trouble.message().to_owned()),
            detail: self.detail.clone(),
            last_delivery: self.last_delivery,
            pending_batches: state.batches,
            delivered_records: self.delivered_records,
            refused_records: self.refused_records,
            lag: u64::try_from(lag).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    fn told(status: &Status, now: Instant) -> (String, Option<String>) {
        let report = status.report(&"fl-1".into(), &QueueState::default(), now, 1_000, PATIENCE);
        (report.status, report.error_message)
    }

    fn failed(trouble: Trouble) -> Outcome {
        Outcome::Failed(trouble, "why".to_owned())
    }

    #[test]
    fn a_service_that_is_away_is_an_unknown_error_only_after_a_minute() {
        let (mut status, start) = (Status::default(), Instant::now());
        status.note(&failed(Trouble::Unknown), start, 0, PATIENCE);

        let before = told(&status, start + Duration::from_secs(59));
        let after = told(&status, start + Duration::from_mins(1));
        status.note(&Outcome::Delivered { records: 1, refused: 0 }, start, 0, PATIENCE);
        let again = told(&status, start + Duration::from_secs(61));

        assert_eq!(before, ("SUCCESS".to_owned(), None));
        assert_eq!(after, ("FAILED".to_owned(), Some("Unknown error".to_owned())));
        assert_eq!(again, ("SUCCESS".to_owned(), None));
    }

    #[test]
    fn a_short_absence_does_not_hide_an_access_error() {
        let (mut status, start) = (Status::default(), Instant::now());
        status.note(&failed(Trouble::Access), start, 0, PATIENCE);
        status.note(&failed(Trouble::Unknown), start, 0, PATIENCE);

        assert_eq!(told(&status, start).1.as_deref(), Some("Access error"));
    }
}

//! How things stand, told to the server.

use std::collections::BTreeMap;
use std::time::Duration;

use flowlogd_aws::flowlogd::{
    DeliveryReport, ReportAgentRequest, ReportAgentResponse, SERVICE, TARGET, WindowLedger,
};

use super::RETRY;
use super::dispatch::Dispatch;
use crate::attachment::{Board, MOST_HITS};
use crate::client::{CallError, Client};
use crate::delivery::Refusal;
use crate::spool::Spool;

/// Between two looks whether there is something to report.
const REPORT: Duration = Duration::from_millis(500);
/// After so long an unchanged report is sent again: leases last 60 s, and who looks on wants to know.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Ledgers that one report takes along.
const LEDGERS_PER_REPORT: usize = 500;
/// Rules that one report tells of.
const HITS_PER_REPORT: usize = 1000;

/// Reports whenever there is something new, and now and then anyway.
pub(super) async fn report(client: &Client, board: &Board, delivery: &Dispatch, spool: &Spool) {
    let mut last: Option<ReportAgentRequest> = None;
    let mut sent = tokio::time::Instant::now();
    loop {
        let next = standing(board, delivery, spool);
        let is_due = last.as_ref() != Some(&next) && is_news(last.as_ref(), &next)
            || !board.first_ledgers(1).is_empty()
            || sent.elapsed() > HEARTBEAT;
        if is_due {
            match send_report(client, board, delivery, spool).await {
                Ok(()) => {
                    sent = tokio::time::Instant::now();
                    last = Some(next);
                }
                Err(error) => {
                    tracing::debug!(%error, "the report did not arrive");
                    tokio::time::sleep(RETRY.1).await;
                }
            }
        }
        tokio::time::sleep(REPORT).await;
    }
}

/// Whether somebody would want to know at once: not of every packet, but of every change of state.
fn is_news(last: Option<&ReportAgentRequest>, next: &ReportAgentRequest) -> bool {
    let Some(last) = last else { return true };
    let states = |report: &ReportAgentRequest| -> Vec<(String, String, Option<String>)> {
        let attachments = report.attachments.iter().map(|attachment| {
            (attachment.interface_id.clone(), attachment.state.clone(), attachment.detail.clone())
        });
        let deliveries = report.deliveries.iter().map(|delivery| {
            (
                delivery.flow_log_id.clone(),
                format!("{} {}", delivery.status, delivery.delivered_records > 0),
                delivery.detail.clone(),
            )
        });
        attachments.chain(deliveries).collect()
    };
    states(last) != states(next)
}

/// Returns how many hits of an attachment a report has room for, if it tells of so many attachments: it is one
/// log event, whose size has a limit.
pub(crate) fn hits_room(attachments: usize) -> usize {
    (HITS_PER_REPORT / attachments.max(1)).clamp(1, MOST_HITS)
}

fn standing(board: &Board, delivery: &Dispatch, spool: &Spool) -> ReportAgentRequest {
    let mut attachments = board.attachments();
    let most = hits_room(attachments.len());
    for attachment in &mut attachments {
        attachment.hits.truncate(most);
    }
    ReportAgentRequest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        attachments,
        ledger: Vec::new(),
        deliveries: by_flow_log(delivery.delivery.reports()),
        spool_bytes: spool.bytes(),
        spool_dropped_batches: spool.dropped_batches(),
    }
}

/// Reports how things stand, with all ledgers that wait.
pub(super) async fn send_report(
    client: &Client,
    board: &Board,
    delivery: &Dispatch,
    spool: &Spool,
) -> Result<(), CallError> {
    loop {
        let mut request = standing(board, delivery, spool);
        for refusal in delivery.delivery.take_refusals() {
            board.settle(undelivered(&refusal));
        }
        request.ledger = board.first_ledgers(LEDGERS_PER_REPORT);
        let is_last = request.ledger.len() < LEDGERS_PER_REPORT;
        let answer: Result<ReportAgentResponse, CallError> =
            client.json(SERVICE, TARGET, "ReportAgent", &request).await;
        answer?;
        board.forget_ledgers(&request.ledger);
        if is_last {
            return Ok(());
        }
    }
}

/// Sums up the queues of a flow log: it has failed as long as one of them has.
fn by_flow_log(reports: Vec<DeliveryReport>) -> Vec<DeliveryReport> {
    let mut sums: BTreeMap<String, DeliveryReport> = BTreeMap::new();
    for report in reports {
        let Some(sum) = sums.get_mut(&report.flow_log_id) else {
            sums.insert(report.flow_log_id.clone(), report);
            continue;
        };
        if report.status != "SUCCESS" && sum.status == "SUCCESS" {
            sum.status = report.status;
            sum.error_message = report.error_message;
            sum.detail = report.detail;
        }
        sum.last_delivery = sum.last_delivery.max(report.last_delivery);
        sum.pending_batches += report.pending_batches;
        sum.delivered_records += report.delivered_records;
        sum.refused_records += report.refused_records;
        sum.lag = sum.lag.max(report.lag);
    }
    sums.into_values().collect()
}

/// The entry of a ledger for records that a destination has refused for good.
fn undelivered(refusal: &Refusal) -> WindowLedger {
    WindowLedger {
        interface_id: refusal.interface.to_string(),
        start: u64::try_from(refusal.first / 1000).unwrap_or(0),
        end: u64::try_from(refusal.last / 1000).unwrap_or(0) + 1,
        undelivered: BTreeMap::from([(refusal.reason.clone(), refusal.packets)]),
        ..WindowLedger::default()
    }
}

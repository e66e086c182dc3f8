//! `ReportAgent`: how things stand at an agent, and so how delivery stands of the flow logs it serves.

use flowlogd_aws::Fault;
use flowlogd_aws::flowlogd::{DeliveryReport, ReportAgentRequest, ReportAgentResponse};
use flowlogd_logstore::{Batch, InputEvent, NewGroup, StoreError};

use super::{AGENTS, host, lease};
use crate::call::{Call, internal};
use crate::model::{Delivery, FlowLog};

/// Reports are kept so many days.
const RETENTION: u32 = 1;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn report(
    call: &Call<'_>,
    request: ReportAgentRequest,
) -> Result<ReportAgentResponse, Fault> {
    let host = host(call)?;
    for attachment in &request.attachments {
        lease::take(call, host, &attachment.interface_id)?;
    }
    for delivery in &request.deliveries {
        enter(call, host, delivery)?;
    }
    keep(call, host, &request)?;
    call.reports.keep(call.account(), host, call.now(), &request);
    Ok(ReportAgentResponse {})
}

/// Enters what a flow log's status is at this host, if it has changed.
fn enter(call: &Call<'_>, host: &str, report: &DeliveryReport) -> Result<(), Fault> {
    // It may have been deleted meanwhile.
    if call.get::<FlowLog>(&report.flow_log_id)?.is_none() {
        return Ok(());
    }
    let delivery = Delivery {
        id: format!("{}/{host}", report.flow_log_id),
        flow_log_id: report.flow_log_id.clone(),
        failed: report.status != "SUCCESS",
        error_message: report.error_message.clone(),
        detail: report.detail.clone(),
    };
    if call.get::<Delivery>(&delivery.id)?.as_ref() != Some(&delivery) {
        call.put(&delivery)?;
    }
    Ok(())
}

/// Keeps the report as a log event, for consoles, `flowlogd doctor` and people.
fn keep(call: &Call<'_>, host: &str, request: &ReportAgentRequest) -> Result<(), Fault> {
    let owner = call.owner();
    let message = serde_json::to_string(request).map_err(|error| internal(&error))?;
    let batch = || Batch {
        owner: &owner,
        group: AGENTS,
        stream: host,
        events: vec![InputEvent { timestamp: call.now(), message: message.clone() }],
        producer: None,
    };
    let put = match call.logs.put(batch(), call.now()) {
        Err(StoreError::NoGroup | StoreError::NoStream) => {
            let group = NewGroup {
                name: AGENTS.to_owned(),
                class: "STANDARD".to_owned(),
                retention_days: Some(RETENTION),
                ..NewGroup::default()
            };
            match call.logs.create_group(&owner, &group, call.now()) {
                Ok(()) | Err(StoreError::GroupExists) => {}
                Err(error) => return Err(internal(&error)),
            }
            match call.logs.create_stream(&owner, AGENTS, host, call.now()) {
                Ok(()) | Err(StoreError::StreamExists) => {}
                Err(error) => return Err(internal(&error)),
            }
            call.logs.put(batch(), call.now())
        }
        put => put,
    };
    match put {
        Ok(_) => Ok(()),
        // A full disk does not make the report fail: the state is what counts.
        Err(error @ StoreError::Full(_)) => {
            tracing::warn!(%error, "an agent's report was not kept");
            Ok(())
        }
        Err(error) => Err(internal(&error)),
    }
}

//! `DescribeFlowLogs`.

use flowlogd_aws::ec2::shapes::FlowLog as Printed;
use flowlogd_aws::ec2::{DescribeFlowLogsRequest, DescribeFlowLogsResponse};
use flowlogd_aws::{Fault, Timestamp};

use super::super::{filter, page, tagging};
use super::{check_ids, missing};
use crate::call::Call;
use crate::model::{Delivery, FlowLog};

const FILTERS: &[&str] = &[
    "deliver-log-status",
    "log-destination-type",
    "flow-log-id",
    "log-group-name",
    "resource-id",
    "traffic-type",
];

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeFlowLogsRequest,
) -> Result<DescribeFlowLogsResponse, Fault> {
    call.authorize("ec2:DescribeFlowLogs", "*")?;
    check_ids(&request.flow_log_ids)?;
    filter::check(&request.filters, FILTERS)?;
    call.dry_run(request.dry_run)?;

    let all: Vec<FlowLog> = call.list()?;
    let ids = &request.flow_log_ids;
    let unknown: Vec<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| !all.iter().any(|flow_log| flow_log.id == *id))
        .collect();
    if !unknown.is_empty() {
        return Err(missing(&unknown));
    }
    let deliveries: Vec<Delivery> = call.list()?;
    let found: Vec<Printed> = all
        .iter()
        .filter(|flow_log| ids.is_empty() || ids.contains(&flow_log.id))
        .map(|flow_log| (flow_log, printed(flow_log, &deliveries)))
        .filter(|(flow_log, printed)| {
            filter::matches(&request.filters, &flow_log.tags, |name| values(printed, name))
        })
        .map(|(_, printed)| printed)
        .collect();
    let (flow_log_set, next_token) = page::page(
        found,
        |flow_log| &flow_log.flow_log_id,
        request.max_results,
        request.next_token.as_deref(),
    )?;
    Ok(DescribeFlowLogsResponse { flow_log_set, next_token })
}

fn values(flow_log: &Printed, filter: &str) -> Vec<String> {
    let value = match filter {
        "deliver-log-status" => Some(flow_log.deliver_logs_status.clone()),
        "log-destination-type" => Some(flow_log.log_destination_type.clone()),
        "flow-log-id" => Some(flow_log.flow_log_id.clone()),
        "log-group-name" => flow_log.log_group_name.clone(),
        "resource-id" => Some(flow_log.resource_id.clone()),
        "traffic-type" => Some(flow_log.traffic_type.clone()),
        _ => None,
    };
    value.into_iter().collect()
}

/// As answers print it. It has failed as long as it does at any host.
fn printed(flow_log: &FlowLog, deliveries: &[Delivery]) -> Printed {
    let failure =
        deliveries.iter().find(|delivery| delivery.flow_log_id == flow_log.id && delivery.failed);
    Printed {
        creation_time: Timestamp(flow_log.created),
        deliver_logs_error_message: failure.and_then(|failure| failure.error_message.clone()),
        deliver_logs_permission_arn: Some(flow_log.deliver_logs_permission_arn.clone()),
        deliver_logs_status: if failure.is_some() { "FAILED" } else { "SUCCESS" }.to_owned(),
        flow_log_id: flow_log.id.clone(),
        flow_log_status: "ACTIVE".to_owned(),
        log_group_name: Some(flow_log.log_group_name.clone()),
        resource_id: flow_log.resource_id.clone(),
        traffic_type: flow_log.traffic_type.clone(),
        log_destination_type: "cloud-watch-logs".to_owned(),
        log_destination: flow_log.log_destination.clone(),
        log_format: flow_log.log_format.clone(),
        tag_set: tagging::printed(&flow_log.tags),
        max_aggregation_interval: flow_log.max_aggregation_interval,
    }
}

//! `flowlogd status`: agents, attachments and flow logs at a glance.

use std::io::{self, Write as _};

use flowlogd_agent::doctor::{Agent, agents, flow_logs};
use flowlogd_aws::ec2::shapes::FlowLog;
use serde_json::json;

use crate::cli::StatusOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::readable;
use crate::service::{self, unix_millis};

/// Prints what there is.
pub(crate) fn run(options: &StatusOptions) -> Result<Status, Failure> {
    let client = service::client(&options.client)?;
    let (agents, flow_logs) = service::block_on(async {
        let agents = agents(&client).await.map_err(Failure::failed)?;
        Ok((agents, flow_logs(&client, None).await.map_err(Failure::failed)?))
    })?;
    let mut out = io::stdout().lock();
    let text = if options.json {
        let agents: Vec<_> = agents
            .iter()
            .map(|agent| json!({ "host": agent.host, "at": agent.at, "report": agent.report }))
            .collect();
        let value = json!({ "agents": agents, "flowLogs": flow_logs });
        serde_json::to_string_pretty(&value).map_err(Failure::failed)? + "\n"
    } else {
        attachments(&agents, unix_millis()) + &logs(&agents, &flow_logs)
    };
    out.write_all(text.as_bytes()).map_err(Failure::failed)?;
    Ok(Status::Done)
}

fn attachments(agents: &[Agent], now: i64) -> String {
    if agents.is_empty() {
        return "No agent has reported here.\n".to_owned();
    }
    let mut text = String::new();
    for agent in agents {
        let age = (now - agent.at).max(0) / 1000;
        text += &format!("Agent {} ({}, heard of {age} s ago)\n", agent.host, agent.report.version);
        if agent.report.attachments.is_empty() {
            text += "  no attachments\n";
        }
        for attachment in &agent.report.attachments {
            let detail =
                attachment.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
            text += &readable(&format!(
                "  {} at {} ({}, {}): {}{detail}, {} packets",
                attachment.interface_id,
                attachment.source,
                attachment.side,
                attachment.mode,
                attachment.state,
                attachment.packets
            ));
            text.push('\n');
        }
        if agent.report.spool_bytes > 0 {
            text += &format!("  {} bytes wait for delivery\n", agent.report.spool_bytes);
        }
        if agent.report.spool_dropped_batches > 0 {
            text += &format!(
                "  {} batches were dropped: the spool was full, or their flow log was gone\n",
                agent.report.spool_dropped_batches
            );
        }
    }
    text
}

fn logs(agents: &[Agent], flow_logs: &[FlowLog]) -> String {
    let mut text = String::from("\n");
    if flow_logs.is_empty() {
        text += "There is no flow log.\n";
    }
    for flow_log in flow_logs {
        text += &format!(
            "{} {} {} → {} in windows of at most {} s: {}",
            flow_log.flow_log_id,
            flow_log.resource_id,
            flow_log.traffic_type,
            flow_log.log_group_name.as_deref().unwrap_or_default(),
            flow_log.max_aggregation_interval,
            flow_log.deliver_logs_status
        );
        if let Some(message) = &flow_log.deliver_logs_error_message {
            text += &format!(" ({message}; flowlogd doctor {} says why)", flow_log.flow_log_id);
        }
        let reports = agents.iter().flat_map(|agent| &agent.report.deliveries);
        let (mut delivered, mut waiting) = (0, 0);
        for report in reports.filter(|report| report.flow_log_id == flow_log.flow_log_id) {
            delivered += report.delivered_records;
            waiting += report.pending_batches;
        }
        text += &format!(", {delivered} records delivered");
        if waiting > 0 {
            text += &format!(", {waiting} batches waiting");
        }
        text.push('\n');
    }
    text
}

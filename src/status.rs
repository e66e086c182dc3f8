//! `flowlogd status`: agents, attachments, flow logs and the log store at a glance.

mod log_store;

use std::io::{self, Write as _};

use flowlogd_agent::doctor::{Agent, agents, flow_logs};
use flowlogd_aws::ec2::shapes::FlowLog;
use flowlogd_aws::flowlogd::{AttachmentReport, KernelReport, RuleHits};
use serde_json::json;

use crate::cli::StatusOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::readable;
use crate::service::{self, unix_millis};

/// Prints what there is.
pub(crate) fn run(options: &StatusOptions) -> Result<Status, Failure> {
    let client = service::client(&options.client)?;
    let (agents, flow_logs, store) = service::block_on(async {
        let agents = agents(&client).await.map_err(Failure::failed)?;
        let flow_logs = flow_logs(&client, None).await.map_err(Failure::failed)?;
        // Who may not see it sees the rest.
        Ok((agents, flow_logs, log_store::ask(&client).await))
    })?;
    let mut out = io::stdout().lock();
    let text = if options.json {
        let agents: Vec<_> = agents
            .iter()
            .map(|agent| json!({ "host": agent.host, "at": agent.at, "report": agent.report }))
            .collect();
        let value = json!({ "agents": agents, "flowLogs": flow_logs, "logStore": store.ok() });
        serde_json::to_string_pretty(&value).map_err(Failure::failed)? + "\n"
    } else {
        attachments(&agents, options.rules, unix_millis())
            + &logs(&agents, &flow_logs)
            + &log_store::told(&store)
    };
    out.write_all(text.as_bytes()).map_err(Failure::failed)?;
    Ok(Status::Done)
}

/// What became of an attachment's packets, and how full the kernel's tables are.
fn traffic(attachment: &AttachmentReport) -> String {
    let is_quiet = |kernel: &KernelReport| kernel.unseen == 0 && kernel.dropped == 0;
    if attachment.packets == 0 && attachment.kernel.as_ref().is_none_or(is_quiet) {
        return String::new();
    }
    let traffic = &attachment.traffic;
    let mut text = format!(
        "    {} flows, {} bytes; accepted {}, rejected {}, excluded {}, lost {}\n",
        traffic.flows,
        traffic.bytes,
        traffic.accepted,
        traffic.rejected,
        traffic.excluded,
        traffic.lost
    );
    if let Some(kernel) = &attachment.kernel {
        let room = if kernel.has_allowance { "allowance" } else { "room for" };
        text += &format!(
            "    {} connections ({room} {}); packets dropped by the rules {}; frames unseen {}, dropped by the queue {}, by the device {}; flow table {} ‰ full, drained in {} µs\n",
            kernel.connections,
            kernel.connection_room,
            kernel.dropped,
            kernel.unseen,
            kernel.queue_drops,
            kernel.device_drops,
            kernel.flow_table_fill,
            kernel.drain_micros
        );
    }
    text
}

/// Which rules decided, the last used first.
fn hits(attachment: &AttachmentReport, now: i64) -> String {
    let line = |hits: &RuleHits| {
        let age = (now - hits.last_use).max(0) / 1000;
        readable(&format!("    {}: {} packets, last {age} s ago", hits.rule, hits.packets)) + "\n"
    };
    attachment.hits.iter().map(line).collect()
}

fn attachments(agents: &[Agent], rules: bool, now: i64) -> String {
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
                "  {} at {} ({}, {}, {}): {}{detail}, {} packets",
                attachment.interface_id,
                attachment.source,
                attachment.side,
                attachment.mode,
                attachment.capture,
                attachment.state,
                attachment.packets
            ));
            text.push('\n');
            if let Some(why) = &attachment.capture_reason {
                text += &readable(&format!("    not counted in the kernel: {why}"));
                text.push('\n');
            }
            text += &traffic(attachment);
            if rules {
                text += &hits(attachment, now);
            }
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

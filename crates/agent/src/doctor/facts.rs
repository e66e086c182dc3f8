//! What can be asked about a flow log.

#![expect(
    clippy::indexing_slicing,
    reason = "an index into JSON gives null where there is nothing"
)]

use flowlogd_aws::codec::{Node, from_node};
use flowlogd_aws::ec2::shapes::FlowLog;
use flowlogd_aws::flowlogd::{AttachmentReport, DeliveryReport, ReportAgentRequest};
use serde_json::{Value, json};

use super::{Condition, Walk};
use crate::client::{CallError, Client};

/// An agent that has not reported for so long is gone, in milliseconds.
const SILENCE: i64 = 60_000;
/// The group that agents' reports are in.
const AGENTS: &str = "/flowlogd/agents";
const LOGS: &str = "Logs_20140328";

/// One agent's last report.
pub struct Agent {
    /// Its host.
    pub host: String,
    /// Unix milliseconds.
    pub at: i64,
    /// What it said.
    pub report: ReportAgentRequest,
}

/// Asks every agent's last report.
pub async fn agents(client: &Client) -> Result<Vec<Agent>, CallError> {
    let request = json!({ "logGroupName": AGENTS });
    let streams: Value = match client.json("logs", LOGS, "DescribeLogStreams", &request).await {
        Ok(streams) => streams,
        Err(error) if error.is_missing_resource() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut agents = Vec::new();
    for stream in streams["logStreams"].as_array().into_iter().flatten() {
        let Some(host) = stream["logStreamName"].as_str() else { continue };
        let request = json!({ "logGroupName": AGENTS, "logStreamName": host, "limit": 1 });
        let page: Value = client.json("logs", LOGS, "GetLogEvents", &request).await?;
        let Some(event) = page["events"].get(0) else { continue };
        let report = event["message"].as_str().map(serde_json::from_str);
        if let (Some(Ok(report)), Some(at)) = (report, event["timestamp"].as_i64()) {
            agents.push(Agent { host: host.to_owned(), at, report });
        }
    }
    Ok(agents)
}

/// Asks for one flow log, or for all.
pub async fn flow_logs(
    client: &Client,
    flow_log_id: Option<&str>,
) -> Result<Vec<FlowLog>, CallError> {
    let mut flow_logs = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut parameters: Vec<(&str, &str)> = Vec::new();
        if let Some(id) = flow_log_id {
            parameters.push(("FlowLogId.1", id));
        } else {
            parameters.push(("MaxResults", "1000"));
        }
        if let Some(token) = &token {
            parameters.push(("NextToken", token));
        }
        let version = flowlogd_aws::ec2::VERSION;
        let answer = client.query("ec2", version, "DescribeFlowLogs", &parameters).await?;
        let page: flowlogd_aws::ec2::DescribeFlowLogsResponse =
            from_node(&answer).map_err(|error| CallError::Malformed(error.to_string()))?;
        flow_logs.extend(page.flow_log_set);
        token = page.next_token;
        if token.is_none() {
            return Ok(flow_logs);
        }
    }
}

/// A policy of the role: its name and its text.
pub(super) type PolicyText = (String, String);

/// Everything about one flow log; what could not be asked says why.
pub(super) struct Facts {
    pub(super) flow_log: FlowLog,
    pub(super) now: i64,
    pub(super) account: Result<String, CallError>,
    pub(super) region: String,
    interfaces: Result<Vec<String>, CallError>,
    agents: Result<Vec<Agent>, CallError>,
    /// The trust policy; none where there is no such role.
    pub(super) trust: Result<Option<String>, CallError>,
    pub(super) policies: Result<Vec<PolicyText>, CallError>,
    group_exists: Result<bool, CallError>,
}

impl Facts {
    pub(super) async fn gather(client: &Client, flow_log: FlowLog, now: i64) -> Self {
        let role = role_name(&flow_log);
        Self {
            now,
            account: account(client).await,
            region: client.region().to_owned(),
            interfaces: interfaces(client, &flow_log).await,
            agents: agents(client).await,
            trust: trust(client, &role).await,
            policies: policies(client, &role).await,
            group_exists: group_exists(client, &group_of(&flow_log)).await,
            flow_log,
        }
    }

    /// The attachments that serve this flow log, with the host of each.
    /// The agents that have attachments for the interfaces, and these.
    pub(super) fn serving(&self) -> Vec<(&Agent, &AttachmentReport)> {
        let (Ok(agents), Ok(interfaces)) = (&self.agents, &self.interfaces) else {
            return Vec::new();
        };
        agents
            .iter()
            .flat_map(|agent| agent.report.attachments.iter().map(move |report| (agent, report)))
            .filter(|(_, report)| interfaces.contains(&report.interface_id))
            .collect()
    }

    /// Interface, agent, attachment, packets.
    pub(super) fn attachments(&self, walk: &mut Walk) {
        let resource = &self.flow_log.resource_id;
        match &self.interfaces {
            Err(error) => walk.enter("interfaces", Condition::Unknown, error.to_string()),
            Ok(interfaces) if interfaces.is_empty() => walk.enter(
                "interfaces",
                Condition::Broken,
                format!("{resource} has no network interface, so there is nothing to record"),
            ),
            Ok(interfaces) => walk.enter(
                "interfaces",
                Condition::Good,
                format!(
                    "{resource} has {}: {}",
                    count(interfaces.len(), "interface"),
                    few(interfaces)
                ),
            ),
        }
        if let Err(error) = &self.agents {
            walk.enter("agent", Condition::Unknown, error.to_string());
            return;
        }
        let serving = self.serving();
        let Some((agent, _)) = serving.iter().max_by_key(|(agent, _)| agent.at) else {
            walk.enter(
                "agent",
                Condition::Broken,
                "no agent has an attachment for these interfaces",
            );
            return;
        };
        let age = self.now - agent.at;
        if age > SILENCE {
            let text =
                format!("the agent on {} was last heard of {} s ago", agent.host, age / 1000);
            walk.enter("agent", Condition::Broken, text);
            return;
        }
        walk.enter("agent", Condition::Good, format!("on {}", agent.host));
        let working: Vec<_> = serving
            .iter()
            .filter(|(_, report)| matches!(report.state.as_str(), "capturing" | "finished"))
            .collect();
        if working.is_empty() {
            let texts: Vec<String> = serving
                .iter()
                .map(|(_, report)| {
                    format!(
                        "{} at {} is {}: {}",
                        report.interface_id,
                        report.source,
                        report.state,
                        report.detail.as_deref().unwrap_or("no reason was given")
                    )
                })
                .collect();
            walk.enter("attachment", Condition::Broken, texts.join("; "));
            return;
        }
        let texts: Vec<String> = working
            .iter()
            .map(|(_, report)| format!("{} at {}", report.interface_id, report.source))
            .collect();
        walk.enter("attachment", Condition::Good, few(&texts));
        let packets: u64 = working.iter().map(|(_, report)| report.packets).sum();
        if packets == 0 {
            // Nothing to deliver yet; but the rest of the chain can be looked at.
            walk.enter(
                "packets",
                Condition::Note,
                "none so far: no record is due before there is traffic",
            );
        } else {
            walk.enter("packets", Condition::Good, format!("{packets} seen"));
        }
    }

    /// Group, last delivery, lag.
    pub(super) fn delivery(&self, walk: &mut Walk) {
        let group = group_of(&self.flow_log);
        match &self.group_exists {
            Err(error) => walk.enter("log group", Condition::Unknown, error.to_string()),
            Ok(true) => walk.enter("log group", Condition::Good, group),
            Ok(false) => {
                walk.enter(
                    "log group",
                    Condition::Note,
                    format!("{group} comes with the first record"),
                );
            }
        }
        let reports: Vec<(&Agent, &DeliveryReport)> = self
            .agents
            .iter()
            .flatten()
            .flat_map(|agent| agent.report.deliveries.iter().map(move |report| (agent, report)))
            .filter(|(_, report)| report.flow_log_id == self.flow_log.flow_log_id)
            .collect();
        if reports.is_empty() {
            walk.enter("delivery", Condition::Note, "nothing was to be delivered yet");
        }
        for (agent, report) in reports {
            if report.status != "SUCCESS" {
                let text = format!(
                    "{} at {}: {}",
                    report.error_message.as_deref().unwrap_or("Unknown error"),
                    agent.host,
                    report.detail.as_deref().unwrap_or("no reason was given")
                );
                walk.enter("delivery", Condition::Broken, text);
                return;
            }
            let ago = report.last_delivery.map_or_else(
                || "nothing delivered yet".to_owned(),
                |at| format!("last delivery {} s ago", (self.now - at).max(0) / 1000),
            );
            let text = format!(
                "{ago}, {} delivered, {} waiting, lag {:.1} s",
                count(usize::try_from(report.delivered_records).unwrap_or(usize::MAX), "record"),
                count(usize::try_from(report.pending_batches).unwrap_or(usize::MAX), "batch"),
                f64::from(u32::try_from(report.lag).unwrap_or(u32::MAX)) / 1000.0
            );
            walk.enter("delivery", Condition::Good, text);
        }
    }

    /// The stream of some interface, for the ARN that permissions are asked for.
    pub(super) fn stream(&self) -> String {
        let interface = self
            .interfaces
            .as_ref()
            .ok()
            .and_then(|interfaces| interfaces.first())
            .map_or("eni-00000000000000000", String::as_str);
        format!("{interface}-{}", self.flow_log.traffic_type.to_lowercase())
    }

    pub(super) fn group_is_missing(&self) -> bool {
        matches!(self.group_exists, Ok(false))
    }
}

pub(super) fn group_of(flow_log: &FlowLog) -> String {
    flow_log.log_group_name.clone().unwrap_or_default()
}

pub(super) fn role_name(flow_log: &FlowLog) -> String {
    let arn = flow_log.deliver_logs_permission_arn.as_deref().unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

fn count(number: usize, noun: &str) -> String {
    let plural = if noun.ends_with("ch") { "es" } else { "s" };
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}{plural}") }
}

fn few(all: &[String]) -> String {
    let shown = all.get(..all.len().min(3)).unwrap_or_default().join(", ");
    if all.len() > 3 { format!("{shown} and {} more", all.len() - 3) } else { shown }
}

/// Asks whose account the credentials are of.
pub async fn account(client: &Client) -> Result<String, CallError> {
    let version = flowlogd_aws::sts::VERSION;
    let answer = client.query("sts", version, "GetCallerIdentity", &[]).await?;
    let result = answer.get("GetCallerIdentityResult");
    Ok(text(result, "Account").unwrap_or_default())
}

async fn interfaces(client: &Client, flow_log: &FlowLog) -> Result<Vec<String>, CallError> {
    let id = flow_log.resource_id.as_str();
    let filter = match id.split('-').next() {
        Some("vpc") => "vpc-id",
        Some("subnet") => "subnet-id",
        Some(_) | None => "network-interface-id",
    };
    let parameters = [("Filter.1.Name", filter), ("Filter.1.Value.1", id)];
    let version = flowlogd_aws::ec2::VERSION;
    let answer = client.query("ec2", version, "DescribeNetworkInterfaces", &parameters).await?;
    let interfaces = answer.get("networkInterfaceSet").map(Node::elements).unwrap_or_default();
    Ok(interfaces.iter().filter_map(|node| text(Some(node), "networkInterfaceId")).collect())
}

async fn iam(
    client: &Client,
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<Node, CallError> {
    let answer = client.query("iam", flowlogd_aws::iam::VERSION, action, parameters).await?;
    Ok(answer.get(&format!("{action}Result")).cloned().unwrap_or_default())
}

async fn trust(client: &Client, role: &str) -> Result<Option<String>, CallError> {
    let answer = match iam(client, "GetRole", &[("RoleName", role)]).await {
        Ok(answer) => answer,
        Err(error) if error.is_missing_resource() => return Ok(None),
        Err(error) => return Err(error),
    };
    let document = text(answer.get("Role"), "AssumeRolePolicyDocument");
    Ok(Some(decoded(&document.unwrap_or_default())))
}

/// The role's inline and managed policies.
async fn policies(client: &Client, role: &str) -> Result<Vec<PolicyText>, CallError> {
    let mut policies = Vec::new();
    let listed = iam(client, "ListRolePolicies", &[("RoleName", role)]).await?;
    for name in listed.get("PolicyNames").map(Node::elements).unwrap_or_default() {
        let Some(name) = name.text() else { continue };
        let parameters = [("RoleName", role), ("PolicyName", name)];
        let policy = iam(client, "GetRolePolicy", &parameters).await?;
        let document = text(Some(&policy), "PolicyDocument").unwrap_or_default();
        policies.push((name.to_owned(), decoded(&document)));
    }
    let listed = iam(client, "ListAttachedRolePolicies", &[("RoleName", role)]).await?;
    for attached in listed.get("AttachedPolicies").map(Node::elements).unwrap_or_default() {
        let Some(arn) = text(Some(attached), "PolicyArn") else { continue };
        let policy = iam(client, "GetPolicy", &[("PolicyArn", &arn)]).await?;
        let version = text(policy.get("Policy"), "DefaultVersionId").unwrap_or_default();
        let parameters = [("PolicyArn", arn.as_str()), ("VersionId", &version)];
        let version = iam(client, "GetPolicyVersion", &parameters).await?;
        let document = text(version.get("PolicyVersion"), "Document").unwrap_or_default();
        policies.push((arn, decoded(&document)));
    }
    Ok(policies)
}

async fn group_exists(client: &Client, group: &str) -> Result<bool, CallError> {
    let request = json!({ "logGroupNamePrefix": group, "limit": 50 });
    let answer: Value = client.json("logs", LOGS, "DescribeLogGroups", &request).await?;
    let groups = answer["logGroups"].as_array();
    Ok(groups.into_iter().flatten().any(|found| found["logGroupName"] == group))
}

fn text(node: Option<&Node>, member: &str) -> Option<String> {
    node?.get(member)?.text().map(str::to_owned)
}

/// Policies are percent-encoded in answers.
fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

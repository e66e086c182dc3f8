//! `GetAgentConfiguration`.

use serde::{Deserialize, Serialize};

/// Request of `GetAgentConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAgentConfigurationRequest {
    /// Interfaces that this agent has attachments for. Asking renews their leases.
    pub interface_ids: Vec<String>,
    /// The revision of the last answer.
    pub known_revision: Option<String>,
    /// How long to wait for a newer one, up to 20 seconds.
    #[serde(default)]
    pub wait_seconds: u32,
}

/// Answer of `GetAgentConfiguration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAgentConfigurationResponse {
    /// Changes with anything in the configuration.
    pub revision: String,
    /// Absent where `known_revision` is the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<AgentConfiguration>,
}

/// All that an agent's attachments need, of one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentConfiguration {
    /// Twelve digits.
    pub account_id: String,
    /// Region of everything here.
    pub region: String,
    /// Which attachments this agent may serve.
    pub leases: Vec<Lease>,
    /// What `describe-*` prints of all that the rules of the interfaces read (architecture, decision 3).
    pub inventory: serde_json::Value,
    /// Flow logs over the interfaces, oldest first.
    pub flow_logs: Vec<CoveringFlowLog>,
    /// Whether and where refusals are told.
    pub decisions: Decisions,
}

/// Whether an attachment is this agent's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// `eni-…`.
    pub interface_id: String,
    /// Whether it is.
    pub granted: bool,
    /// Why not: no such interface, or the host that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A flow log that covers at least one of the interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoveringFlowLog {
    /// `fl-…`; also the session name under which its role is assumed.
    pub flow_log_id: String,
    /// Those of this agent's interfaces that it covers.
    pub interface_ids: Vec<String>,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub traffic_type: String,
    /// `${version} ${account-id} …`.
    pub log_format: String,
    /// 60 or 600.
    pub max_aggregation_interval: u32,
    /// Where records go.
    pub log_group_name: String,
    /// By which role.
    pub deliver_logs_permission_arn: String,
    /// Unix milliseconds. Windows that ended before are not its own.
    pub creation_time: i64,
}

/// The decisions group (`semantics.md` 18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decisions {
    /// Whether refusals are told at all.
    pub enabled: bool,
    /// `/flowlogd/decisions`.
    pub log_group_name: String,
}

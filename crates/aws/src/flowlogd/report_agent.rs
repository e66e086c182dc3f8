//! `ReportAgent`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `ReportAgent`: how things stand at this agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportAgentRequest {
    /// Version of the program.
    pub version: String,
    /// Its attachments; reporting renews their leases.
    pub attachments: Vec<AttachmentReport>,
    /// Windows that closed since the last report.
    #[serde(default)]
    pub ledger: Vec<WindowLedger>,
    /// Flow logs that something was delivered for, or should have been.
    #[serde(default)]
    pub deliveries: Vec<DeliveryReport>,
    /// Bytes that wait in the spool.
    #[serde(default)]
    pub spool_bytes: u64,
    /// Batches that gave way because the spool was full, since it was made.
    #[serde(default)]
    pub spool_dropped_batches: u64,
}

/// One attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentReport {
    /// `eni-…`.
    pub interface_id: String,
    /// The device, or the file that is replayed.
    pub source: String,
    /// `host` or `guest`.
    pub side: String,
    /// `observe` or `replay`.
    pub mode: String,
    /// `capturing`, `finished`, `waiting` or `failed`.
    pub state: String,
    /// What it waits for, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Packets seen since it was attached.
    pub packets: u64,
    /// Of the last one, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_packet: Option<i64>,
}

/// The books of an interface for one base window: seen = recorded + excluded + lost, in packets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowLedger {
    /// `eni-…`.
    pub interface_id: String,
    /// First second of the window.
    pub start: u64,
    /// First second after it.
    pub end: u64,
    /// Packets at the interface.
    pub seen: u64,
    /// Packets in records.
    pub recorded: u64,
    /// Packets that are in no record by rule, by reason.
    #[serde(default)]
    pub excluded: BTreeMap<String, u64>,
    /// Packets that were lost, by place.
    #[serde(default)]
    pub lost: BTreeMap<String, u64>,
    /// Packets in records that no destination has, by reason: what is refused for good, and what gave way in
    /// a full spool. They are among the recorded ones.
    #[serde(default)]
    pub undelivered: BTreeMap<String, u64>,
}

/// How delivery for a flow log stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryReport {
    /// `fl-…`.
    pub flow_log_id: String,
    /// `SUCCESS` or `FAILED`.
    pub status: String,
    /// `Access error`, `Rate limited` or `Unknown error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// What the service answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When a batch was last acknowledged, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_delivery: Option<i64>,
    /// Batches that wait.
    pub pending_batches: u64,
    /// Records acknowledged since the agent started.
    pub delivered_records: u64,
    /// Records that the destination refused for good (too old, group gone), since the agent started.
    pub refused_records: u64,
    /// Age of the oldest batch that waits, in milliseconds.
    #[serde(default)]
    pub lag: u64,
}

/// Answer of `ReportAgent`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAgentResponse {}

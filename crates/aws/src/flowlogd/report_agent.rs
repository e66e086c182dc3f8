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
    /// What reads the packets: `ebpf`, `af_packet` or `replay`.
    #[serde(default)]
    pub capture: String,
    /// Why it is not `ebpf`, if that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_reason: Option<String>,
    /// Since when its packets are counted, Unix milliseconds: `traffic` and `hits` tell of no earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counting_since: Option<i64>,
    /// Packets seen since it was attached.
    pub packets: u64,
    /// Of the last one, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_packet: Option<i64>,
    /// What became of the packets, since the agent started.
    #[serde(default)]
    pub traffic: TrafficReport,
    /// The kernel's tables, where it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<KernelReport>,
    /// Rules and entries that decided about packets, the last used first; not more than a report has room for.
    #[serde(default)]
    pub hits: Vec<RuleHits>,
}

/// What became of the packets of an attachment, since the agent started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficReport {
    /// IP bytes in flows.
    pub bytes: u64,
    /// Flows in windows that are over.
    pub flows: u64,
    /// Packets in flows, accepted.
    pub accepted: u64,
    /// Packets in flows, refused.
    pub rejected: u64,
    /// Packets in no record, by rule.
    pub excluded: u64,
    /// Packets that were lost, told by SKIPDATA.
    pub lost: u64,
}

/// What the kernel's program and its tables tell of an attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KernelReport {
    /// Frames that the program has seen received and sent.
    pub frames: [u64; 2],
    /// Frames that the device has received, but no program has seen: others took them first.
    pub unseen: u64,
    /// Packets that enforcement dropped.
    #[serde(default)]
    pub dropped: u64,
    /// Frames that the program has seen sent, and that the device's queue dropped.
    pub queue_drops: u64,
    /// Frames that the program has seen sent, and that the device itself dropped.
    pub device_drops: u64,
    /// Frames that are not IP, or that cannot be read.
    pub not_ip: u64,
    /// Frames that are cut off or malformed.
    pub malformed: u64,
    /// Later fragments whose first one is not known.
    pub orphan_fragments: u64,
    /// Connections.
    pub connections: u64,
    /// Connections that there is room for.
    pub connection_room: u64,
    /// Whether that is the interface's allowance, beyond which connections are refused.
    pub has_allowance: bool,
    /// Packets that were refused for want of allowance.
    pub allowance_refusals: u64,
    /// Accepted packets whose connections found no room.
    pub untracked: u64,
    /// How full the flow table was at the last drain, in thousandths; of all interfaces together.
    pub flow_table_fill: u32,
    /// How long the last drain took, in microseconds; of all interfaces together.
    pub drain_micros: u64,
}

/// How often a rule decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleHits {
    /// As in `x-deciding-rule`, without `tracked:`.
    pub rule: String,
    /// Packets in flows whose first packet it decided, tracked ones included, since the agent started.
    pub packets: u64,
    /// When it last did, Unix milliseconds.
    pub last_use: i64,
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

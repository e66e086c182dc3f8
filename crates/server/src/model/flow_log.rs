//! Flow logs, and how their delivery stands.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FlowLog {
    /// `fl-…`.
    pub(crate) id: String,
    pub(crate) resource_id: String,
    pub(crate) resource_type: ResourceType,
    /// `ACCEPT`, `REJECT` or `ALL`.
    pub(crate) traffic_type: String,
    pub(crate) log_group_name: String,
    /// As given, where it was given instead of a name.
    pub(crate) log_destination: Option<String>,
    pub(crate) deliver_logs_permission_arn: String,
    pub(crate) log_format: String,
    /// 60 or 600.
    pub(crate) max_aggregation_interval: u32,
    /// Unix milliseconds.
    pub(crate) created: i64,
    pub(crate) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ResourceType {
    Vpc,
    Subnet,
    NetworkInterface,
}

/// What an agent said last of a flow log's delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// `fl-…/host`.
    pub(crate) id: String,
    pub(crate) flow_log_id: String,
    pub(crate) failed: bool,
    /// `Access error`, `Rate limited`, `Unknown error`.
    pub(crate) error_message: Option<String>,
    pub(crate) detail: Option<String>,
}

document!(FlowLog, "vpc-flow-log");
document!(Delivery, "delivery");

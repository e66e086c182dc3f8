//! Flow logs as answers print them (`flow-logs.md` §9.2).

use serde::{Deserialize, Serialize};

use super::Tag;
use crate::Timestamp;

/// A flow log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowLog {
    /// When it was made.
    pub creation_time: Timestamp,
    /// `Rate limited`, `Access error`, `Unknown error`.
    pub deliver_logs_error_message: Option<String>,
    /// The delivery role.
    pub deliver_logs_permission_arn: Option<String>,
    /// `SUCCESS` or `FAILED`.
    pub deliver_logs_status: String,
    /// `fl-…`.
    pub flow_log_id: String,
    /// `ACTIVE`.
    pub flow_log_status: String,
    /// Where records go.
    pub log_group_name: Option<String>,
    /// What it watches.
    pub resource_id: String,
    /// `ACCEPT`, `REJECT`, `ALL`.
    pub traffic_type: String,
    /// `cloud-watch-logs`.
    pub log_destination_type: String,
    /// The destination's ARN, where the flow log was made by it.
    pub log_destination: Option<String>,
    /// `${version} ${account-id} …`.
    pub log_format: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// 60 or 600.
    pub max_aggregation_interval: u32,
}

/// What an operation on several resources could not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnsuccessfulItem {
    /// Why.
    pub error: UnsuccessfulItemError,
    /// Which.
    pub resource_id: String,
}

/// Why an operation failed for one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsuccessfulItemError {
    /// `400`, literally.
    pub code: String,
    /// For people.
    pub message: String,
}

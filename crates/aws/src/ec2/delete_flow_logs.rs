//! `DeleteFlowLogs` (`flow-logs.md` §9.3).

use serde::{Deserialize, Serialize};

use super::shapes::UnsuccessfulItem;

/// Request of `DeleteFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteFlowLogsRequest {
    /// Up to 1000.
    #[serde(rename = "FlowLogId", default)]
    pub flow_log_ids: Vec<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DeleteFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteFlowLogsResponse {
    /// Those that are still there.
    #[serde(default)]
    pub unsuccessful: Vec<UnsuccessfulItem>,
}

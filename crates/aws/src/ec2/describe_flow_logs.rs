//! `DescribeFlowLogs` (`flow-logs.md` §9.2).

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, FlowLog};

/// Request of `DescribeFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeFlowLogsRequest {
    /// Up to 1000.
    #[serde(rename = "FlowLogId", default)]
    pub flow_log_ids: Vec<String>,
    /// See §9.2 for their names.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000.
    pub max_results: Option<i64>,
    /// Of the page before.
    pub next_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeFlowLogsResponse {
    /// A page of them.
    #[serde(default)]
    pub flow_log_set: Vec<FlowLog>,
    /// Absent at the end.
    pub next_token: Option<String>,
}

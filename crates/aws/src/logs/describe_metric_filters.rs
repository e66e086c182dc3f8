//! `DescribeMetricFilters`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::MetricFilter;

/// Request of `DescribeMetricFilters`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMetricFiltersRequest {
    /// Those of this group; of all groups without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// Names that begin so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_name_prefix: Option<String>,
    /// Of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 50, which is what is taken without it.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<i64>,
    /// Those that make this metric; with its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    /// Where the metric is; with its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_namespace: Option<String>,
}

/// Answer of `DescribeMetricFilters`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMetricFiltersResponse {
    /// In ASCII order of their names.
    pub metric_filters: Vec<MetricFilter>,
    /// If there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

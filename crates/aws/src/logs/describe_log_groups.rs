//! `DescribeLogGroups`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::LogGroup;

/// Request of `DescribeLogGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogGroupsRequest {
    /// Not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_identifiers: Option<Vec<String>>,
    /// Names that begin so; excludes a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name_prefix: Option<String>,
    /// Names that contain this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name_pattern: Option<String>,
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
    /// `true` is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_linked_accounts: Option<bool>,
    /// Groups of this class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_class: Option<String>,
    /// These groups, up to 50; excludes every other filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_identifiers: Option<Vec<String>>,
}

/// Answer of `DescribeLogGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogGroupsResponse {
    /// In ASCII order of their names.
    pub log_groups: Vec<LogGroup>,
    /// If there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

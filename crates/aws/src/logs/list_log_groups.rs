//! `ListLogGroups`.

use serde::{Deserialize, Serialize};

use super::integral;
use super::shapes::{LogGroupSummary, TagFilter};

/// Request of `ListLogGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListLogGroupsRequest {
    /// Up to five parts of names, with `|` between them; one that begins with `^` is how names begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name_pattern: Option<String>,
    /// Groups of this class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_class: Option<String>,
    /// `true` is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_linked_accounts: Option<bool>,
    /// Not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_identifiers: Option<Vec<String>>,
    /// Of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// 1 to 1,000; 50 are taken without it.
    #[serde(
        default,
        deserialize_with = "integral::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<i64>,
    /// Not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_sources: Option<Vec<serde_json::Value>>,
    /// Not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field_index_names: Option<Vec<String>>,
    /// Groups with all of these tags; 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_tags: Option<Vec<TagFilter>>,
}

/// Answer of `ListLogGroups`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListLogGroupsResponse {
    /// In ASCII order of their names.
    pub log_groups: Vec<LogGroupSummary>,
    /// If there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

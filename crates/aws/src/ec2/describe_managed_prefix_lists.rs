//! `DescribeManagedPrefixLists`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, ManagedPrefixList};

/// Request of `DescribeManagedPrefixLists`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeManagedPrefixListsRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 1 to 100; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Only these.
    #[serde(rename = "PrefixListId", default)]
    pub prefix_list_ids: Vec<String>,
}

/// Answer of `DescribeManagedPrefixLists`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeManagedPrefixListsResponse {
    /// The lists.
    #[serde(default)]
    pub prefix_list_set: Vec<ManagedPrefixList>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

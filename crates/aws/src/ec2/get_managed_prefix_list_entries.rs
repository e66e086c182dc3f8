//! `GetManagedPrefixListEntries`.

use serde::{Deserialize, Serialize};

use super::shapes::PrefixListEntry;

/// Request of `GetManagedPrefixListEntries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetManagedPrefixListEntriesRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pl-…`.
    pub prefix_list_id: String,
    /// The version that is meant; absent: the current one.
    pub target_version: Option<i64>,
    /// 1 to 100; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
}

/// Answer of `GetManagedPrefixListEntries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetManagedPrefixListEntriesResponse {
    /// The entries.
    #[serde(default)]
    pub entry_set: Vec<PrefixListEntry>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

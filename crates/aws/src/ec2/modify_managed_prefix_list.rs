//! `ModifyManagedPrefixList`.

use serde::{Deserialize, Serialize};

use super::shapes::{AddPrefixListEntry, ManagedPrefixList, RemovePrefixListEntry};

/// Request of `ModifyManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyManagedPrefixListRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pl-…`.
    pub prefix_list_id: String,
    /// What the version is believed to be.
    pub current_version: Option<i64>,
    /// A new name.
    pub prefix_list_name: Option<String>,
    /// Up to 100.
    #[serde(rename = "AddEntry", default)]
    pub add_entries: Vec<AddPrefixListEntry>,
    /// Up to 100.
    #[serde(rename = "RemoveEntry", default)]
    pub remove_entries: Vec<RemovePrefixListEntry>,
    /// Entries that there may be; not together with a change of entries.
    pub max_entries: Option<i32>,
    /// IPAM does not exist here.
    pub ipam_prefix_list_resolver_sync_enabled: Option<bool>,
}

/// Answer of `ModifyManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyManagedPrefixListResponse {
    /// The list.
    pub prefix_list: ManagedPrefixList,
}

//! `CreateManagedPrefixList`.

use serde::{Deserialize, Serialize};

use super::shapes::{AddPrefixListEntry, ManagedPrefixList, TagSpecification};

/// Request of `CreateManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateManagedPrefixListRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Up to 255 characters.
    pub prefix_list_name: String,
    /// Up to 100.
    #[serde(rename = "Entry", default)]
    pub entries: Vec<AddPrefixListEntry>,
    /// Entries that there may be.
    pub max_entries: i32,
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// `IPv4` or `IPv6`.
    pub address_family: String,
    /// Makes a repeated call have no further effect.
    pub client_token: Option<String>,
}

/// Answer of `CreateManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateManagedPrefixListResponse {
    /// The new list.
    pub prefix_list: ManagedPrefixList,
}

//! `RestoreManagedPrefixListVersion`.

use serde::{Deserialize, Serialize};

use super::shapes::ManagedPrefixList;

/// Request of `RestoreManagedPrefixListVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RestoreManagedPrefixListVersionRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pl-…`.
    pub prefix_list_id: String,
    /// The version whose entries are wanted.
    pub previous_version: i64,
    /// What the version is believed to be.
    pub current_version: i64,
}

/// Answer of `RestoreManagedPrefixListVersion`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreManagedPrefixListVersionResponse {
    /// The list.
    pub prefix_list: ManagedPrefixList,
}

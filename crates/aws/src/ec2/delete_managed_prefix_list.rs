//! `DeleteManagedPrefixList`.

use serde::{Deserialize, Serialize};

use super::shapes::ManagedPrefixList;

/// Request of `DeleteManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteManagedPrefixListRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pl-…`.
    pub prefix_list_id: String,
}

/// Answer of `DeleteManagedPrefixList`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteManagedPrefixListResponse {
    /// The list as it was.
    pub prefix_list: ManagedPrefixList,
}

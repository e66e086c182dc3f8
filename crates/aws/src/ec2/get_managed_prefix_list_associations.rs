//! `GetManagedPrefixListAssociations`.

use serde::{Deserialize, Serialize};

use super::shapes::PrefixListAssociation;

/// Request of `GetManagedPrefixListAssociations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetManagedPrefixListAssociationsRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pl-…`.
    pub prefix_list_id: String,
    /// 5 to 255; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
}

/// Answer of `GetManagedPrefixListAssociations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetManagedPrefixListAssociationsResponse {
    /// What refers to the list.
    #[serde(default)]
    pub prefix_list_association_set: Vec<PrefixListAssociation>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

//! Prefix lists (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::Tag;

/// A managed prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedPrefixList {
    /// `pl-…`.
    pub prefix_list_id: String,
    /// `IPv4` or `IPv6`.
    pub address_family: String,
    /// `create-complete`, `modify-in-progress`, ….
    pub state: String,
    /// Why something failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_message: Option<String>,
    /// Its ARN.
    pub prefix_list_arn: String,
    /// Not unique.
    pub prefix_list_name: String,
    /// Entries that there may be.
    pub max_entries: i32,
    /// Grows with every change of entries.
    pub version: i64,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// The account.
    pub owner_id: String,
}

/// An entry of a managed prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListEntry {
    /// Canonical.
    pub cidr: String,
    /// Up to 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A resource that refers to a managed prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListAssociation {
    /// `sg-…`.
    pub resource_id: String,
    /// The account.
    pub resource_owner: String,
}

/// The addresses of a service of AWS's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixList {
    /// Its blocks.
    #[serde(default)]
    pub cidr_set: Vec<String>,
    /// `pl-…`.
    pub prefix_list_id: String,
    /// `com.amazonaws.…`.
    pub prefix_list_name: String,
}

/// `Entry.N`, `AddEntry.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AddPrefixListEntry {
    /// A block of the list's family.
    pub cidr: String,
    /// Up to 255 characters.
    pub description: Option<String>,
}

/// `RemoveEntry.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RemovePrefixListEntry {
    /// A block that is in the list.
    pub cidr: String,
}

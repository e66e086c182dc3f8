//! Managed prefix lists.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrefixList {
    /// `pl-…`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) family: AddressFamily,
    /// How many it may have, which is what a rule for it counts as.
    pub(crate) max_entries: usize,
    /// Of the current version, in the order in which they came.
    pub(crate) entries: Vec<PrefixListEntry>,
    pub(crate) version: i64,
    /// The oldest version that is kept.
    pub(crate) oldest_version: i64,
    pub(crate) last_change: PrefixListChange,
    pub(crate) tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AddressFamily {
    Ipv4,
    Ipv6,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrefixListEntry {
    /// Canonical text.
    pub(crate) cidr: String,
    pub(crate) description: Option<String>,
}

/// What was done last with a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PrefixListChange {
    Created,
    Modified,
    /// And why.
    ModifyFailed(String),
    Restored,
}

/// The entries of one version, the current one among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrefixListVersion {
    /// `pl-…/VERSION`.
    pub(crate) id: String,
    pub(crate) entries: Vec<PrefixListEntry>,
}

impl PrefixListVersion {
    pub(crate) fn id_of(list_id: &str, version: i64) -> String {
        format!("{list_id}/{version}")
    }
}

document!(PrefixList, "prefix-list", history = true);
document!(PrefixListVersion, "prefix-list-version");

//! IAM policies.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InlinePolicy {
    pub(crate) name: String,
    /// As it was written.
    pub(crate) document: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagedPolicy {
    /// The ARN.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) path: String,
    /// `ANPA…`.
    pub(crate) unique_id: String,
    pub(crate) description: Option<String>,
    /// Unix seconds.
    pub(crate) created: i64,
    /// Unix seconds.
    pub(crate) updated: i64,
    /// Oldest first; at most five.
    pub(crate) versions: Vec<PolicyVersion>,
    /// `v1`.
    pub(crate) default_version: String,
    /// The number of the next version: never used twice.
    pub(crate) next_version: u32,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyVersion {
    /// `v1`.
    pub(crate) id: String,
    /// As it was written.
    pub(crate) document: String,
    /// Unix seconds.
    pub(crate) created: i64,
}

document!(ManagedPolicy, "policy");

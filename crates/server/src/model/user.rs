//! IAM users.

use serde::{Deserialize, Serialize};

use super::{InlinePolicy, Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// The name in lower case: names are unique without case.
    pub(crate) id: String,
    pub(crate) name: String,
    /// `/` or `/…/`.
    pub(crate) path: String,
    /// `AIDA…`.
    pub(crate) unique_id: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub(crate) attached: Vec<String>,
    /// ARN of a managed policy.
    pub(crate) boundary: Option<String>,
    pub(crate) tags: Tags,
    /// The groups that it is in, by the ids of their documents.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
}

document!(User, "user");

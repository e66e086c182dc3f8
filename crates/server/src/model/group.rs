//! IAM groups. Who is in one is part of its users.

use serde::{Deserialize, Serialize};

use super::{InlinePolicy, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// The name in lower case: names are unique without case.
    pub(crate) id: String,
    pub(crate) name: String,
    /// `/` or `/…/`.
    pub(crate) path: String,
    /// `AGPA…`.
    pub(crate) unique_id: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub(crate) attached: Vec<String>,
}

document!(Group, "group");

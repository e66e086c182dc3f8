//! IAM roles.

use serde::{Deserialize, Serialize};

use super::{InlinePolicy, Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// The name in lower case: names are unique without case.
    pub(crate) id: String,
    pub(crate) name: String,
    /// `/` or `/…/`.
    pub(crate) path: String,
    /// `AROA…`.
    pub(crate) unique_id: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) description: Option<String>,
    /// As it was written.
    pub(crate) trust_policy: String,
    /// Unique ids of the users and roles that the trust policy names by ARN, as they were when it was
    /// saved: one that was made anew is another (`iam-sts-sigv4-cloudtrail.md` §4).
    pub(crate) trusted_ids: Vec<(String, String)>,
    /// Seconds.
    pub(crate) max_session_duration: u32,
    pub(crate) inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub(crate) attached: Vec<String>,
    /// ARN of a managed policy.
    pub(crate) boundary: Option<String>,
    pub(crate) tags: Tags,
    /// When and where a session was last used: Unix seconds, region.
    pub(crate) last_used: Option<(i64, String)>,
}

document!(Role, "role");

//! `DeleteNetworkAclEntry`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteNetworkAclEntry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteNetworkAclEntryRequest {
    /// `acl-…`.
    pub network_acl_id: String,
    /// 1 to 32766.
    pub rule_number: i32,
    /// Whether it is for what goes out.
    pub egress: bool,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

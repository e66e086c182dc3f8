//! `DeleteNetworkAcl`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteNetworkAcl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteNetworkAclRequest {
    /// `acl-…`.
    pub network_acl_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

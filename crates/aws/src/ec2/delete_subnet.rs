//! `DeleteSubnet`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteSubnet`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteSubnetRequest {
    /// `subnet-…`.
    pub subnet_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

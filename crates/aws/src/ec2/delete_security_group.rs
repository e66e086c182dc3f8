//! `DeleteSecurityGroup`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteSecurityGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteSecurityGroupRequest {
    /// `sg-…`.
    pub group_id: Option<String>,
    /// Of the default VPC.
    pub group_name: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DeleteSecurityGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteSecurityGroupResponse {
    /// `true`.
    #[serde(rename = "return")]
    pub return_value: bool,
    /// `sg-…`.
    pub group_id: String,
}

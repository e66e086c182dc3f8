//! `RevokeSecurityGroupIngress`.

use serde::{Deserialize, Serialize};

use super::shapes::{IpPermission, IpPermissionParameter, RevokedSecurityGroupRule};

/// Request of `RevokeSecurityGroupIngress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RevokeSecurityGroupIngressRequest {
    /// Of a single rule.
    pub cidr_ip: Option<String>,
    /// Of a single rule.
    pub from_port: Option<i32>,
    /// `sg-…`.
    pub group_id: Option<String>,
    /// Of the default VPC.
    pub group_name: Option<String>,
    /// Several rules.
    #[serde(default)]
    pub ip_permissions: Vec<IpPermissionParameter>,
    /// Of a single rule.
    pub ip_protocol: Option<String>,
    /// Of a single rule, in the default VPC.
    pub source_security_group_name: Option<String>,
    /// Of a single rule.
    pub source_security_group_owner_id: Option<String>,
    /// Of a single rule.
    pub to_port: Option<i32>,
    /// `sgr-…`.
    #[serde(rename = "SecurityGroupRuleId", default)]
    pub security_group_rule_ids: Vec<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `RevokeSecurityGroupIngress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeSecurityGroupIngressResponse {
    /// `true`.
    #[serde(rename = "return")]
    pub return_value: bool,
    /// What was not there.
    #[serde(default)]
    pub unknown_ip_permission_set: Vec<IpPermission>,
    /// What was taken away.
    #[serde(default)]
    pub revoked_security_group_rule_set: Vec<RevokedSecurityGroupRule>,
}

//! `AuthorizeSecurityGroupEgress`.

use serde::{Deserialize, Serialize};

use super::shapes::{IpPermissionParameter, SecurityGroupRule, TagSpecification};

/// Request of `AuthorizeSecurityGroupEgress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AuthorizeSecurityGroupEgressRequest {
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
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `AuthorizeSecurityGroupEgress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeSecurityGroupEgressResponse {
    /// `true`.
    #[serde(rename = "return")]
    pub return_value: bool,
    /// The new rules.
    #[serde(default)]
    pub security_group_rule_set: Vec<SecurityGroupRule>,
}

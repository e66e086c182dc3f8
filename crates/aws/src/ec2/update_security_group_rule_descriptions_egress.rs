//! `UpdateSecurityGroupRuleDescriptionsEgress`.

use serde::{Deserialize, Serialize};

use super::shapes::{IpPermissionParameter, SecurityGroupRuleDescription};

/// Request of `UpdateSecurityGroupRuleDescriptionsEgress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UpdateSecurityGroupRuleDescriptionsEgressRequest {
    /// `sg-…`.
    pub group_id: Option<String>,
    /// Of the default VPC.
    pub group_name: Option<String>,
    /// Rules as they are, with new descriptions.
    #[serde(default)]
    pub ip_permissions: Vec<IpPermissionParameter>,
    /// New descriptions by id.
    #[serde(rename = "SecurityGroupRuleDescription", default)]
    pub security_group_rule_descriptions: Vec<SecurityGroupRuleDescription>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `UpdateSecurityGroupRuleDescriptionsEgress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSecurityGroupRuleDescriptionsEgressResponse {
    /// `true`.
    #[serde(rename = "return")]
    pub return_value: bool,
}

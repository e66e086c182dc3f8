//! `ModifySecurityGroupRules`.

use serde::{Deserialize, Serialize};

use super::shapes::SecurityGroupRuleUpdate;

/// Request of `ModifySecurityGroupRules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifySecurityGroupRulesRequest {
    /// `sg-…`.
    pub group_id: String,
    /// New content by id.
    #[serde(rename = "SecurityGroupRule", default)]
    pub security_group_rules: Vec<SecurityGroupRuleUpdate>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `ModifySecurityGroupRules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifySecurityGroupRulesResponse {
    /// `true`.
    #[serde(rename = "return")]
    pub return_value: bool,
}

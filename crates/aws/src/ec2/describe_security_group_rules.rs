//! `DescribeSecurityGroupRules`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, SecurityGroupRule};

/// Request of `DescribeSecurityGroupRules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeSecurityGroupRulesRequest {
    /// Only these.
    #[serde(rename = "SecurityGroupRuleId", default)]
    pub security_group_rule_ids: Vec<String>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeSecurityGroupRules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSecurityGroupRulesResponse {
    /// The rules.
    #[serde(default)]
    pub security_group_rule_set: Vec<SecurityGroupRule>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

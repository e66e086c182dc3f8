//! `SimulateCustomPolicy`.

use serde::{Deserialize, Serialize};

use super::shapes::{ContextEntry, EvaluationResult, OrganizationPolicies};

/// Request of `SimulateCustomPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SimulateCustomPolicyRequest {
    /// Policies, as JSON.
    #[serde(default)]
    pub policy_input_list: Vec<String>,
    /// At most one, as JSON; it takes the place of the principal's own boundary.
    #[serde(default)]
    pub permissions_boundary_policy_input_list: Vec<String>,
    /// Refused.
    #[serde(default)]
    pub ordered_organization_policy_input_list: Vec<OrganizationPolicies>,
    /// `ec2:CreateVpc`; no wildcards.
    #[serde(default)]
    pub action_names: Vec<String>,
    /// `*` where there are none.
    #[serde(default)]
    pub resource_arns: Vec<String>,
    /// Refused.
    pub resource_policy: Option<String>,
    /// Refused.
    pub resource_owner: Option<String>,
    /// Of a user, a group or a role. It counts with resource policies alone.
    pub caller_arn: Option<String>,
    /// What the request is to have been made with.
    #[serde(default)]
    pub context_entries: Vec<ContextEntry>,
    /// Refused.
    pub resource_handling_option: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
    /// Where the page before ended.
    pub marker: Option<String>,
}

/// Answer of `SimulateCustomPolicy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SimulateCustomPolicyResponse {
    /// One an action, in the order in which they were asked for.
    #[serde(default)]
    pub evaluation_results: Vec<EvaluationResult>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

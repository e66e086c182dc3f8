//! `ModifyVpcAttribute`.

use serde::{Deserialize, Serialize};

use super::shapes::AttributeParameter;

/// Request of `ModifyVpcAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyVpcAttributeRequest {
    /// `vpc-…`.
    pub vpc_id: String,
    /// One of the three.
    pub enable_dns_support: Option<AttributeParameter<bool>>,
    /// One of the three.
    pub enable_dns_hostnames: Option<AttributeParameter<bool>>,
    /// One of the three.
    pub enable_network_address_usage_metrics: Option<AttributeParameter<bool>>,
}

//! `ModifyVpcPeeringConnectionOptions`.

use serde::{Deserialize, Serialize};

use super::shapes::{PeeringConnectionOptionsRequest, VpcPeeringConnectionOptionsDescription};

/// Request of `ModifyVpcPeeringConnectionOptions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifyVpcPeeringConnectionOptionsRequest {
    /// What the accepter is to allow.
    pub accepter_peering_connection_options: Option<PeeringConnectionOptionsRequest>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// What the requester is to allow.
    pub requester_peering_connection_options: Option<PeeringConnectionOptionsRequest>,
    /// `pcx-…`.
    pub vpc_peering_connection_id: String,
}

/// Answer of `ModifyVpcPeeringConnectionOptions`: the sides that were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModifyVpcPeeringConnectionOptionsResponse {
    /// What the accepter allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepter_peering_connection_options: Option<VpcPeeringConnectionOptionsDescription>,
    /// What the requester allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester_peering_connection_options: Option<VpcPeeringConnectionOptionsDescription>,
}

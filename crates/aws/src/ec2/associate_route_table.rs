//! `AssociateRouteTable`.

use serde::{Deserialize, Serialize};

use super::shapes::{AssociationState, Unsupported};

/// Request of `AssociateRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssociateRouteTableRequest {
    /// `rtb-…`.
    pub route_table_id: String,
    /// `subnet-…`.
    pub subnet_id: Option<String>,
    /// Not supported.
    pub gateway_id: Option<Unsupported>,
    /// Not supported.
    pub public_ipv4_pool: Option<Unsupported>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `AssociateRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociateRouteTableResponse {
    /// `rtbassoc-…`.
    pub association_id: String,
    /// Its state.
    pub association_state: AssociationState,
}

//! `ReplaceRouteTableAssociation`.

use serde::{Deserialize, Serialize};

use super::shapes::AssociationState;

/// Request of `ReplaceRouteTableAssociation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ReplaceRouteTableAssociationRequest {
    /// `rtbassoc-…`.
    pub association_id: String,
    /// `rtb-…`.
    pub route_table_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `ReplaceRouteTableAssociation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceRouteTableAssociationResponse {
    /// `rtbassoc-…`.
    pub new_association_id: String,
    /// Its state.
    pub association_state: AssociationState,
}

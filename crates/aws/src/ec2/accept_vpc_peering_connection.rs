//! `AcceptVpcPeeringConnection`.

use serde::{Deserialize, Serialize};

use super::shapes::VpcPeeringConnection;

/// Request of `AcceptVpcPeeringConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AcceptVpcPeeringConnectionRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pcx-…`.
    pub vpc_peering_connection_id: String,
}

/// Answer of `AcceptVpcPeeringConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptVpcPeeringConnectionResponse {
    /// The connection.
    pub vpc_peering_connection: VpcPeeringConnection,
}

//! `CreateVpcPeeringConnection`.

use serde::{Deserialize, Serialize};

use super::shapes::{PeeringConnectionOptionsRequest, TagSpecification, VpcPeeringConnection};

/// Request of `CreateVpcPeeringConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateVpcPeeringConnectionRequest {
    /// Of the accepter; the request's own where there is none.
    pub peer_region: Option<String>,
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Several paths do not exist here.
    pub requester_peering_connection_options: Option<PeeringConnectionOptionsRequest>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// The requester.
    pub vpc_id: String,
    /// The accepter.
    pub peer_vpc_id: Option<String>,
    /// Whose it is; the caller's where there is none.
    pub peer_owner_id: Option<String>,
}

/// Answer of `CreateVpcPeeringConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateVpcPeeringConnectionResponse {
    /// The new connection.
    pub vpc_peering_connection: VpcPeeringConnection,
}

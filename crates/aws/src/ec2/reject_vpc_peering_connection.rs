//! `RejectVpcPeeringConnection`.

use serde::{Deserialize, Serialize};

/// Request of `RejectVpcPeeringConnection`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct RejectVpcPeeringConnectionRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// `pcx-…`.
    pub vpc_peering_connection_id: String,
}

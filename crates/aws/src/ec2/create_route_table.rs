//! `CreateRouteTable`.

use serde::{Deserialize, Serialize};

use super::shapes::{RouteTable, TagSpecification};

/// Request of `CreateRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateRouteTableRequest {
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Makes a repeated call have no further effect.
    pub client_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Its VPC.
    pub vpc_id: String,
}

/// Answer of `CreateRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRouteTableResponse {
    /// The new table.
    pub route_table: RouteTable,
    /// As given.
    pub client_token: Option<String>,
}

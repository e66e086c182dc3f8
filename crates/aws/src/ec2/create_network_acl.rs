//! `CreateNetworkAcl`.

use serde::{Deserialize, Serialize};

use super::shapes::{NetworkAcl, TagSpecification};

/// Request of `CreateNetworkAcl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateNetworkAclRequest {
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

/// Answer of `CreateNetworkAcl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNetworkAclResponse {
    /// The new ACL.
    pub network_acl: NetworkAcl,
    /// As given.
    pub client_token: Option<String>,
}

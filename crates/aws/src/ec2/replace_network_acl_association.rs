//! `ReplaceNetworkAclAssociation`.

use serde::{Deserialize, Serialize};

/// Request of `ReplaceNetworkAclAssociation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ReplaceNetworkAclAssociationRequest {
    /// `aclassoc-…`.
    pub association_id: String,
    /// The new ACL.
    pub network_acl_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `ReplaceNetworkAclAssociation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceNetworkAclAssociationResponse {
    /// `aclassoc-…`.
    pub new_association_id: String,
}

//! `DescribeSecurityGroupReferences`.

use serde::{Deserialize, Serialize};

use super::shapes::SecurityGroupReference;

/// Request of `DescribeSecurityGroupReferences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeSecurityGroupReferencesRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Groups of the caller's.
    #[serde(rename = "GroupId", default)]
    pub group_ids: Vec<String>,
}

/// Answer of `DescribeSecurityGroupReferences`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeSecurityGroupReferencesResponse {
    /// The VPCs that refer to them.
    #[serde(default)]
    pub security_group_reference_set: Vec<SecurityGroupReference>,
}

//! `CreateSecurityGroup`.

use serde::{Deserialize, Serialize};

use super::shapes::{Tag, TagSpecification};

/// Request of `CreateSecurityGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateSecurityGroupRequest {
    /// Up to 255 characters; required.
    pub group_description: Option<String>,
    /// Unique in its VPC; required.
    pub group_name: Option<String>,
    /// The default VPC without it.
    pub vpc_id: Option<String>,
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `CreateSecurityGroup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSecurityGroupResponse {
    /// `sg-…`.
    pub group_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// Its ARN.
    pub security_group_arn: String,
}

//! Shapes that several operations share (`vpc-filtering.md` §13.1).

mod flow_log;

use serde::{Deserialize, Serialize};

pub use flow_log::{FlowLog, UnsuccessfulItem, UnsuccessfulItemError};

/// `Filter.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Filter {
    /// `vpc-id`, `tag:Name`, …
    pub name: String,
    /// Any of these.
    #[serde(rename = "Value", default)]
    pub values: Vec<String>,
}

/// A tag as requests write it: `Tag.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagParameter {
    /// Up to 128 characters.
    pub key: String,
    /// Up to 256 characters. Its absence means something to `DeleteTags`.
    pub value: Option<String>,
}

/// `TagSpecification.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagSpecification {
    /// `vpc`, `vpc-flow-log`, …
    pub resource_type: Option<String>,
    /// The tags.
    #[serde(rename = "Tag", default)]
    pub tags: Vec<TagParameter>,
}

/// A tag as answers write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Up to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vpc {
    /// `vpc-…`.
    pub vpc_id: String,
    /// `pending`, `available`.
    pub state: String,
    /// The primary CIDR block.
    pub cidr_block: String,
    /// All of them.
    #[serde(default)]
    pub cidr_block_association_set: Vec<CidrBlockAssociation>,
    /// `dopt-…`.
    pub dhcp_options_id: String,
    /// `default`.
    pub instance_tenancy: String,
    /// Whether it came with the region.
    pub is_default: bool,
    /// The account.
    pub owner_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// A CIDR block of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CidrBlockAssociation {
    /// `vpc-cidr-assoc-…`.
    pub association_id: String,
    /// The block.
    pub cidr_block: String,
    /// `associated`.
    pub cidr_block_state: CidrBlockState,
}

/// The state of a CIDR block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CidrBlockState {
    /// `associated`.
    pub state: String,
}

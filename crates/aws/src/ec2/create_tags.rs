//! `CreateTags`.

use serde::{Deserialize, Serialize};

use super::shapes::TagParameter;

/// Request of `CreateTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateTagsRequest {
    /// Any resources.
    #[serde(rename = "ResourceId", default)]
    pub resource_ids: Vec<String>,
    /// The tags.
    #[serde(rename = "Tag", default)]
    pub tags: Vec<TagParameter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

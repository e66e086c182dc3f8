//! `DeleteTags`.

use serde::{Deserialize, Serialize};

use super::shapes::TagParameter;

/// Request of `DeleteTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteTagsRequest {
    /// Any resources.
    #[serde(rename = "ResourceId", default)]
    pub resource_ids: Vec<String>,
    /// All without it.
    #[serde(rename = "Tag", default)]
    pub tags: Vec<TagParameter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

//! `DescribeTags`.

use serde::{Deserialize, Serialize};

use super::shapes::{Filter, TagDescription};

/// Request of `DescribeTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeTagsRequest {
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// 5 to 1000; absent: all at once.
    pub max_results: Option<i64>,
    /// From the answer before.
    pub next_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeTags`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeTagsResponse {
    /// The tags.
    #[serde(default)]
    pub tag_set: Vec<TagDescription>,
    /// Where the next page begins.
    pub next_token: Option<String>,
}

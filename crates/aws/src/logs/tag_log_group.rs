//! `TagLogGroup`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `TagLogGroup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagLogGroupRequest {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// 1 to 50, added to what it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

//! `DeleteMetricFilter`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteMetricFilter`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMetricFilterRequest {
    /// Name of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_group_name: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_name: Option<String>,
}

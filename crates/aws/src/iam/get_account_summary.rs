//! `GetAccountSummary`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Request of `GetAccountSummary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetAccountSummaryRequest {}

/// Answer of `GetAccountSummary`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetAccountSummaryResponse {
    /// Counts and quotas by their names.
    pub summary_map: BTreeMap<String, u32>,
}

//! `ListAccountAliases`.

use serde::{Deserialize, Serialize};

/// Request of `ListAccountAliases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ListAccountAliasesRequest {
    /// Where the page before ended.
    pub marker: Option<String>,
    /// 1 to 1000; 100 where it is absent.
    pub max_items: Option<i64>,
}

/// Answer of `ListAccountAliases`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListAccountAliasesResponse {
    /// Other names of the account.
    #[serde(default)]
    pub account_aliases: Vec<String>,
    /// Whether there is more.
    pub is_truncated: bool,
    /// What asks for the rest.
    pub marker: Option<String>,
}

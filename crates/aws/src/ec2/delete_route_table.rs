//! `DeleteRouteTable`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteRouteTableRequest {
    /// `rtb-…`.
    pub route_table_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

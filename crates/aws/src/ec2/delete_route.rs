//! `DeleteRoute`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `DeleteRoute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteRouteRequest {
    /// `rtb-…`.
    pub route_table_id: String,
    /// Where to, …
    pub destination_cidr_block: Option<String>,
    /// … or where to in IPv6.
    pub destination_ipv6_cidr_block: Option<String>,
    /// Not supported.
    pub destination_prefix_list_id: Option<Unsupported>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

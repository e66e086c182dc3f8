//! `CreateNetworkAclEntry`.

use serde::{Deserialize, Serialize};

use super::shapes::{IcmpTypeCodeParameter, PortRangeParameter};

/// Request of `CreateNetworkAclEntry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateNetworkAclEntryRequest {
    /// `acl-…`.
    pub network_acl_id: String,
    /// 1 to 32766.
    pub rule_number: i32,
    /// Number or -1.
    pub protocol: String,
    /// `allow` or `deny`.
    pub rule_action: String,
    /// Whether it is for what goes out.
    pub egress: bool,
    /// The peer.
    pub cidr_block: Option<String>,
    /// The peer.
    pub ipv6_cidr_block: Option<String>,
    /// Of ICMP.
    pub icmp: Option<IcmpTypeCodeParameter>,
    /// Of TCP and UDP.
    pub port_range: Option<PortRangeParameter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

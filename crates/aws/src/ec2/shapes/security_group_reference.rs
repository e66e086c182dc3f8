//! Where security groups are referred to, and what has become of references (`vpc-filtering.md` §13.2).

use serde::{Deserialize, Serialize};

use super::{Tag, UserIdGroupPair};

/// A VPC that refers to a group over a peering connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupReference {
    /// `sg-…`.
    pub group_id: String,
    /// `vpc-…`, at the other side.
    pub referencing_vpc_id: String,
    /// `pcx-…`.
    pub vpc_peering_connection_id: String,
}

/// A group with rules for groups that cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaleSecurityGroup {
    /// Of the group.
    pub description: String,
    /// `sg-…`.
    pub group_id: String,
    /// Unique in its VPC.
    pub group_name: String,
    /// What would come in.
    #[serde(default)]
    pub stale_ip_permissions: Vec<StaleIpPermission>,
    /// What would go out.
    #[serde(default)]
    pub stale_ip_permissions_egress: Vec<StaleIpPermission>,
    /// Its VPC.
    pub vpc_id: String,
}

/// Stale rules with equal protocol and ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaleIpPermission {
    /// Or the ICMP type; absent for all protocols.
    pub from_port: Option<i32>,
    /// `tcp`, `-1`, ….
    pub ip_protocol: String,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// The groups that cannot be reached.
    #[serde(default)]
    pub groups: Vec<UserIdGroupPair>,
}

/// A group that interfaces of a VPC may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupForVpc {
    /// Of the group.
    pub description: String,
    /// Unique in its VPC.
    pub group_name: String,
    /// The account.
    pub owner_id: String,
    /// `sg-…`.
    pub group_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// The VPC in which it was made.
    pub primary_vpc_id: String,
}

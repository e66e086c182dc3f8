//! Security groups and their rules (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::Tag;

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroup {
    /// The account.
    pub owner_id: String,
    /// `sg-…`.
    pub group_id: String,
    /// Unique in its VPC.
    pub group_name: String,
    /// Never changes.
    pub group_description: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its ARN.
    pub security_group_arn: String,
    /// What comes in.
    #[serde(default)]
    pub ip_permissions: Vec<IpPermission>,
    /// What goes out.
    #[serde(default)]
    pub ip_permissions_egress: Vec<IpPermission>,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// Rules of a group with equal protocol and ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpPermission {
    /// `tcp`, `-1`, ….
    pub ip_protocol: String,
    /// Or the ICMP type; absent for all protocols.
    pub from_port: Option<i32>,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// Peers that are groups.
    #[serde(default)]
    pub groups: Vec<UserIdGroupPair>,
    /// Peers by IPv4.
    #[serde(default)]
    pub ip_ranges: Vec<IpRange>,
    /// Peers by IPv6.
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6Range>,
    /// Peers by prefix list.
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixListId>,
}

/// A group as a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdGroupPair {
    /// Of the rule.
    pub description: Option<String>,
    /// The account; absent where the group is gone.
    pub user_id: Option<String>,
    /// Of a group that cannot be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// `sg-…`.
    pub group_id: String,
    /// Of a group of another VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The way to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_peering_connection_id: Option<String>,
    /// Of the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peering_status: Option<String>,
}

/// An IPv4 block as a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpRange {
    /// Of the rule.
    pub description: Option<String>,
    /// Canonical.
    pub cidr_ip: String,
}

/// An IPv6 block as a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv6Range {
    /// Of the rule.
    pub description: Option<String>,
    /// Canonical.
    pub cidr_ipv6: String,
}

/// A prefix list as a peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixListId {
    /// Of the rule.
    pub description: Option<String>,
    /// `pl-…`.
    pub prefix_list_id: String,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityGroupRule {
    /// `sgr-…`.
    pub security_group_rule_id: String,
    /// Its group.
    pub group_id: String,
    /// The account.
    pub group_owner_id: String,
    /// Whether it is for what goes out.
    pub is_egress: bool,
    /// `tcp`, `-1`, ….
    pub ip_protocol: String,
    /// Or the ICMP type; -1 for all protocols.
    pub from_port: Option<i32>,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// The peer.
    pub cidr_ipv4: Option<String>,
    /// The peer.
    pub cidr_ipv6: Option<String>,
    /// The peer.
    pub prefix_list_id: Option<String>,
    /// The peer.
    pub referenced_group_info: Option<ReferencedSecurityGroup>,
    /// Up to 255 characters.
    pub description: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
    /// Its ARN.
    pub security_group_rule_arn: String,
}

/// A group that a rule refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferencedSecurityGroup {
    /// `sg-…`.
    pub group_id: String,
    /// The account.
    pub user_id: String,
    /// Of a group of another VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The way to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_peering_connection_id: Option<String>,
    /// Of the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peering_status: Option<String>,
}

/// A rule that was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokedSecurityGroupRule {
    /// `sgr-…`.
    pub security_group_rule_id: String,
    /// Its group.
    pub group_id: String,
    /// Whether it was for what goes out.
    pub is_egress: bool,
    /// `tcp`, `-1`, ….
    pub ip_protocol: String,
    /// Or the ICMP type; -1 for all protocols.
    pub from_port: Option<i32>,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// The peer.
    pub cidr_ipv4: Option<String>,
    /// The peer.
    pub cidr_ipv6: Option<String>,
    /// The peer.
    pub prefix_list_id: Option<String>,
    /// The peer.
    pub referenced_group_id: Option<String>,
    /// What it said.
    pub description: Option<String>,
}

/// `IpPermissions.N`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct IpPermissionParameter {
    /// Name or number.
    pub ip_protocol: Option<String>,
    /// Or the ICMP type.
    pub from_port: Option<i32>,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// Peers that are groups.
    #[serde(default)]
    pub groups: Vec<UserIdGroupPairParameter>,
    /// Peers by IPv4.
    #[serde(default)]
    pub ip_ranges: Vec<IpRangeParameter>,
    /// Peers by IPv6.
    #[serde(default)]
    pub ipv6_ranges: Vec<Ipv6RangeParameter>,
    /// Peers by prefix list.
    #[serde(default)]
    pub prefix_list_ids: Vec<PrefixListIdParameter>,
}

/// `IpPermissions.N.Groups.M`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UserIdGroupPairParameter {
    /// Of the rule.
    pub description: Option<String>,
    /// The account.
    pub user_id: Option<String>,
    /// Of the default VPC.
    pub group_name: Option<String>,
    /// `sg-…`.
    pub group_id: Option<String>,
    /// Where it is.
    pub vpc_id: Option<String>,
    /// The way to it.
    pub vpc_peering_connection_id: Option<String>,
    /// What answers print; no request's affair.
    pub peering_status: Option<String>,
}

/// `IpPermissions.N.IpRanges.M`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct IpRangeParameter {
    /// A block.
    pub cidr_ip: Option<String>,
    /// Of the rule.
    pub description: Option<String>,
}

/// `IpPermissions.N.Ipv6Ranges.M`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Ipv6RangeParameter {
    /// A block.
    pub cidr_ipv6: Option<String>,
    /// Of the rule.
    pub description: Option<String>,
}

/// `IpPermissions.N.PrefixListIds.M`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PrefixListIdParameter {
    /// `pl-…`.
    pub prefix_list_id: Option<String>,
    /// Of the rule.
    pub description: Option<String>,
}

/// `SecurityGroupRuleDescription.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SecurityGroupRuleDescription {
    /// `sgr-…`.
    pub security_group_rule_id: String,
    /// None takes it away.
    pub description: Option<String>,
}

/// `SecurityGroupRule.N` of `ModifySecurityGroupRules`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SecurityGroupRuleUpdate {
    /// `sgr-…`.
    pub security_group_rule_id: String,
    /// What it is to be.
    pub security_group_rule: Option<SecurityGroupRuleRequest>,
}

/// What a rule is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SecurityGroupRuleRequest {
    /// Name or number.
    pub ip_protocol: Option<String>,
    /// Or the ICMP type.
    pub from_port: Option<i32>,
    /// Or the ICMP code.
    pub to_port: Option<i32>,
    /// The peer.
    pub cidr_ipv4: Option<String>,
    /// The peer.
    pub cidr_ipv6: Option<String>,
    /// The peer.
    pub prefix_list_id: Option<String>,
    /// The peer.
    pub referenced_group_id: Option<String>,
    /// Up to 255 characters.
    pub description: Option<String>,
}

//! Route tables and internet gateways as answers print them.

use serde::{Deserialize, Serialize};

use super::Tag;

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTable {
    /// `rtb-…`.
    pub route_table_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// The account.
    pub owner_id: String,
    /// Its routes.
    #[serde(default)]
    pub route_set: Vec<Route>,
    /// What it is the table of.
    #[serde(default)]
    pub association_set: Vec<RouteTableAssociation>,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// Where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_cidr_block: Option<String>,
    /// The same of IPv6; a route has one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_ipv6_cidr_block: Option<String>,
    /// `local` or `igw-…`. A route has one of these targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    /// `eni-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_interface_id: Option<String>,
    /// Whose interface that is, if it is attached: `i-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The account of the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_owner_id: Option<String>,
    /// `pcx-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_peering_connection_id: Option<String>,
    /// `active`, or `blackhole` where the target is gone.
    pub state: String,
    /// `CreateRouteTable` for the local one, else `CreateRoute`.
    pub origin: String,
}

/// What a route table is the table of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTableAssociation {
    /// `rtbassoc-…`.
    pub route_table_association_id: String,
    /// `rtb-…`.
    pub route_table_id: String,
    /// Of this subnet; none of the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_id: Option<String>,
    /// Whether of all subnets that have no other.
    pub main: bool,
    /// `associated`.
    pub association_state: AssociationState,
}

/// The state of an association.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociationState {
    /// `associated`.
    pub state: String,
}

/// An internet gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InternetGateway {
    /// `igw-…`.
    pub internet_gateway_id: String,
    /// The VPC that it belongs to.
    #[serde(default)]
    pub attachment_set: Vec<InternetGatewayAttachment>,
    /// The account.
    pub owner_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// To which VPC a gateway belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InternetGatewayAttachment {
    /// `vpc-…`.
    pub vpc_id: String,
    /// `available`.
    pub state: String,
}

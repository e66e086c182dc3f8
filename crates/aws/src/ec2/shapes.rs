//! Shapes that several operations share (`vpc-filtering.md` §13.1).

mod attribute;
mod flow_log;
mod instance;
mod network_acl;
mod network_interface;
mod prefix_list;
mod route_table;
mod security_group;
mod security_group_reference;
mod subnet;
mod unsupported;
mod vpc;
mod vpc_peering_connection;

use serde::{Deserialize, Serialize};

pub use attribute::{Attribute, AttributeParameter};
pub use flow_log::{FlowLog, UnsuccessfulItem, UnsuccessfulItemError};
pub use instance::{
    Instance, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment, InstanceState,
    Placement, Reservation,
};
pub use network_acl::{
    IcmpTypeCode, IcmpTypeCodeParameter, NetworkAcl, NetworkAclAssociation, NetworkAclEntry,
    PortRange, PortRangeParameter,
};
pub use network_interface::{
    ConnectionTracking, ConnectionTrackingParameter, GroupIdentifier, Ipv6Address,
    NetworkInterface, NetworkInterfaceAddress, NetworkInterfaceAttachment, Operator,
};
pub use prefix_list::{
    AddPrefixListEntry, ManagedPrefixList, PrefixList, PrefixListAssociation, PrefixListEntry,
    RemovePrefixListEntry,
};
pub use route_table::{
    AssociationState, InternetGateway, InternetGatewayAttachment, Route, RouteTable,
    RouteTableAssociation,
};
pub use security_group::{
    IpPermission, IpPermissionParameter, IpRange, IpRangeParameter, Ipv6Range, Ipv6RangeParameter,
    PrefixListId, PrefixListIdParameter, ReferencedSecurityGroup, RevokedSecurityGroupRule,
    SecurityGroup, SecurityGroupRule, SecurityGroupRuleDescription, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair, UserIdGroupPairParameter,
};
pub use security_group_reference::{
    SecurityGroupForVpc, SecurityGroupReference, StaleIpPermission, StaleSecurityGroup,
};
pub use subnet::{PrivateDnsNameOptions, Subnet, SubnetIpv6CidrBlockAssociation};
pub use unsupported::Unsupported;
pub use vpc::{CidrBlockAssociation, CidrBlockState, Vpc, VpcIpv6CidrBlockAssociation};
pub use vpc_peering_connection::{
    PeerCidrBlock, PeerIpv6CidrBlock, PeeringConnectionOptionsRequest, VpcPeeringConnection,
    VpcPeeringConnectionOptionsDescription, VpcPeeringConnectionStateReason,
    VpcPeeringConnectionVpcInfo,
};

/// `Filter.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Filter {
    /// `vpc-id`, `tag:Name`, …
    pub name: String,
    /// Any of these.
    #[serde(rename = "Value", default)]
    pub values: Vec<String>,
}

/// A tag as requests write it: `Tag.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagParameter {
    /// Up to 128 characters.
    pub key: String,
    /// Up to 256 characters. Its absence means something to `DeleteTags`.
    pub value: Option<String>,
}

/// `TagSpecification.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagSpecification {
    /// `vpc`, `vpc-flow-log`, …
    pub resource_type: Option<String>,
    /// The tags.
    #[serde(rename = "Tag", default)]
    pub tags: Vec<TagParameter>,
}

/// A tag as answers write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Up to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}

/// A tag with what it is of, as `DescribeTags` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagDescription {
    /// `vpc-…`, ….
    pub resource_id: String,
    /// `vpc`, ….
    pub resource_type: String,
    /// Up to 128 characters.
    pub key: String,
    /// Up to 256 characters.
    pub value: String,
}

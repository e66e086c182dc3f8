//! EC2 (Query, version 2016-11-15): one file an operation; what several share is in [`shapes`].

mod accept_vpc_peering_connection;
mod assign_ipv6_addresses;
mod assign_private_ip_addresses;
mod associate_route_table;
mod associate_subnet_cidr_block;
mod associate_vpc_cidr_block;
mod attach_internet_gateway;
mod attach_network_interface;
mod authorize_security_group_egress;
mod authorize_security_group_ingress;
mod create_default_vpc;
mod create_flow_logs;
mod create_internet_gateway;
mod create_managed_prefix_list;
mod create_network_acl;
mod create_network_acl_entry;
mod create_network_interface;
mod create_route;
mod create_route_table;
mod create_security_group;
mod create_subnet;
mod create_tags;
mod create_vpc;
mod create_vpc_peering_connection;
mod delete_flow_logs;
mod delete_internet_gateway;
mod delete_managed_prefix_list;
mod delete_network_acl;
mod delete_network_acl_entry;
mod delete_network_interface;
mod delete_route;
mod delete_route_table;
mod delete_security_group;
mod delete_subnet;
mod delete_tags;
mod delete_vpc;
mod delete_vpc_peering_connection;
mod describe_account_attributes;
mod describe_availability_zones;
mod describe_flow_logs;
mod describe_instances;
mod describe_internet_gateways;
mod describe_managed_prefix_lists;
mod describe_network_acls;
mod describe_network_interface_attribute;
mod describe_network_interfaces;
mod describe_prefix_lists;
mod describe_regions;
mod describe_route_tables;
mod describe_security_group_references;
mod describe_security_group_rules;
mod describe_security_groups;
mod describe_stale_security_groups;
mod describe_subnets;
mod describe_tags;
mod describe_vpc_attribute;
mod describe_vpc_peering_connections;
mod describe_vpcs;
mod detach_internet_gateway;
mod detach_network_interface;
mod disassociate_route_table;
mod disassociate_subnet_cidr_block;
mod disassociate_vpc_cidr_block;
mod get_managed_prefix_list_associations;
mod get_managed_prefix_list_entries;
mod get_security_groups_for_vpc;
mod modify_managed_prefix_list;
mod modify_network_interface_attribute;
mod modify_security_group_rules;
mod modify_subnet_attribute;
mod modify_vpc_attribute;
mod modify_vpc_peering_connection_options;
mod reject_vpc_peering_connection;
mod replace_network_acl_association;
mod replace_network_acl_entry;
mod replace_route;
mod replace_route_table_association;
mod restore_managed_prefix_list_version;
mod revoke_security_group_egress;
mod revoke_security_group_ingress;
pub mod shapes;
mod unassign_ipv6_addresses;
mod unassign_private_ip_addresses;
mod update_security_group_rule_descriptions_egress;
mod update_security_group_rule_descriptions_ingress;

pub use assign_ipv6_addresses::{AssignIpv6AddressesRequest, AssignIpv6AddressesResponse};
pub use assign_private_ip_addresses::{
    AssignPrivateIpAddressesRequest, AssignPrivateIpAddressesResponse, AssignedPrivateIpAddress,
};
pub use associate_route_table::{AssociateRouteTableRequest, AssociateRouteTableResponse};
pub use associate_subnet_cidr_block::{
    AssociateSubnetCidrBlockRequest, AssociateSubnetCidrBlockResponse,
};
pub use associate_vpc_cidr_block::{AssociateVpcCidrBlockRequest, AssociateVpcCidrBlockResponse};
pub use attach_internet_gateway::AttachInternetGatewayRequest;
pub use attach_network_interface::{AttachNetworkInterfaceRequest, AttachNetworkInterfaceResponse};
pub use create_default_vpc::{CreateDefaultVpcRequest, CreateDefaultVpcResponse};
pub use create_flow_logs::{
    CreateFlowLogsRequest, CreateFlowLogsResponse, DestinationOptions, TagFieldSpecification,
};
pub use create_internet_gateway::{CreateInternetGatewayRequest, CreateInternetGatewayResponse};
pub use create_network_interface::{
    CreateNetworkInterfaceRequest, CreateNetworkInterfaceResponse, Ipv6AddressParameter,
    PrivateIpAddressParameter,
};
pub use create_route::{CreateRouteRequest, CreateRouteResponse};
pub use create_route_table::{CreateRouteTableRequest, CreateRouteTableResponse};
pub use create_subnet::{CreateSubnetRequest, CreateSubnetResponse};
pub use create_vpc::{CreateVpcRequest, CreateVpcResponse};
pub use delete_flow_logs::{DeleteFlowLogsRequest, DeleteFlowLogsResponse};
pub use delete_internet_gateway::DeleteInternetGatewayRequest;
pub use delete_network_interface::DeleteNetworkInterfaceRequest;
pub use delete_route::DeleteRouteRequest;
pub use delete_route_table::DeleteRouteTableRequest;
pub use delete_subnet::DeleteSubnetRequest;
pub use delete_vpc::DeleteVpcRequest;
pub use describe_account_attributes::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest,
    DescribeAccountAttributesResponse,
};
pub use describe_availability_zones::{
    AvailabilityZone, DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResponse,
    ZoneMessage,
};
pub use describe_flow_logs::{DescribeFlowLogsRequest, DescribeFlowLogsResponse};
pub use describe_instances::{DescribeInstancesRequest, DescribeInstancesResponse};
pub use describe_internet_gateways::{
    DescribeInternetGatewaysRequest, DescribeInternetGatewaysResponse,
};
pub use describe_network_interface_attribute::{
    DescribeNetworkInterfaceAttributeRequest, DescribeNetworkInterfaceAttributeResponse,
};
pub use describe_network_interfaces::{
    DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResponse,
};
pub use describe_regions::{DescribeRegionsRequest, DescribeRegionsResponse, Region};
pub use describe_route_tables::{DescribeRouteTablesRequest, DescribeRouteTablesResponse};
pub use describe_subnets::{DescribeSubnetsRequest, DescribeSubnetsResponse};
pub use describe_vpc_attribute::{DescribeVpcAttributeRequest, DescribeVpcAttributeResponse};
pub use describe_vpcs::{DescribeVpcsRequest, DescribeVpcsResponse};
pub use detach_internet_gateway::DetachInternetGatewayRequest;
pub use detach_network_interface::DetachNetworkInterfaceRequest;
pub use disassociate_route_table::DisassociateRouteTableRequest;
pub use disassociate_subnet_cidr_block::{
    DisassociateSubnetCidrBlockRequest, DisassociateSubnetCidrBlockResponse,
};
pub use disassociate_vpc_cidr_block::{
    DisassociateVpcCidrBlockRequest, DisassociateVpcCidrBlockResponse,
};
pub use modify_network_interface_attribute::ModifyNetworkInterfaceAttributeRequest;
pub use modify_subnet_attribute::ModifySubnetAttributeRequest;
pub use modify_vpc_attribute::ModifyVpcAttributeRequest;
pub use replace_route::ReplaceRouteRequest;
pub use replace_route_table_association::{
    ReplaceRouteTableAssociationRequest, ReplaceRouteTableAssociationResponse,
};
pub use unassign_ipv6_addresses::{UnassignIpv6AddressesRequest, UnassignIpv6AddressesResponse};
pub use unassign_private_ip_addresses::UnassignPrivateIpAddressesRequest;

pub use authorize_security_group_egress::{
    AuthorizeSecurityGroupEgressRequest, AuthorizeSecurityGroupEgressResponse,
};
pub use authorize_security_group_ingress::{
    AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResponse,
};
pub use create_network_acl::{CreateNetworkAclRequest, CreateNetworkAclResponse};
pub use create_network_acl_entry::CreateNetworkAclEntryRequest;
pub use create_security_group::{CreateSecurityGroupRequest, CreateSecurityGroupResponse};
pub use create_tags::CreateTagsRequest;
pub use delete_network_acl::DeleteNetworkAclRequest;
pub use delete_network_acl_entry::DeleteNetworkAclEntryRequest;
pub use delete_security_group::{DeleteSecurityGroupRequest, DeleteSecurityGroupResponse};
pub use delete_tags::DeleteTagsRequest;
pub use describe_network_acls::{DescribeNetworkAclsRequest, DescribeNetworkAclsResponse};
pub use describe_security_group_rules::{
    DescribeSecurityGroupRulesRequest, DescribeSecurityGroupRulesResponse,
};
pub use describe_security_groups::{DescribeSecurityGroupsRequest, DescribeSecurityGroupsResponse};
pub use describe_tags::{DescribeTagsRequest, DescribeTagsResponse};
pub use modify_security_group_rules::{
    ModifySecurityGroupRulesRequest, ModifySecurityGroupRulesResponse,
};
pub use replace_network_acl_association::{
    ReplaceNetworkAclAssociationRequest, ReplaceNetworkAclAssociationResponse,
};
pub use replace_network_acl_entry::ReplaceNetworkAclEntryRequest;
pub use revoke_security_group_egress::{
    RevokeSecurityGroupEgressRequest, RevokeSecurityGroupEgressResponse,
};
pub use revoke_security_group_ingress::{
    RevokeSecurityGroupIngressRequest, RevokeSecurityGroupIngressResponse,
};
pub use update_security_group_rule_descriptions_egress::{
    UpdateSecurityGroupRuleDescriptionsEgressRequest,
    UpdateSecurityGroupRuleDescriptionsEgressResponse,
};
pub use update_security_group_rule_descriptions_ingress::{
    UpdateSecurityGroupRuleDescriptionsIngressRequest,
    UpdateSecurityGroupRuleDescriptionsIngressResponse,
};

pub use create_managed_prefix_list::{
    CreateManagedPrefixListRequest, CreateManagedPrefixListResponse,
};
pub use delete_managed_prefix_list::{
    DeleteManagedPrefixListRequest, DeleteManagedPrefixListResponse,
};
pub use describe_managed_prefix_lists::{
    DescribeManagedPrefixListsRequest, DescribeManagedPrefixListsResponse,
};
pub use describe_prefix_lists::{DescribePrefixListsRequest, DescribePrefixListsResponse};
pub use get_managed_prefix_list_associations::{
    GetManagedPrefixListAssociationsRequest, GetManagedPrefixListAssociationsResponse,
};
pub use get_managed_prefix_list_entries::{
    GetManagedPrefixListEntriesRequest, GetManagedPrefixListEntriesResponse,
};
pub use modify_managed_prefix_list::{
    ModifyManagedPrefixListRequest, ModifyManagedPrefixListResponse,
};
pub use restore_managed_prefix_list_version::{
    RestoreManagedPrefixListVersionRequest, RestoreManagedPrefixListVersionResponse,
};

pub use accept_vpc_peering_connection::{
    AcceptVpcPeeringConnectionRequest, AcceptVpcPeeringConnectionResponse,
};
pub use create_vpc_peering_connection::{
    CreateVpcPeeringConnectionRequest, CreateVpcPeeringConnectionResponse,
};
pub use delete_vpc_peering_connection::DeleteVpcPeeringConnectionRequest;
pub use describe_vpc_peering_connections::{
    DescribeVpcPeeringConnectionsRequest, DescribeVpcPeeringConnectionsResponse,
};
pub use modify_vpc_peering_connection_options::{
    ModifyVpcPeeringConnectionOptionsRequest, ModifyVpcPeeringConnectionOptionsResponse,
};
pub use reject_vpc_peering_connection::RejectVpcPeeringConnectionRequest;

pub use describe_security_group_references::{
    DescribeSecurityGroupReferencesRequest, DescribeSecurityGroupReferencesResponse,
};
pub use describe_stale_security_groups::{
    DescribeStaleSecurityGroupsRequest, DescribeStaleSecurityGroupsResponse,
};
pub use get_security_groups_for_vpc::{
    GetSecurityGroupsForVpcRequest, GetSecurityGroupsForVpcResponse,
};

/// The version that requests name.
pub const VERSION: &str = "2016-11-15";
/// The namespace of answers.
pub const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

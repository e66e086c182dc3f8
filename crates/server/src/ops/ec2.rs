//! EC2.

mod account_attribute;
#[cfg(test)]
mod answers;
mod block;
mod filter;
mod filter_table;
mod flow_logs;
mod fresh;
mod identifier;
mod instance;
mod interface;
mod internet_gateway;
mod network_acl;
mod page;
mod peering;
mod prefix_list;
pub(crate) mod region;
#[cfg(test)]
mod resources_tests;
mod route_table;
mod security_group;
mod subnet;
mod tagging;
mod tags;
mod unsupported;
mod vpc;
mod zone;

use crate::dispatch::Operation;
pub(crate) use fresh::furnish;
pub(crate) use route_table::RouteTargets;
pub(crate) use tags::add_to_context as add_tags_of;
pub(crate) use zone::id_of as zone_id_of;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::write("CreateVpc", vpc::create),
        Operation::write("CreateFlowLogs", flow_logs::create),
        Operation::read("DescribeFlowLogs", flow_logs::describe),
        Operation::write("DeleteFlowLogs", flow_logs::delete),
        Operation::write("CreateDefaultVpc", vpc::create_default),
        Operation::read("DescribeVpcs", vpc::describe),
        Operation::write("DeleteVpc", vpc::delete),
        Operation::write("AssociateVpcCidrBlock", vpc::associate_block),
        Operation::write("DisassociateVpcCidrBlock", vpc::disassociate_block),
        Operation::read("DescribeVpcAttribute", vpc::describe_attribute),
        Operation::write("ModifyVpcAttribute", vpc::modify_attribute),
        Operation::write("CreateSubnet", subnet::create),
        Operation::read("DescribeSubnets", subnet::describe),
        Operation::write("DeleteSubnet", subnet::delete),
        Operation::write("AssociateSubnetCidrBlock", subnet::associate_block),
        Operation::write("DisassociateSubnetCidrBlock", subnet::disassociate_block),
        Operation::write("ModifySubnetAttribute", subnet::modify_attribute),
        Operation::write("CreateNetworkInterface", interface::create),
        Operation::read("DescribeNetworkInterfaces", interface::describe),
        Operation::write("DeleteNetworkInterface", interface::delete),
        Operation::write("AssignIpv6Addresses", interface::assign_ipv6),
        Operation::write("UnassignIpv6Addresses", interface::unassign_ipv6),
        Operation::write("AssignPrivateIpAddresses", interface::assign_private),
        Operation::write("UnassignPrivateIpAddresses", interface::unassign_private),
        Operation::write("AttachNetworkInterface", interface::attach),
        Operation::write("DetachNetworkInterface", interface::detach),
        Operation::read("DescribeNetworkInterfaceAttribute", interface::describe_attribute),
        Operation::write("ModifyNetworkInterfaceAttribute", interface::modify_attribute),
        Operation::write("CreateSecurityGroup", security_group::create),
        Operation::read("DescribeSecurityGroups", security_group::describe),
        Operation::write("DeleteSecurityGroup", security_group::delete),
        Operation::write("AuthorizeSecurityGroupIngress", security_group::authorize_ingress),
        Operation::write("AuthorizeSecurityGroupEgress", security_group::authorize_egress),
        Operation::write("RevokeSecurityGroupIngress", security_group::revoke_ingress),
        Operation::write("RevokeSecurityGroupEgress", security_group::revoke_egress),
        Operation::read("DescribeSecurityGroupRules", security_group::describe_rules),
        Operation::write("ModifySecurityGroupRules", security_group::modify),
        Operation::write(
            "UpdateSecurityGroupRuleDescriptionsIngress",
            security_group::describe_ingress_rules_anew,
        ),
        Operation::write(
            "UpdateSecurityGroupRuleDescriptionsEgress",
            security_group::describe_egress_rules_anew,
        ),
        Operation::read("DescribeSecurityGroupReferences", security_group::describe_references),
        Operation::read("DescribeStaleSecurityGroups", security_group::describe_stale),
        Operation::read("GetSecurityGroupsForVpc", security_group::for_vpc),
        Operation::write("CreateNetworkAcl", network_acl::create),
        Operation::read("DescribeNetworkAcls", network_acl::describe),
        Operation::write("DeleteNetworkAcl", network_acl::delete),
        Operation::write("CreateNetworkAclEntry", network_acl::create_entry),
        Operation::write("ReplaceNetworkAclEntry", network_acl::replace_entry),
        Operation::write("DeleteNetworkAclEntry", network_acl::delete_entry),
        Operation::write("ReplaceNetworkAclAssociation", network_acl::replace_association),
        Operation::write("CreateManagedPrefixList", prefix_list::create),
        Operation::read("DescribeManagedPrefixLists", prefix_list::describe),
        Operation::read("DescribePrefixLists", prefix_list::describe_of_services),
        Operation::read("GetManagedPrefixListEntries", prefix_list::entries),
        Operation::read("GetManagedPrefixListAssociations", prefix_list::associations),
        Operation::write("ModifyManagedPrefixList", prefix_list::modify),
        Operation::write("RestoreManagedPrefixListVersion", prefix_list::restore),
        Operation::write("DeleteManagedPrefixList", prefix_list::delete),
        Operation::write("CreateVpcPeeringConnection", peering::create),
        Operation::read("DescribeVpcPeeringConnections", peering::describe),
        Operation::write("AcceptVpcPeeringConnection", peering::accept),
        Operation::write("RejectVpcPeeringConnection", peering::reject),
        Operation::write("DeleteVpcPeeringConnection", peering::delete),
        Operation::write("ModifyVpcPeeringConnectionOptions", peering::modify_options),
        Operation::write("CreateTags", tags::create),
        Operation::write("DeleteTags", tags::delete),
        Operation::read("DescribeTags", tags::describe),
        Operation::write("CreateRouteTable", route_table::create),
        Operation::read("DescribeRouteTables", route_table::describe),
        Operation::write("DeleteRouteTable", route_table::delete),
        Operation::write("AssociateRouteTable", route_table::associate),
        Operation::write("DisassociateRouteTable", route_table::disassociate),
        Operation::write("ReplaceRouteTableAssociation", route_table::replace_association),
        Operation::write("CreateRoute", route_table::create_route),
        Operation::write("ReplaceRoute", route_table::replace_route),
        Operation::write("DeleteRoute", route_table::delete_route),
        Operation::write("CreateInternetGateway", internet_gateway::create),
        Operation::read("DescribeInternetGateways", internet_gateway::describe),
        Operation::write("AttachInternetGateway", internet_gateway::attach),
        Operation::write("DetachInternetGateway", internet_gateway::detach),
        Operation::write("DeleteInternetGateway", internet_gateway::delete),
        Operation::read("DescribeInstances", instance::describe),
        Operation::read("DescribeAccountAttributes", account_attribute::describe),
        Operation::read("DescribeRegions", region::describe),
        Operation::read("DescribeAvailabilityZones", zone::describe),
    ]
}

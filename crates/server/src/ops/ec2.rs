//! EC2.

#[cfg(test)]
mod answers;
mod block;
mod filter;
mod filter_table;
mod flow_logs;
mod fresh;
mod identifier;
mod interface;
mod internet_gateway;
mod page;
pub(crate) mod region;
mod route_table;
mod subnet;
mod tagging;
mod unsupported;
mod vpc;
mod zone;

use crate::dispatch::Operation;
pub(crate) use fresh::furnish;
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
        Operation::read("DescribeVpcAttribute", vpc::describe_attribute),
        Operation::write("ModifyVpcAttribute", vpc::modify_attribute),
        Operation::write("CreateSubnet", subnet::create),
        Operation::read("DescribeSubnets", subnet::describe),
        Operation::write("DeleteSubnet", subnet::delete),
        Operation::write("ModifySubnetAttribute", subnet::modify_attribute),
        Operation::write("CreateNetworkInterface", interface::create),
        Operation::read("DescribeNetworkInterfaces", interface::describe),
        Operation::write("DeleteNetworkInterface", interface::delete),
        Operation::write("AttachNetworkInterface", interface::attach),
        Operation::write("DetachNetworkInterface", interface::detach),
        Operation::read("DescribeNetworkInterfaceAttribute", interface::describe_attribute),
        Operation::write("ModifyNetworkInterfaceAttribute", interface::modify_attribute),
        Operation::read("DescribeRouteTables", route_table::describe),
        Operation::read("DescribeInternetGateways", internet_gateway::describe),
        Operation::read("DescribeRegions", region::describe),
        Operation::read("DescribeAvailabilityZones", zone::describe),
    ]
}

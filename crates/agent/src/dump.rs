//! The network that a service describes, as one JSON object: what `aws ec2 describe-*` print, and what
//! `flowlogd_vpc::Inventory` reads.

use flowlogd_aws::codec::from_node;
use flowlogd_aws::ec2::shapes::{
    CidrBlockState, NetworkAcl, NetworkAclEntry, NetworkInterface, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc,
};
use flowlogd_aws::ec2::{
    DescribeManagedPrefixListsResponse, DescribeNetworkAclsResponse,
    DescribeNetworkInterfacesResponse, DescribeRouteTablesResponse,
    DescribeSecurityGroupRulesResponse, DescribeSecurityGroupsResponse, DescribeSubnetsResponse,
    DescribeVpcsResponse, GetManagedPrefixListEntriesResponse,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::client::{CallError, Client};

/// Asks EC2 for everything that judging needs, page by page.
///
/// The answers are of several moments: rules that change meanwhile are told as they were when they were asked
/// for. The first call that fails is the error, for a section that is missing would change what the rules say.
pub async fn dump(client: &Client) -> Result<Value, CallError> {
    let vpcs =
        all(client, "DescribeVpcs", |page: DescribeVpcsResponse| (page.vpc_set, page.next_token));
    let vpcs = vpcs.await?;
    let subnets = all(client, "DescribeSubnets", |page: DescribeSubnetsResponse| {
        (page.subnet_set, page.next_token)
    });
    let subnets = subnets.await?;
    let interfaces =
        all(client, "DescribeNetworkInterfaces", |page: DescribeNetworkInterfacesResponse| {
            (page.network_interface_set, page.next_token)
        });
    let interfaces = interfaces.await?;
    let groups = all(client, "DescribeSecurityGroups", |page: DescribeSecurityGroupsResponse| {
        (page.security_group_info, page.next_token)
    });
    let groups = groups.await?;
    let rules =
        all(client, "DescribeSecurityGroupRules", |page: DescribeSecurityGroupRulesResponse| {
            (page.security_group_rule_set, page.next_token)
        });
    let rules = rules.await?;
    let acls = all(client, "DescribeNetworkAcls", |page: DescribeNetworkAclsResponse| {
        (page.network_acl_set, page.next_token)
    });
    let acls = acls.await?;
    let tables = all(client, "DescribeRouteTables", |page: DescribeRouteTablesResponse| {
        (page.route_table_set, page.next_token)
    });
    let tables = tables.await?;
    let lists = prefix_lists(client).await?;
    Ok(json!({
        "Vpcs": vpcs.iter().map(vpc).collect::<Vec<_>>(),
        "Subnets": subnets.iter().map(subnet).collect::<Vec<_>>(),
        "NetworkInterfaces": interfaces.iter().map(interface).collect::<Vec<_>>(),
        "SecurityGroups": groups.iter().map(security_group).collect::<Vec<_>>(),
        "SecurityGroupRules": rules.iter().map(security_group_rule).collect::<Vec<_>>(),
        "NetworkAcls": acls.iter().map(network_acl).collect::<Vec<_>>(),
        "RouteTables": tables.iter().map(route_table).collect::<Vec<_>>(),
        "PrefixListEntries": lists,
    }))
}

/// Asks for the entries of every prefix list. A change that is asked about may be for a list that no rule
/// has so far.
async fn prefix_lists(client: &Client) -> Result<Map<String, Value>, CallError> {
    let lists = |page: DescribeManagedPrefixListsResponse| (page.prefix_list_set, page.next_token);
    let size = ("MaxResults", "100");
    let mut entries = Map::new();
    for list in pages(client, "DescribeManagedPrefixLists", &[size], lists).await? {
        let id = list.prefix_list_id;
        let parameters = [size, ("PrefixListId", id.as_str())];
        let parts = |page: GetManagedPrefixListEntriesResponse| (page.entry_set, page.next_token);
        let found = pages(client, "GetManagedPrefixListEntries", &parameters, parts).await?;
        let blocks = found.iter().map(|entry| json!({ "Cidr": entry.cidr })).collect();
        entries.insert(id, blocks);
    }
    Ok(entries)
}

/// Asks for all that an operation has.
async fn all<A: DeserializeOwned, T>(
    client: &Client,
    operation: &str,
    parts: impl Fn(A) -> (Vec<T>, Option<String>),
) -> Result<Vec<T>, CallError> {
    pages(client, operation, &[("MaxResults", "1000")], parts).await
}

/// Follows an operation's pages to their end.
async fn pages<A: DeserializeOwned, T>(
    client: &Client,
    operation: &str,
    parameters: &[(&str, &str)],
    parts: impl Fn(A) -> (Vec<T>, Option<String>),
) -> Result<Vec<T>, CallError> {
    let mut items = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut parameters = parameters.to_vec();
        parameters.extend(token.as_deref().map(|token| ("NextToken", token)));
        let version = flowlogd_aws::ec2::VERSION;
        let answer = client.query("ec2", version, operation, &parameters).await?;
        let page: A = from_node(&answer).map_err(|error| {
            CallError::Malformed(format!("cannot read the answer to {operation}: {error}"))
        })?;
        let (page, next) = parts(page);
        items.extend(page);
        match next {
            Some(next) => token = Some(next),
            None => return Ok(items),
        }
    }
}

/// An object of the members that are there.
fn object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn vpc(vpc: &Vpc) -> Value {
    let blocks = vpc.cidr_block_association_set.iter().map(|block| {
        json!({
            "CidrBlock": block.cidr_block,
            "CidrBlockState": { "State": block.cidr_block_state.state },
        })
    });
    let ipv6 = vpc.ipv6_cidr_block_association_set.iter();
    let ipv6 = ipv6.map(|block| ipv6_block(&block.ipv6_cidr_block, &block.ipv6_cidr_block_state));
    json!({
        "VpcId": vpc.vpc_id,
        "OwnerId": vpc.owner_id,
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": blocks.collect::<Vec<_>>(),
        "Ipv6CidrBlockAssociationSet": ipv6.collect::<Vec<_>>(),
    })
}

fn ipv6_block(cidr: &str, state: &CidrBlockState) -> Value {
    json!({ "Ipv6CidrBlock": cidr, "Ipv6CidrBlockState": { "State": state.state } })
}

fn subnet(subnet: &Subnet) -> Value {
    let ipv6 = subnet.ipv6_cidr_block_association_set.iter();
    let ipv6 = ipv6.map(|block| ipv6_block(&block.ipv6_cidr_block, &block.ipv6_cidr_block_state));
    json!({
        "SubnetId": subnet.subnet_id,
        "VpcId": subnet.vpc_id,
        "CidrBlock": subnet.cidr_block,
        "Ipv6CidrBlockAssociationSet": ipv6.collect::<Vec<_>>(),
        "AvailabilityZone": subnet.availability_zone,
        "AvailabilityZoneId": subnet.availability_zone_id,
    })
}

fn interface(interface: &NetworkInterface) -> Value {
    let addresses = interface.private_ip_addresses_set.iter().map(
        |address| json!({ "PrivateIpAddress": address.private_ip_address, "Primary": address.primary }),
    );
    let ipv6 = interface.ipv6_addresses_set.iter();
    let ipv6 = ipv6.map(|address| json!({ "Ipv6Address": address.ipv6_address }));
    let groups = interface.group_set.iter().map(|group| json!({ "GroupId": group.group_id }));
    let attachment = interface.attachment.as_ref().map(|attachment| {
        json!({
            "InstanceId": attachment.instance_id,
            "InstanceOwnerId": attachment.instance_owner_id,
        })
    });
    let timeouts = interface.connection_tracking_configuration.as_ref().map(|timeouts| {
        object([
            ("TcpEstablishedTimeout", timeouts.tcp_established_timeout.map(|value| json!(value))),
            ("UdpStreamTimeout", timeouts.udp_stream_timeout.map(|value| json!(value))),
            ("UdpTimeout", timeouts.udp_timeout.map(|value| json!(value))),
        ])
    });
    object([
        ("NetworkInterfaceId", Some(json!(interface.network_interface_id))),
        ("OwnerId", Some(json!(interface.owner_id))),
        ("VpcId", Some(json!(interface.vpc_id))),
        ("SubnetId", Some(json!(interface.subnet_id))),
        ("PrivateIpAddress", Some(json!(interface.private_ip_address))),
        ("PrivateIpAddresses", Some(addresses.collect())),
        ("Ipv6Addresses", Some(ipv6.collect())),
        ("MacAddress", Some(json!(interface.mac_address))),
        ("Groups", Some(groups.collect())),
        ("SourceDestCheck", Some(json!(interface.source_dest_check))),
        ("InterfaceType", Some(json!(interface.interface_type))),
        ("RequesterManaged", Some(json!(interface.requester_managed))),
        ("Attachment", attachment),
        ("ConnectionTrackingConfiguration", timeouts),
    ])
}

/// The rules are told by [`security_group_rule`], with their ids.
fn security_group(group: &SecurityGroup) -> Value {
    json!({ "GroupId": group.group_id, "VpcId": group.vpc_id, "OwnerId": group.owner_id })
}

fn security_group_rule(rule: &SecurityGroupRule) -> Value {
    let referenced = rule.referenced_group_info.as_ref();
    object([
        ("SecurityGroupRuleId", Some(json!(rule.security_group_rule_id))),
        ("GroupId", Some(json!(rule.group_id))),
        ("GroupOwnerId", Some(json!(rule.group_owner_id))),
        ("IsEgress", Some(json!(rule.is_egress))),
        ("IpProtocol", Some(json!(rule.ip_protocol))),
        ("FromPort", rule.from_port.map(|port| json!(port))),
        ("ToPort", rule.to_port.map(|port| json!(port))),
        ("CidrIpv4", rule.cidr_ipv4.as_ref().map(|cidr| json!(cidr))),
        ("CidrIpv6", rule.cidr_ipv6.as_ref().map(|cidr| json!(cidr))),
        ("PrefixListId", rule.prefix_list_id.as_ref().map(|id| json!(id))),
        (
            "ReferencedGroupInfo",
            referenced.map(|group| {
                object([
                    ("GroupId", Some(json!(group.group_id))),
                    ("UserId", Some(json!(group.user_id))),
                    ("VpcId", group.vpc_id.as_ref().map(|id| json!(id))),
                    (
                        "VpcPeeringConnectionId",
                        group.vpc_peering_connection_id.as_ref().map(|id| json!(id)),
                    ),
                    ("PeeringStatus", group.peering_status.as_ref().map(|status| json!(status))),
                ])
            }),
        ),
    ])
}

fn network_acl(acl: &NetworkAcl) -> Value {
    let associations = acl.association_set.iter();
    let associations = associations.map(|association| json!({ "SubnetId": association.subnet_id }));
    json!({
        "NetworkAclId": acl.network_acl_id,
        "VpcId": acl.vpc_id,
        "IsDefault": acl.is_default,
        "Associations": associations.collect::<Vec<_>>(),
        "Entries": acl.entry_set.iter().map(acl_entry).collect::<Vec<_>>(),
    })
}

fn acl_entry(entry: &NetworkAclEntry) -> Value {
    let ports = entry.port_range.map(|ports| json!({ "From": ports.from, "To": ports.to }));
    let icmp = entry.icmp_type_code.map(|icmp| json!({ "Type": icmp.kind, "Code": icmp.code }));
    object([
        ("RuleNumber", Some(json!(entry.rule_number))),
        ("Egress", Some(json!(entry.egress))),
        ("RuleAction", Some(json!(entry.rule_action))),
        ("Protocol", Some(json!(entry.protocol))),
        ("CidrBlock", entry.cidr_block.as_ref().map(|cidr| json!(cidr))),
        ("Ipv6CidrBlock", entry.ipv6_cidr_block.as_ref().map(|cidr| json!(cidr))),
        ("PortRange", ports),
        ("IcmpTypeCode", icmp),
    ])
}

fn route_table(table: &RouteTable) -> Value {
    let routes = table.route_set.iter().map(|route| {
        let (ipv4, ipv6) = (&route.destination_cidr_block, &route.destination_ipv6_cidr_block);
        object([
            ("DestinationCidrBlock", ipv4.as_ref().map(|cidr| json!(cidr))),
            ("DestinationIpv6CidrBlock", ipv6.as_ref().map(|cidr| json!(cidr))),
            ("GatewayId", route.gateway_id.as_ref().map(|id| json!(id))),
            ("NetworkInterfaceId", route.network_interface_id.as_ref().map(|id| json!(id))),
            (
                "VpcPeeringConnectionId",
                route.vpc_peering_connection_id.as_ref().map(|id| json!(id)),
            ),
            ("State", Some(json!(route.state))),
        ])
    });
    let associations = table.association_set.iter().map(|association| {
        object([
            ("Main", Some(json!(association.main))),
            ("SubnetId", association.subnet_id.as_ref().map(|id| json!(id))),
            ("AssociationState", Some(json!({ "State": association.association_state.state }))),
        ])
    });
    json!({
        "RouteTableId": table.route_table_id,
        "VpcId": table.vpc_id,
        "Routes": routes.collect::<Vec<_>>(),
        "Associations": associations.collect::<Vec<_>>(),
    })
}

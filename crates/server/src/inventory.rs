//! What `aws ec2 describe-*` prints of a region, as one JSON object: what `flowlogd_vpc::Inventory` reads,
//! and what an agent is given.

mod peered;
mod prefix_list;

use serde_json::{Map, Value, json};

use crate::model::{
    AclEntry, Families, Interface, Ipv6Association, NetworkAcl, Peer, PeeringStatus, PrefixList,
    RouteTable, RouteTarget, SecurityGroup, SecurityGroupRule, Subnet, Vpc, VpcPeering,
};
use crate::ops::ec2::{RouteTargets, zone_id_of};
use crate::state::{Place, StateError, Txn};

/// The rule number of the entry that denies what no other decides.
const CLOSING_ENTRY: u16 = 32767;
/// The same for IPv6, where the VPC has a block of it.
const CLOSING_IPV6_ENTRY: u16 = 32768;

/// Writes the inventory of a region.
pub(crate) fn inventory(txn: &Txn<'_>, place: &Place) -> Result<Value, StateError> {
    let owner = place.account.as_str();
    let groups: Vec<SecurityGroup> = txn.list(place)?;
    let peerings: Vec<VpcPeering> = txn.list(place)?;
    let rules = groups
        .iter()
        .flat_map(|group| {
            group.rules.iter().map(|rule| security_group_rule(owner, group, rule, &peerings))
        })
        .collect::<Vec<_>>();
    let peered = peered::gather(txn, place, &groups, &peerings)?;
    let vpcs: Vec<Vpc> = txn.list(place)?;
    let acls: Vec<NetworkAcl> = txn.list(place)?;
    let families = |acl: &NetworkAcl| {
        vpcs.iter().find(|vpc| vpc.id == acl.vpc_id).map_or(Families::Ipv4, Vpc::families)
    };
    let targets = RouteTargets::of(txn, place)?;
    let prefix_lists: Vec<PrefixList> = txn.list(place)?;
    let list = |values: Vec<Value>| Value::Array(values);
    let both = |ours: Vec<Value>, theirs: Vec<Value>| -> Value {
        ours.into_iter().chain(theirs).collect()
    };
    Ok(json!({
        "Vpcs": both(vpcs.iter().map(|vpc| self::vpc(owner, vpc)).collect(), peered.vpcs),
        "Subnets": both(
            txn.list(place)?.iter().map(|subnet| self::subnet(place, subnet)).collect(),
            peered.subnets,
        ),
        "NetworkInterfaces": both(
            txn.list(place)?.iter().map(|interface| self::interface(owner, interface)).collect(),
            peered.interfaces,
        ),
        "SecurityGroups": both(
            groups.iter().map(|group| security_group(owner, group)).collect(),
            peered.groups,
        ),
        "SecurityGroupRules": list(rules),
        "NetworkAcls": both(
            acls.iter().map(|acl| network_acl(owner, acl, families(acl))).collect(),
            peered.network_acls,
        ),
        "VpcPeeringConnections": list(peered::connections(txn, &peerings)?),
        "PrefixLists": list(prefix_lists.iter().map(|it| prefix_list::printed(owner, it)).collect()),
        "PrefixListEntries": prefix_list::entries(&prefix_lists),
        "RouteTables": list(
            txn.list(place)?.iter().map(|table| route_table(owner, &targets, table)).collect()
        ),
    }))
}

/// An object of the members that are there.
fn object(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}

fn vpc(owner: &str, vpc: &Vpc) -> Value {
    let blocks: Vec<Value> = vpc
        .cidrs
        .iter()
        .map(|association| {
            json!({
                "AssociationId": association.id,
                "CidrBlock": association.cidr,
                "CidrBlockState": { "State": "associated" },
            })
        })
        .collect();
    let primary = vpc.cidrs.first().map(|association| association.cidr.as_str());
    object([
        ("VpcId", Some(json!(vpc.id))),
        ("OwnerId", Some(json!(owner))),
        ("CidrBlock", Some(json!(primary))),
        ("CidrBlockAssociationSet", Some(json!(blocks))),
        ("Ipv6CidrBlockAssociationSet", ipv6_blocks(&vpc.ipv6_cidrs)),
        ("IsDefault", Some(json!(vpc.is_default))),
    ])
}

/// Absent where there is none.
fn ipv6_blocks<'a>(associations: impl IntoIterator<Item = &'a Ipv6Association>) -> Option<Value> {
    let blocks: Vec<Value> = associations
        .into_iter()
        .map(|association| {
            json!({
                "AssociationId": association.id,
                "Ipv6CidrBlock": association.cidr,
                "Ipv6CidrBlockState": { "State": "associated" },
            })
        })
        .collect();
    (!blocks.is_empty()).then_some(Value::Array(blocks))
}

fn subnet(place: &Place, subnet: &Subnet) -> Value {
    object([
        ("SubnetId", Some(json!(subnet.id))),
        ("VpcId", Some(json!(subnet.vpc_id))),
        ("OwnerId", Some(json!(place.account))),
        ("CidrBlock", Some(json!(subnet.cidr))),
        ("Ipv6CidrBlockAssociationSet", ipv6_blocks(&subnet.ipv6)),
        ("AvailabilityZone", Some(json!(subnet.zone))),
        ("AvailabilityZoneId", Some(json!(zone_id_of(&place.region, &subnet.zone)))),
    ])
}

fn interface(owner: &str, interface: &Interface) -> Value {
    let addresses: Vec<Value> = interface
        .private_addresses
        .iter()
        .enumerate()
        .map(|(place, address)| json!({ "PrivateIpAddress": address.address, "Primary": place == 0 }))
        .collect();
    let ipv6: Vec<Value> =
        interface.ipv6_addresses.iter().map(|address| json!({ "Ipv6Address": address })).collect();
    let groups: Vec<Value> =
        interface.groups.iter().map(|group| json!({ "GroupId": group })).collect();
    let attachment = interface.attachment.as_ref().map(|attachment| {
        json!({
            "AttachmentId": attachment.id,
            "InstanceId": attachment.instance_id,
            "InstanceOwnerId": owner,
            "DeviceIndex": attachment.device_index,
        })
    });
    let timeouts = object([
        ("TcpEstablishedTimeout", interface.tcp_established_timeout.map(|seconds| json!(seconds))),
        ("UdpStreamTimeout", interface.udp_stream_timeout.map(|seconds| json!(seconds))),
        ("UdpTimeout", interface.udp_timeout.map(|seconds| json!(seconds))),
    ]);
    let has_timeouts = timeouts.as_object().is_some_and(|timeouts| !timeouts.is_empty());
    object([
        ("NetworkInterfaceId", Some(json!(interface.id))),
        ("OwnerId", Some(json!(owner))),
        ("VpcId", Some(json!(interface.vpc_id))),
        ("SubnetId", Some(json!(interface.subnet_id))),
        (
            "PrivateIpAddress",
            interface.private_addresses.first().map(|address| json!(address.address)),
        ),
        ("PrivateIpAddresses", Some(json!(addresses))),
        ("Ipv6Addresses", Some(json!(ipv6))),
        ("MacAddress", Some(json!(interface.mac_address))),
        ("Groups", Some(json!(groups))),
        ("SourceDestCheck", Some(json!(interface.source_dest_check))),
        ("InterfaceType", Some(json!("interface"))),
        ("Attachment", attachment),
        ("ConnectionTrackingConfiguration", has_timeouts.then_some(timeouts)),
    ])
}

fn security_group(owner: &str, group: &SecurityGroup) -> Value {
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "VpcId": group.vpc_id,
        "OwnerId": owner,
    })
}

fn security_group_rule(
    owner: &str,
    group: &SecurityGroup,
    rule: &SecurityGroupRule,
    peerings: &[VpcPeering],
) -> Value {
    // What is not active matches nothing, whatever else it is.
    let status = |id: &str| {
        let is_active = peerings.iter().any(|it| it.id == id && it.status == PeeringStatus::Active);
        if is_active { "active" } else { "deleted" }
    };
    let peer = match &rule.peer {
        Peer::Ipv4(cidr) => ("CidrIpv4", json!(cidr)),
        Peer::Ipv6(cidr) => ("CidrIpv6", json!(cidr)),
        Peer::PrefixList(id) => ("PrefixListId", json!(id)),
        Peer::Group(id) => ("ReferencedGroupInfo", json!({ "GroupId": id, "UserId": owner })),
        Peer::PeeredGroup(peered) => (
            "ReferencedGroupInfo",
            json!({
                "GroupId": peered.group_id,
                "UserId": peered.account,
                "VpcId": peered.vpc_id,
                "VpcPeeringConnectionId": peered.peering_id,
                "PeeringStatus": status(&peered.peering_id),
            }),
        ),
    };
    object([
        ("SecurityGroupRuleId", Some(json!(rule.id))),
        ("GroupId", Some(json!(group.id))),
        ("GroupOwnerId", Some(json!(owner))),
        ("IsEgress", Some(json!(rule.is_egress))),
        ("IpProtocol", Some(json!(rule.protocol))),
        ("FromPort", rule.from_port.map(|port| json!(port))),
        ("ToPort", rule.to_port.map(|port| json!(port))),
        (peer.0, Some(peer.1)),
    ])
}

fn network_acl(owner: &str, acl: &NetworkAcl, families: Families) -> Value {
    let closing = |number: u16, member: &str, cidr: &str, egress: bool| {
        json!({
            "RuleNumber": number,
            "Egress": egress,
            "RuleAction": "deny",
            "Protocol": "-1",
            member: cidr,
        })
    };
    let mut entries: Vec<Value> = acl.entries.iter().map(acl_entry).collect();
    for egress in [false, true] {
        entries.push(closing(CLOSING_ENTRY, "CidrBlock", "0.0.0.0/0", egress));
        match families {
            Families::Ipv4 => {}
            Families::DualStack => {
                entries.push(closing(CLOSING_IPV6_ENTRY, "Ipv6CidrBlock", "::/0", egress));
            }
        }
    }
    let associations: Vec<Value> = acl
        .associations
        .iter()
        .map(|association| {
            json!({
                "NetworkAclAssociationId": association.id,
                "NetworkAclId": acl.id,
                "SubnetId": association.subnet_id,
            })
        })
        .collect();
    json!({
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc_id,
        "OwnerId": owner,
        "IsDefault": acl.is_default,
        "Associations": associations,
        "Entries": entries,
    })
}

fn acl_entry(entry: &AclEntry) -> Value {
    let cidr = if entry.cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
    object([
        ("RuleNumber", Some(json!(entry.number))),
        ("Egress", Some(json!(entry.is_egress))),
        ("RuleAction", Some(json!(if entry.allow { "allow" } else { "deny" }))),
        ("Protocol", Some(json!(entry.protocol))),
        (cidr, Some(json!(entry.cidr))),
        ("PortRange", entry.ports.map(|(from, to)| json!({ "From": from, "To": to }))),
        ("IcmpTypeCode", entry.icmp.map(|(kind, code)| json!({ "Type": kind, "Code": code }))),
    ])
}

fn route_table(owner: &str, targets: &RouteTargets, table: &RouteTable) -> Value {
    let routes: Vec<Value> = table
        .routes
        .iter()
        .map(|route| {
            let is_v6 = route.destination.contains(':');
            let (member, target) = match &route.target {
                RouteTarget::Gateway(id) => ("GatewayId", id),
                RouteTarget::NetworkInterface(id) => ("NetworkInterfaceId", id),
                RouteTarget::VpcPeeringConnection(id) => ("VpcPeeringConnectionId", id),
            };
            json!({
                if is_v6 { "DestinationIpv6CidrBlock" } else { "DestinationCidrBlock" }:
                    route.destination,
                member: target,
                "State": targets.state(table, route),
            })
        })
        .collect();
    let association = |id: &str, subnet_id: Option<&str>| {
        object([
            ("RouteTableAssociationId", Some(json!(id))),
            ("RouteTableId", Some(json!(table.id))),
            ("SubnetId", subnet_id.map(|id| json!(id))),
            ("Main", Some(json!(subnet_id.is_none()))),
        ])
    };
    let main = table.main_association_id.iter().map(|id| association(id, None));
    let of_subnets = table.associations.iter().map(|it| association(&it.id, Some(&it.subnet_id)));
    json!({
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": owner,
        "Routes": routes,
        "Associations": main.chain(of_subnets).collect::<Vec<_>>(),
    })
}

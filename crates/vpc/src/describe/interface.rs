//! `describe-network-interfaces`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use flowlogd_packet::MacAddress;

use super::address::Family;
use super::item::{Item, Mention};
use super::vpc::zone;
use crate::{Cidr, TrackingTimeouts};

/// An element of `NetworkInterfaces`.
pub(crate) struct InterfaceItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) owner: Option<&'n str>,
    pub(crate) subnet: Option<Mention<'n>>,
    pub(crate) vpc: Option<Mention<'n>>,
    /// Further subnets that addresses may be of.
    pub(crate) associated_subnets: Vec<&'n str>,
    pub(crate) primary_ipv4: Option<Ipv4Addr>,
    pub(crate) ipv4_addresses: Vec<Placed<Ipv4Addr>>,
    pub(crate) ipv6_addresses: Vec<Placed<Ipv6Addr>>,
    pub(crate) prefixes: Vec<Placed<Cidr>>,
    pub(crate) mac: Option<MacAddress>,
    pub(crate) groups: Vec<Mention<'n>>,
    pub(crate) source_dest_check: bool,
    pub(crate) interface_type: &'n str,
    /// Only where the instance is the owner's and nobody else requested the interface.
    pub(crate) instance_id: Option<&'n str>,
    pub(crate) availability_zone: Option<&'n str>,
    pub(crate) availability_zone_id: Option<&'n str>,
    pub(crate) timeouts: TrackingTimeouts,
}

/// A value and where it stands.
pub(crate) struct Placed<T> {
    pub(crate) path: String,
    pub(crate) value: T,
}

impl<'n> InterfaceItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let owner = item.account("OwnerId");
        let subnet = item.required_mention("SubnetId", "subnet-");
        let vpc = item.mention("VpcId", "vpc-");
        let associated_subnets = item.texts("AssociatedSubnets");
        let (primary_ipv4, ipv4_addresses) = ipv4_addresses(item);
        let ipv6_addresses = ipv6_addresses(item);
        let mut prefixes = prefixes(item, "Ipv4Prefixes", "Ipv4Prefix", Family::Ipv4);
        prefixes.extend(prefixes_of_ipv6(item));
        let mac = item.mac("MacAddress");
        let groups = item.list("Groups").unwrap_or_default();
        let groups =
            groups.iter().filter_map(|group| group.required_mention("GroupId", "sg-")).collect();
        let source_dest_check = item.boolean("SourceDestCheck").unwrap_or(true);
        let interface_type = interface_type(item);
        let instance_id = instance_id(item, owner);
        let availability_zone = zone(item, "AvailabilityZone");
        let availability_zone_id = zone(item, "AvailabilityZoneId");
        let timeouts = timeouts(item);
        let id = item.required_id("NetworkInterfaceId", "eni-")?;
        Some(Self {
            path: item.path.clone(),
            id,
            owner,
            subnet,
            vpc,
            associated_subnets,
            primary_ipv4,
            ipv4_addresses,
            ipv6_addresses,
            prefixes,
            mac,
            groups,
            source_dest_check,
            interface_type,
            instance_id,
            availability_zone,
            availability_zone_id,
            timeouts,
        })
    }
}

/// Returns the primary address and all of them, and reports where the two members disagree.
fn ipv4_addresses(item: &Item<'_, '_>) -> (Option<Ipv4Addr>, Vec<Placed<Ipv4Addr>>) {
    const LIST: &str = "PrivateIpAddresses";
    const ONE: &str = "PrivateIpAddress";

    let named = item.ipv4(ONE);
    let mut addresses = Vec::new();
    let mut marked = Vec::new();
    for element in item.list(LIST).unwrap_or_default() {
        if element.node(ONE).is_none() {
            element.missing(ONE, "expected an IPv4 address");
        }
        let is_primary = element.boolean("Primary").unwrap_or(false);
        let Some(address) = element.ipv4(ONE) else { continue };
        if is_primary {
            marked.push(address);
        }
        addresses.push(Placed { path: element.at(ONE), value: address });
    }
    let primary = match (named, marked.as_slice(), addresses.as_slice()) {
        (named, [_, second, ..], _) => {
            item.fault(LIST, format_args!("{second} is a second address marked Primary"));
            named
        }
        (Some(named), [marked], _) if named != *marked => {
            item.fault(ONE, format_args!("{named} differs from {marked}, which is marked Primary"));
            Some(named)
        }
        (_, [marked], _) => Some(*marked),
        (Some(named), [], []) => {
            addresses.push(Placed { path: item.at(ONE), value: named });
            Some(named)
        }
        (Some(named), [], others) => {
            if !others.iter().any(|other| other.value == named) {
                item.fault(ONE, format_args!("{named} is not in {LIST}"));
            }
            Some(named)
        }
        (None, [], [only]) => Some(only.value),
        (None, [], []) => None,
        (None, [], [_, _, ..]) => {
            item.fault(LIST, "none of several addresses is marked Primary");
            None
        }
    };
    (primary, addresses)
}

fn ipv6_addresses(item: &Item<'_, '_>) -> Vec<Placed<Ipv6Addr>> {
    const ONE: &str = "Ipv6Address";

    let mut addresses = Vec::new();
    for element in item.list("Ipv6Addresses").unwrap_or_default() {
        if element.node(ONE).is_none() {
            element.missing(ONE, "expected an IPv6 address");
        }
        if let Some(value) = element.ipv6(ONE) {
            addresses.push(Placed { path: element.at(ONE), value });
        }
    }
    // The interface's own member repeats one of the list.
    if let Some(value) = item.ipv6(ONE)
        && !addresses.iter().any(|address| address.value == value)
    {
        addresses.push(Placed { path: item.at(ONE), value });
    }
    addresses
}

fn prefixes_of_ipv6(item: &Item<'_, '_>) -> Vec<Placed<Cidr>> {
    prefixes(item, "Ipv6Prefixes", "Ipv6Prefix", Family::Ipv6)
}

fn prefixes(item: &Item<'_, '_>, list: &str, member: &str, family: Family) -> Vec<Placed<Cidr>> {
    let elements = item.list(list).unwrap_or_default();
    elements
        .iter()
        .filter_map(|element| {
            if element.node(member).is_none() {
                element.missing(member, format_args!("expected an {} block", family.name()));
            }
            Some(Placed { path: element.at(member), value: element.cidr(member, family)? })
        })
        .collect()
}

fn interface_type<'n>(item: &Item<'n, '_>) -> &'n str {
    match item.text("InterfaceType") {
        None => "interface",
        // The SDK's enumeration spells it so, filters and records the other way (vpc-filtering.md §7).
        Some("natGateway") => "nat_gateway",
        Some(other) => {
            if !other.bytes().all(|byte| byte.is_ascii_graphic()) {
                item.fault("InterfaceType", "malformed type: expected a name without spaces");
            }
            other
        }
    }
}

/// Service interfaces are attached to instances that are not the owner's, and records show none
/// (flow-logs.md §2, `instance-id`).
fn instance_id<'n>(item: &Item<'n, '_>, owner: Option<&str>) -> Option<&'n str> {
    let requested = item.boolean("RequesterManaged").unwrap_or(false);
    let attachment = item.object("Attachment")?;
    let instance_id = attachment.id("InstanceId", "i-");
    let instance_owner = attachment.text("InstanceOwnerId");
    let foreign = instance_owner.is_some_and(|theirs| owner.is_some_and(|ours| ours != theirs));
    instance_id.filter(|_| !requested && !foreign)
}

fn timeouts(item: &Item<'_, '_>) -> TrackingTimeouts {
    let defaults = TrackingTimeouts::default();
    let Some(item) = item.object("ConnectionTrackingConfiguration") else { return defaults };
    let TrackingTimeouts { tcp_established, udp_stream, udp } = defaults;
    TrackingTimeouts {
        tcp_established: seconds(&item, "TcpEstablishedTimeout", 60..=432_000)
            .unwrap_or(tcp_established),
        udp_stream: seconds(&item, "UdpStreamTimeout", 60..=180).unwrap_or(udp_stream),
        udp: seconds(&item, "UdpTimeout", 30..=60).unwrap_or(udp),
    }
}

fn seconds(item: &Item<'_, '_>, name: &str, range: RangeInclusive<u32>) -> Option<u32> {
    let value = item.integer(name)?;
    let seconds = u32::try_from(value).ok().filter(|seconds| range.contains(seconds));
    if seconds.is_none() {
        item.fault(
            name,
            format_args!(
                "timeout {value} is out of range: expected {} to {} seconds",
                range.start(),
                range.end()
            ),
        );
    }
    seconds
}

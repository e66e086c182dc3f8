//! Network interfaces.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_packet::MacAddress;

use super::resolve::{Block, Resolver, overlaps};
use super::vpc::region_of;
use crate::Cidr;
use crate::describe::{InterfaceItem, shown};

/// Idle timeouts of tracked connections, in seconds (`vpc-filtering.md` §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackingTimeouts {
    /// Idle established TCP.
    pub tcp_established: u32,
    /// UDP with more than one request and response.
    pub udp_stream: u32,
    /// Other UDP.
    pub udp: u32,
}

impl Default for TrackingTimeouts {
    fn default() -> Self {
        Self { tcp_established: 432_000, udp_stream: 180, udp: 30 }
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`interface-type` is the name of the record's field")]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// Owner's account, 12 digits; `unknown` where the file does not say.
    pub owner: String,
    /// Index into [`Inventory::subnets`](crate::Inventory::subnets).
    pub subnet: usize,
    /// Index into [`Inventory::vpcs`](crate::Inventory::vpcs).
    pub vpc: usize,
    /// Shown in records for the interface's own side (`flow-logs.md` §4.5).
    pub primary_ipv4: Option<Ipv4Addr>,
    /// All private IPv4 addresses, the primary included.
    pub ipv4_addresses: Vec<Ipv4Addr>,
    /// All IPv6 addresses.
    pub ipv6_addresses: Vec<Ipv6Addr>,
    /// Delegated prefixes: their addresses are the interface's own too.
    pub prefixes: Vec<Cidr>,
    /// Hardware address.
    pub mac: Option<MacAddress>,
    /// Indexes into [`Inventory::security_groups`](crate::Inventory::security_groups), sorted by group id.
    pub security_groups: Vec<usize>,
    /// Whether traffic that is neither to nor from the interface is dropped.
    pub source_dest_check: bool,
    /// `interface`, `nat_gateway`, `network_load_balancer`, `vpc_endpoint`, … as `describe` prints it.
    pub interface_type: String,
    /// `i-…`, where attached to an instance of the owner's.
    pub instance_id: Option<String>,
    /// `us-east-1`, derived from the zone.
    pub region: Option<String>,
    /// Zone id, of the subnet or of the interface itself.
    pub availability_zone_id: Option<String>,
    /// Connection tracking configuration, defaults filled in.
    pub timeouts: TrackingTimeouts,
}

impl Interface {
    /// Returns whether `address` is one of the interface's own.
    pub fn owns(&self, address: IpAddr) -> bool {
        let listed = match address {
            IpAddr::V4(address) => self.ipv4_addresses.contains(&address),
            IpAddr::V6(address) => self.ipv6_addresses.contains(&address),
        };
        listed || self.prefixes.iter().any(|prefix| prefix.contains(address))
    }
}

impl Resolver<'_> {
    pub(super) fn interfaces(&self) -> Vec<Interface> {
        self.check_addresses();
        self.document.interfaces.iter().flatten().map(|item| self.interface(item)).collect()
    }

    fn interface(&self, item: &InterfaceItem<'_>) -> Interface {
        let subnet = item.subnet.as_ref().and_then(|mention| self.subnets.index(mention.id));
        let vpc = subnet.and_then(|subnet| self.subnet_vpc(subnet));
        let subnet_item = subnet.and_then(|subnet| self.subnet_item(subnet));
        if let Some(mention) = &item.subnet {
            self.subnets.resolve(mention, self.findings);
        }
        self.check_vpc(item, vpc);
        let zone = item
            .availability_zone
            .or_else(|| subnet_item.and_then(|subnet| subnet.availability_zone));
        let zone_id = subnet_item
            .and_then(|subnet| subnet.availability_zone_id)
            .or(item.availability_zone_id);
        Interface {
            id: item.id.to_owned(),
            owner: item.owner.unwrap_or("unknown").to_owned(),
            subnet: subnet.unwrap_or_default(),
            vpc: vpc.unwrap_or_default(),
            primary_ipv4: item.primary_ipv4,
            ipv4_addresses: item.ipv4_addresses.iter().map(|placed| placed.value).collect(),
            ipv6_addresses: item.ipv6_addresses.iter().map(|placed| placed.value).collect(),
            prefixes: item.prefixes.iter().map(|placed| placed.value).collect(),
            mac: item.mac,
            security_groups: self.interface_groups(item, vpc),
            source_dest_check: item.source_dest_check,
            interface_type: item.interface_type.to_owned(),
            instance_id: item.instance_id.map(str::to_owned),
            region: zone.and_then(region_of).map(str::to_owned),
            availability_zone_id: zone_id.map(str::to_owned),
            timeouts: item.timeouts,
        }
    }

    fn check_vpc(&self, item: &InterfaceItem<'_>, vpc: Option<usize>) {
        let Some(mention) = &item.vpc else { return };
        let Some(vpc) = vpc.and_then(|vpc| self.vpc_item(vpc)) else { return };
        if mention.id != vpc.id {
            self.findings.fault(
                &mention.path,
                format_args!(
                    "{} differs from {}, the VPC of the subnet",
                    shown(mention.id),
                    vpc.id
                ),
            );
        }
    }

    /// Returns the groups in the order of their ids: the order in which a verdict names them.
    fn interface_groups(&self, item: &InterfaceItem<'_>, vpc: Option<usize>) -> Vec<usize> {
        let mut groups = BTreeMap::new();
        for mention in &item.groups {
            let Some(group) = self.groups.resolve(mention, self.findings) else { continue };
            self.check_group_vpc(mention, group, vpc);
            if groups.insert(mention.id, group).is_some() {
                self.findings.fault(&mention.path, format_args!("{} is given twice", mention.id));
            }
        }
        groups.into_values().collect()
    }

    /// Addresses are of the interface's subnet, and nobody else's in the VPC.
    fn check_addresses(&self) {
        let mut blocks = Vec::new();
        for (owner, item) in self.document.interfaces.iter().flatten().enumerate() {
            let subnet = item.subnet.as_ref().and_then(|mention| self.subnets.index(mention.id));
            let Some(vpc) = subnet.and_then(|subnet| self.subnet_vpc(subnet)) else { continue };
            let Some(subnet) = subnet.and_then(|subnet| self.subnet_item(subnet)) else { continue };
            let associated = item.associated_subnets.iter();
            let associated = associated
                .filter_map(|id| self.subnet_item(self.subnets.index(id)?))
                .flat_map(|subnet| &subnet.cidrs);
            let inside: Vec<_> = subnet.cidrs.iter().chain(associated).collect();
            for (cidr, path) in own_blocks(item) {
                if !inside.iter().any(|block| block.covers(cidr)) {
                    self.findings.fault(
                        path,
                        format_args!("{} is outside {}", without_length(cidr), subnet.id),
                    );
                }
                blocks.push(Block { vpc, cidr, owner, path });
            }
        }
        let ids: Vec<_> = self.document.interfaces.iter().flatten().map(|item| item.id).collect();
        overlaps(blocks, |first, second| {
            let address = without_length(second.cidr);
            if first.owner != second.owner {
                let other = ids.get(first.owner).copied().unwrap_or_default();
                self.findings.fault(
                    second.path,
                    format_args!(
                        "{address} is {other}'s already ({}), in the same VPC",
                        first.path
                    ),
                );
            } else if first.cidr == second.cidr {
                self.findings.fault(second.path, format_args!("{address} is given twice"));
            }
        });
    }
}

fn own_blocks<'a>(item: &'a InterfaceItem<'_>) -> impl Iterator<Item = (Cidr, &'a str)> {
    let ipv4 =
        item.ipv4_addresses.iter().map(|placed| (Cidr::host(placed.value.into()), &placed.path));
    let ipv6 =
        item.ipv6_addresses.iter().map(|placed| (Cidr::host(placed.value.into()), &placed.path));
    let prefixes = item.prefixes.iter().map(|placed| (placed.value, &placed.path));
    ipv4.chain(ipv6).chain(prefixes).map(|(cidr, path)| (cidr, path.as_str()))
}

/// A single address as people write it.
fn without_length(cidr: Cidr) -> String {
    if cidr == Cidr::host(cidr.address()) { cidr.address().to_string() } else { cidr.to_string() }
}

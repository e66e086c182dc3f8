//! The network as `aws ec2 describe-*` prints it, references resolved.
//!
//! Everything here is what the judge and the records need; what else `describe-*` prints is ignored
//! by a documented list (`docs/inventory.md`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_packet::MacAddress;

use crate::Cidr;

/// Whether base + 1 and base + 2 of a subnet and a VPC are AWS's router and DNS server, or ordinary
/// machines (`semantics.md` 15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReservedAddresses {
    /// As in a VPC of AWS's: the default in replay and in the lab.
    #[default]
    Aws,
    /// As on a host's own networks.
    None,
}

/// The whole of an inventory file. References are indexes into these lists and always valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// All VPCs.
    pub vpcs: Vec<Vpc>,
    /// All subnets.
    pub subnets: Vec<Subnet>,
    /// All network interfaces.
    pub interfaces: Vec<Interface>,
    /// All security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// All network ACLs.
    pub network_acls: Vec<NetworkAcl>,
    /// All prefix lists with their entries.
    pub prefix_lists: Vec<PrefixList>,
    /// All VPC peering connections.
    pub peerings: Vec<Peering>,
    /// All route tables.
    pub route_tables: Vec<RouteTable>,
    /// What the file says but the engine does not use, by member path: for one warning each.
    pub ignored: Vec<String>,
}

/// One fault of an inventory file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct InventoryError {
    /// Where: `NetworkInterfaces[2].Groups[0].GroupId`.
    pub path: String,
    /// What is wrong and what would be right, in one line.
    pub fault: String,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// 12 digits; empty where the file does not say.
    pub owner: String,
    /// IPv4 and IPv6 blocks, the primary IPv4 block first.
    pub cidrs: Vec<Cidr>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Index into [`Inventory::vpcs`].
    pub vpc: usize,
    /// IPv4 and IPv6 blocks.
    pub cidrs: Vec<Cidr>,
    /// Index into [`Inventory::network_acls`]: the associated one, or the VPC's default one.
    pub network_acl: Option<usize>,
    /// `use1-az6`.
    pub availability_zone_id: Option<String>,
    /// `us-east-1a`.
    pub availability_zone: Option<String>,
    /// Index into [`Inventory::route_tables`]: the associated one, or the VPC's main one.
    pub route_table: Option<usize>,
}

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
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// Owner's account, 12 digits; `unknown` where the file does not say.
    pub owner: String,
    /// Index into [`Inventory::subnets`].
    pub subnet: usize,
    /// Index into [`Inventory::vpcs`].
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
    /// Indexes into [`Inventory::security_groups`], sorted by group id.
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
        let _ = address;
        false
    }
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Index into [`Inventory::vpcs`].
    pub vpc: Option<usize>,
    /// Ingress rules, each with exactly one peer.
    pub ingress: Vec<SecurityGroupRule>,
    /// Egress rules.
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule of a security group: always "allow".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// `sgr-…`, where the file gives ids.
    pub id: Option<String>,
    /// `None` is every protocol (`-1`).
    pub protocol: Option<u8>,
    /// Ports, or ICMP type and code.
    pub ports: PortMatch,
    /// Source of an ingress rule, destination of an egress rule.
    pub peer: Peer,
}

/// The port condition of a rule or entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortMatch {
    /// Every port; every ICMP type and code.
    Any,
    /// TCP or UDP destination port, inclusive.
    Range {
        /// Lowest.
        from: u16,
        /// Highest.
        to: u16,
    },
    /// ICMP; `None` is any (`-1`).
    Icmp {
        /// ICMP type.
        kind: Option<u8>,
        /// ICMP code.
        code: Option<u8>,
    },
}

/// Who a security group rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address block.
    Cidr(Cidr),
    /// Index into [`Inventory::prefix_lists`].
    PrefixList(usize),
    /// Index into [`Inventory::security_groups`]: the private addresses of its members.
    SecurityGroup(usize),
    /// A group that is not in the file (of a peer VPC, or stale): matches nothing. `sg-…`.
    UnknownGroup(String),
}

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Inbound entries, ascending, without the final deny-all ones.
    pub ingress: Vec<NetworkAclEntry>,
    /// Outbound entries, likewise.
    pub egress: Vec<NetworkAclEntry>,
}

/// One numbered entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAclEntry {
    /// 1–32766.
    pub number: u16,
    /// Whether it allows; otherwise it denies.
    pub allow: bool,
    /// `None` is every protocol.
    pub protocol: Option<u8>,
    /// Destination ports, or ICMP type and code.
    pub ports: PortMatch,
    /// Remote source (ingress) or destination (egress).
    pub cidr: Cidr,
}

/// A prefix list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: String,
    /// Current entries.
    pub entries: Vec<Cidr>,
}

/// A VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peering {
    /// `pcx-…`.
    pub id: String,
    /// Whether its state is `active`.
    pub active: bool,
    /// Requester's and accepter's VPC id.
    pub vpc_ids: [String; 2],
    /// Requester's and accepter's blocks.
    pub cidrs: [Vec<Cidr>; 2],
    /// Whether both sides are in one region.
    pub same_region: bool,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Active routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination.
    pub destination: Cidr,
    /// Where it leads.
    pub target: RouteTarget,
}

/// Where a route leads, as far as `traffic-path` tells targets apart (`flow-logs.md` §4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// `local`, an interface, an instance, a NAT or transit gateway, an interface endpoint: in the VPC.
    InVpc,
    /// `igw-…`, `eigw-…`.
    InternetGateway,
    /// `vgw-…`.
    VirtualPrivateGateway,
    /// `pcx-…`.
    Peering(String),
    /// `lgw-…`, `cagw-…`.
    LocalGateway,
    /// `vpce-…` of a gateway endpoint.
    GatewayEndpoint,
    /// Anything else.
    Other,
}

impl Inventory {
    /// Reads one JSON object whose members are what `aws ec2 describe-*` prints.
    ///
    /// Everything wrong is reported at once, by path.
    pub fn from_json(text: &str) -> Result<Self, Vec<InventoryError>> {
        let _ = text;
        Ok(Self::default())
    }
}

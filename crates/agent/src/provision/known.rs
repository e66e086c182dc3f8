//! What there is of the network model already.

use std::net::IpAddr;

use serde::Deserialize;

use super::Block;
use super::calls::{self, Page, Tag, value_of};
use crate::client::{CallError, Client};

/// The tag that names the host whose networks a VPC has.
pub(super) const HOST: &str = "flowlogd:host";
/// The tag that names the machine whose interface it is.
pub(super) const ORIGIN: &str = "flowlogd:origin";

/// The VPCs of a host with what is in them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// In order of their ids.
    pub vpcs: Vec<Vpc>,
    /// Those of these VPCs.
    pub subnets: Vec<Subnet>,
    /// Those of these VPCs.
    pub interfaces: Vec<Interface>,
}

/// A VPC.
#[derive(Clone, Debug)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Its IPv4 blocks.
    pub blocks: Vec<Block>,
    /// Its IPv6 blocks.
    pub ipv6_blocks: Vec<String>,
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// Its IPv4 block.
    pub block: Block,
    /// Its IPv6 blocks.
    pub ipv6_blocks: Vec<String>,
}

/// A network interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// The primary address first.
    pub addresses: Vec<IpAddr>,
    /// Which machine it was made for, or given to last.
    pub origin: Option<String>,
}

impl Known {
    /// Asks for the VPCs of a host, or for one by its id, and what is in them.
    ///
    /// # Errors
    ///
    /// That the server does not answer, or refuses.
    pub async fn ask(client: &Client, host: &str, vpc: Option<&str>) -> Result<Self, CallError> {
        let described: Vec<DescribedVpc> =
            calls::all::<Vpcs>(client, "DescribeVpcs", &Vec::new()).await?;
        let is_ours = |vpc_: &DescribedVpc| match vpc {
            Some(id) => vpc_.vpc_id == id,
            None => value_of(&vpc_.tag_set, HOST).as_deref() == Some(host),
        };
        let mut vpcs: Vec<Vpc> = described.into_iter().filter(is_ours).map(Vpc::from).collect();
        vpcs.sort_by(|one, other| one.id.cmp(&other.id));
        if vpcs.is_empty() {
            return Ok(Self::default());
        }
        let mut of_these = vec![calls::parameter("Filter.1.Name", "vpc-id")];
        for (place, vpc) in (1..).zip(&vpcs) {
            of_these.push((format!("Filter.1.Value.{place}"), vpc.id.clone()));
        }
        let subnets = calls::all::<Subnets>(client, "DescribeSubnets", &of_these).await?;
        let interfaces =
            calls::all::<Interfaces>(client, "DescribeNetworkInterfaces", &of_these).await?;
        Ok(Self {
            vpcs,
            subnets: subnets.into_iter().filter_map(DescribedSubnet::read).collect(),
            interfaces: interfaces.into_iter().map(Interface::from).collect(),
        })
    }

    /// Returns the interface that has an address.
    pub fn interface_at(&self, address: IpAddr) -> Option<&Interface> {
        self.interfaces.iter().find(|interface| interface.addresses.contains(&address))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vpcs {
    #[serde(default)]
    vpc_set: Vec<DescribedVpc>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribedVpc {
    pub(super) vpc_id: String,
    #[serde(default)]
    cidr_block_association_set: Vec<CidrBlock>,
    #[serde(default)]
    ipv6_cidr_block_association_set: Vec<Ipv6CidrBlock>,
    #[serde(default)]
    tag_set: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CidrBlock {
    cidr_block: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ipv6CidrBlock {
    ipv6_cidr_block: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subnets {
    #[serde(default)]
    subnet_set: Vec<DescribedSubnet>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribedSubnet {
    subnet_id: String,
    vpc_id: String,
    cidr_block: String,
    #[serde(default)]
    ipv6_cidr_block_association_set: Vec<Ipv6CidrBlock>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interfaces {
    #[serde(default)]
    network_interface_set: Vec<DescribedInterface>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribedInterface {
    network_interface_id: String,
    vpc_id: String,
    #[serde(default)]
    private_ip_addresses_set: Vec<DescribedAddress>,
    #[serde(default)]
    ipv6_addresses_set: Vec<DescribedIpv6>,
    #[serde(default)]
    tag_set: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedAddress {
    private_ip_address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedIpv6 {
    ipv6_address: String,
}

impl Page for Vpcs {
    type Item = DescribedVpc;

    fn into_parts(self) -> (Vec<DescribedVpc>, Option<String>) {
        (self.vpc_set, self.next_token)
    }
}

impl Page for Subnets {
    type Item = DescribedSubnet;

    fn into_parts(self) -> (Vec<DescribedSubnet>, Option<String>) {
        (self.subnet_set, self.next_token)
    }
}

impl Page for Interfaces {
    type Item = DescribedInterface;

    fn into_parts(self) -> (Vec<DescribedInterface>, Option<String>) {
        (self.network_interface_set, self.next_token)
    }
}

impl From<DescribedVpc> for Vpc {
    fn from(vpc: DescribedVpc) -> Self {
        let blocks = vpc.cidr_block_association_set.iter();
        let ipv6 = vpc.ipv6_cidr_block_association_set.into_iter();
        Self {
            id: vpc.vpc_id,
            blocks: blocks.filter_map(|block| block.cidr_block.parse().ok()).collect(),
            ipv6_blocks: ipv6.map(|block| block.ipv6_cidr_block).collect(),
        }
    }
}

impl DescribedSubnet {
    pub(super) fn read(self) -> Option<Subnet> {
        let ipv6 = self.ipv6_cidr_block_association_set.into_iter();
        Some(Subnet {
            id: self.subnet_id,
            vpc_id: self.vpc_id,
            block: self.cidr_block.parse().ok()?,
            ipv6_blocks: ipv6.map(|block| block.ipv6_cidr_block).collect(),
        })
    }
}

impl From<DescribedInterface> for Interface {
    fn from(interface: DescribedInterface) -> Self {
        let ipv4 = interface.private_ip_addresses_set.iter();
        let ipv6 = interface.ipv6_addresses_set.iter();
        Self {
            id: interface.network_interface_id,
            vpc_id: interface.vpc_id,
            addresses: ipv4
                .map(|address| &address.private_ip_address)
                .chain(ipv6.map(|address| &address.ipv6_address))
                .filter_map(|address| address.parse().ok())
                .collect(),
            origin: value_of(&interface.tag_set, ORIGIN),
        }
    }
}

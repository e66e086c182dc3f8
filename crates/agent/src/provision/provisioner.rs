//! Gives machines their network interfaces, and these their networks.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use super::calls::{self, Parameters, parameter};
use super::known::{DescribedInterface, DescribedSubnet, DescribedVpc, HOST, ORIGIN};
use super::{Block, Interface, Known, Vpc};
use crate::client::{CallError, Client};
use crate::discover::Machine;

/// A subnet with this tag has no addresses that are AWS's: the first machine of a network is often its second address.
const OWN_ADDRESSES: (&str, &str) = ("flowlogd:reserved-addresses", "none");
/// The pool that one's own IPv6 blocks are said to be from.
const IPV6_POOL: &str = "ipv6pool-ec2-0123456789abcdef0";
/// Prefixes of VPCs' and subnets' IPv6 blocks.
const IPV6_PREFIXES: (u32, u32) = (56, 64);

/// Makes what is missing.
pub struct Provisioner {
    client: Client,
    host: String,
    vpc: Option<String>,
    groups: Vec<String>,
    known: Known,
}

/// What a machine has by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// `eni-…`.
    pub interface_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
}

/// What a machine has and what would have to be made for it: an id, or nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    vpc: Option<String>,
    vpc_block: Block,
    subnet: Option<String>,
    subnet_block: Block,
    interface: Option<String>,
    address: Ipv4Addr,
}

/// Why a machine has no interface.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// An operation failed.
    #[error("{action}: {error}")]
    Call {
        /// What was asked for.
        action: &'static str,
        /// What came of it.
        error: CallError,
    },
    /// The VPC that was asked for is not there, or has no such addresses.
    #[error("the VPC {vpc} has no block around {address}")]
    Vpc {
        /// `vpc-…`.
        vpc: String,
        /// The machine's.
        address: Ipv4Addr,
    },
    /// Two machines have one address.
    #[error("its address {address} is that of {other}, which is there too")]
    Address {
        /// Which.
        address: Ipv4Addr,
        /// Whose it is.
        other: String,
    },
    /// There is nothing by which it could be known.
    #[error("{0}")]
    Lack(String),
}

#[derive(Deserialize)]
struct Made<T> {
    #[serde(alias = "vpc", alias = "subnet", alias = "networkInterface")]
    made: T,
}

#[derive(Deserialize)]
struct Nothing {}

impl Provisioner {
    /// Asks what there is of a host's networks. With `vpc`, everything is to be in that one. New interfaces are of `groups`;
    /// without any of their VPC's default group.
    ///
    /// # Errors
    ///
    /// That the server does not answer, or refuses, or has no such VPC.
    pub async fn new(
        client: Client,
        host: &str,
        vpc: Option<&str>,
        groups: &[String],
    ) -> Result<Self, ProvisionError> {
        let mut provisioner = Self {
            client,
            host: host.to_owned(),
            vpc: vpc.map(str::to_owned),
            groups: groups.to_vec(),
            known: Known::default(),
        };
        provisioner.look_again().await?;
        if let (Some(vpc), true) = (vpc, provisioner.known.vpcs.is_empty()) {
            return Err(ProvisionError::Lack(format!(
                "there is no VPC {vpc} in {}",
                provisioner.client.region()
            )));
        }
        Ok(provisioner)
    }

    /// Asks again what there is: somebody else may have changed it.
    ///
    /// # Errors
    ///
    /// That the server does not answer, or refuses.
    pub async fn look_again(&mut self) -> Result<(), ProvisionError> {
        self.known = Known::ask(&self.client, &self.host, self.vpc.as_deref())
            .await
            .map_err(|error| ProvisionError::Call { action: "DescribeVpcs", error })?;
        Ok(())
    }

    /// Returns the VPCs that a host has.
    pub fn vpcs(&self) -> impl Iterator<Item = &str> {
        self.known.vpcs.iter().map(|vpc| vpc.id.as_str())
    }

    /// Says what a machine has and what is missing.
    ///
    /// # Errors
    ///
    /// That it cannot have an interface.
    pub fn wanted(&self, machine: &Machine) -> Result<Wanted, ProvisionError> {
        if let Some(lack) = &machine.lack {
            return Err(ProvisionError::Lack(lack.clone()));
        }
        let Some((address, prefix)) = ipv4_of(machine) else {
            return Err(ProvisionError::Lack("it has no IPv4 address".to_owned()));
        };
        let interface = self.known.interface_at(address.into());
        let subnet = self.known.subnets.iter().find(|subnet| subnet.block.has(address));
        let block = subnet.map_or_else(|| self.free_block(address, prefix), |subnet| subnet.block);
        let vpc = match subnet {
            Some(subnet) => Some(subnet.vpc_id.clone()),
            None => self.vpc_around(block).map(|vpc| vpc.id.clone()),
        };
        if let (None, Some(only)) = (&vpc, &self.vpc) {
            return Err(ProvisionError::Vpc { vpc: only.clone(), address });
        }
        Ok(Wanted {
            vpc,
            vpc_block: block.vpc(),
            subnet: subnet.map(|subnet| subnet.id.clone()),
            subnet_block: block,
            interface: interface.map(|interface| interface.id.clone()),
            address,
        })
    }

    /// Sees to it that a machine has an interface. `present` are the origins of all machines that there are: of them none
    /// loses its interface to another.
    ///
    /// # Errors
    ///
    /// That it cannot have one.
    pub async fn attach(
        &mut self,
        machine: &Machine,
        present: &BTreeSet<String>,
    ) -> Result<Attached, ProvisionError> {
        let wanted = self.wanted(machine)?;
        if let Some(interface) = self.known.interface_at(wanted.address.into()).cloned() {
            return self.take_over(&interface, machine, wanted.address, present).await;
        }
        let vpc_id = match wanted.vpc {
            Some(id) => id,
            None => self.make_vpc(wanted.vpc_block).await?,
        };
        let subnet_id = match wanted.subnet {
            Some(id) => id,
            None => self.make_subnet(&vpc_id, wanted.subnet_block).await?,
        };
        let ipv6 = match self.prepare_ipv6(&vpc_id, &subnet_id, machine).await {
            Ok(addresses) => addresses,
            // A block of another VPC, too many blocks: the machine is attached by its IPv4 addresses.
            Err(error) => {
                let machine = &machine.name;
                tracing::warn!(machine, %error, "its IPv6 addresses are left out");
                Vec::new()
            }
        };
        let interface_id = self.make_interface(&subnet_id, machine, wanted.address, &ipv6).await?;
        Ok(Attached { interface_id, vpc_id })
    }

    /// Gives a machine the interface that has its address already. What another machine left has the groups of a new one.
    async fn take_over(
        &mut self,
        interface: &Interface,
        machine: &Machine,
        address: Ipv4Addr,
        present: &BTreeSet<String>,
    ) -> Result<Attached, ProvisionError> {
        let attached =
            Attached { interface_id: interface.id.clone(), vpc_id: interface.vpc_id.clone() };
        match &interface.origin {
            // Somebody has made it by hand, and knows why.
            None => return Ok(attached),
            Some(origin) if *origin == machine.origin => return Ok(attached),
            Some(origin) if present.contains(origin) => {
                return Err(ProvisionError::Address { address, other: origin.clone() });
            }
            Some(_) => {}
        }
        let groups = if self.groups.is_empty() {
            vec![self.default_group(&interface.vpc_id).await?]
        } else {
            self.groups.clone()
        };
        let mut parameters = vec![parameter("NetworkInterfaceId", &interface.id)];
        parameters.extend(numbered("SecurityGroupId", &groups));
        self.order("ModifyNetworkInterfaceAttribute", &parameters).await?;
        let tags = [("Name", machine.name.as_str()), (ORIGIN, &machine.origin)];
        let mut parameters = vec![parameter("ResourceId.1", &interface.id)];
        for (place, (key, value)) in (1..).zip(tags) {
            parameters.push((format!("Tag.{place}.Key"), key.to_owned()));
            parameters.push((format!("Tag.{place}.Value"), value.to_owned()));
        }
        self.order("CreateTags", &parameters).await?;
        for known in &mut self.known.interfaces {
            if known.id == interface.id {
                known.origin = Some(machine.origin.clone());
            }
        }
        Ok(attached)
    }

    async fn default_group(&self, vpc_id: &str) -> Result<String, ProvisionError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Groups {
            security_group_info: Vec<Group>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Group {
            group_id: String,
        }
        let parameters = vec![
            parameter("Filter.1.Name", "vpc-id"),
            parameter("Filter.1.Value.1", vpc_id),
            parameter("Filter.2.Name", "group-name"),
            parameter("Filter.2.Value.1", "default"),
        ];
        let groups: Groups = self.call("DescribeSecurityGroups", &parameters).await?;
        let group = groups.security_group_info.into_iter().next();
        group.map(|group| group.group_id).ok_or_else(|| {
            ProvisionError::Lack(format!("the VPC {vpc_id} has no default security group"))
        })
    }

    async fn make_vpc(&mut self, block: Block) -> Result<String, ProvisionError> {
        let mut parameters = vec![parameter("CidrBlock", block.to_string())];
        parameters
            .extend(calls::tags_of_new("vpc", [("Name", self.host.as_str()), (HOST, &self.host)]));
        let made: Made<DescribedVpc> = self.call("CreateVpc", &parameters).await?;
        let id = made.made.vpc_id.clone();
        let vpc = Vpc { blocks: vec![block], ..Vpc::from(made.made) };
        tracing::info!(vpc = id, %block, "VPC made");
        self.known.vpcs.push(vpc);
        Ok(id)
    }

    async fn make_subnet(&mut self, vpc_id: &str, block: Block) -> Result<String, ProvisionError> {
        let mut parameters =
            vec![parameter("VpcId", vpc_id), parameter("CidrBlock", block.to_string())];
        parameters
            .extend(calls::tags_of_new("subnet", [(HOST, self.host.as_str()), OWN_ADDRESSES]));
        let made: Made<DescribedSubnet> = self.call("CreateSubnet", &parameters).await?;
        let subnet = made.made.read().ok_or_else(|| {
            ProvisionError::Lack("the server has made a subnet without a block".to_owned())
        })?;
        let id = subnet.id.clone();
        tracing::info!(subnet = id, %block, "subnet made");
        self.known.subnets.push(subnet);
        Ok(id)
    }

    /// Sees to it that a machine's IPv6 addresses are in the blocks of VPC and subnet. Returns those that are.
    async fn prepare_ipv6(
        &mut self,
        vpc_id: &str,
        subnet_id: &str,
        machine: &Machine,
    ) -> Result<Vec<Ipv6Addr>, ProvisionError> {
        let addresses = ipv6_of(machine);
        let Some(first) = addresses.first() else { return Ok(Vec::new()) };
        let (large, small) =
            (ipv6_block(*first, IPV6_PREFIXES.0), ipv6_block(*first, IPV6_PREFIXES.1));
        let has_none = |blocks: Option<&Vec<String>>| blocks.is_none_or(Vec::is_empty);
        let vpc = self.known.vpcs.iter().find(|vpc| vpc.id == vpc_id);
        let vpc_blocks = vpc.map(|vpc| vpc.ipv6_blocks.clone()).unwrap_or_default();
        if !vpc_blocks.iter().any(|block| contains_ipv6(block, *first)) {
            let parameters = vec![
                parameter("VpcId", vpc_id),
                parameter("Ipv6CidrBlock", &large),
                parameter("Ipv6Pool", IPV6_POOL),
            ];
            self.order("AssociateVpcCidrBlock", &parameters).await?;
            if let Some(vpc) = self.known.vpcs.iter_mut().find(|vpc| vpc.id == vpc_id) {
                vpc.ipv6_blocks.push(large);
            }
        }
        let subnet = self.known.subnets.iter().find(|subnet| subnet.id == subnet_id);
        if has_none(subnet.map(|subnet| &subnet.ipv6_blocks)) {
            let parameters =
                vec![parameter("SubnetId", subnet_id), parameter("Ipv6CidrBlock", &small)];
            self.order("AssociateSubnetCidrBlock", &parameters).await?;
            if let Some(subnet) =
                self.known.subnets.iter_mut().find(|subnet| subnet.id == subnet_id)
            {
                subnet.ipv6_blocks.push(small);
            }
        }
        let subnet = self.known.subnets.iter().find(|subnet| subnet.id == subnet_id);
        let blocks = subnet.map(|subnet| subnet.ipv6_blocks.clone()).unwrap_or_default();
        let (inside, outside): (Vec<Ipv6Addr>, Vec<Ipv6Addr>) = addresses
            .into_iter()
            .partition(|address| blocks.iter().any(|block| contains_ipv6(block, *address)));
        for address in outside {
            tracing::warn!(machine = machine.name, %address, subnet_id, "an address outside of its subnet's IPv6 block is left out");
        }
        Ok(inside)
    }

    async fn make_interface(
        &mut self,
        subnet_id: &str,
        machine: &Machine,
        primary: Ipv4Addr,
        ipv6: &[Ipv6Addr],
    ) -> Result<String, ProvisionError> {
        let block = self.known.subnets.iter().find(|subnet| subnet.id == subnet_id);
        let mut parameters =
            vec![parameter("SubnetId", subnet_id), parameter("Description", &machine.origin)];
        let all = machine.addresses.iter().filter_map(|address| match address.address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        });
        let inside = all.filter(|address| block.is_some_and(|subnet| subnet.block.has(*address)));
        for (place, address) in (1..).zip(inside) {
            let prefix = format!("PrivateIpAddresses.{place}");
            parameters.push((format!("{prefix}.PrivateIpAddress"), address.to_string()));
            parameters.push((format!("{prefix}.Primary"), (address == primary).to_string()));
        }
        for (place, address) in (1..).zip(ipv6) {
            parameters.push((format!("Ipv6Addresses.{place}.Ipv6Address"), address.to_string()));
        }
        parameters.extend(numbered("SecurityGroupId", &self.groups));
        let tags = [("Name", machine.name.as_str()), (HOST, &self.host), (ORIGIN, &machine.origin)];
        parameters.extend(calls::tags_of_new("network-interface", tags));
        let made: Made<DescribedInterface> =
            self.call("CreateNetworkInterface", &parameters).await?;
        let interface = Interface { origin: Some(machine.origin.clone()), ..made.made.into() };
        let id = interface.id.clone();
        tracing::info!(interface = id, machine = machine.name, address = %primary, "interface made");
        self.known.interfaces.push(interface);
        Ok(id)
    }

    /// The best block around an address that no subnet has a part of.
    fn free_block(&self, address: Ipv4Addr, prefix: u8) -> Block {
        let is_free = |block: &Block| {
            !self.known.subnets.iter().any(|subnet| subnet.block.overlaps(*block))
                && (self.known.vpcs.iter().all(|vpc| {
                    vpc.blocks.iter().all(|own| own.contains(*block) || !own.overlaps(*block))
                }))
        };
        let mut blocks = Block::subnets(address, prefix);
        // If none is, the server says with what it is in conflict.
        blocks.find(is_free).unwrap_or_else(|| Block::around(address, prefix.clamp(16, 28)))
    }

    fn vpc_around(&self, block: Block) -> Option<&Vpc> {
        self.known.vpcs.iter().find(|vpc| vpc.blocks.iter().any(|own| own.contains(block)))
    }

    async fn order(
        &self,
        action: &'static str,
        parameters: &Parameters,
    ) -> Result<(), ProvisionError> {
        self.call::<Nothing>(action, parameters).await.map(drop)
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        action: &'static str,
        parameters: &Parameters,
    ) -> Result<T, ProvisionError> {
        calls::call(&self.client, action, parameters)
            .await
            .map_err(|error| ProvisionError::Call { action, error })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |f: &mut fmt::Formatter<'_>, id: &Option<String>, what: String| match id {
            Some(id) => write!(f, "{id}"),
            None => write!(f, "{what} (new)"),
        };
        if let Some(interface) = &self.interface {
            return f.write_str(interface);
        }
        name(f, &self.vpc, format!("VPC {}", self.vpc_block))?;
        f.write_str(", ")?;
        name(f, &self.subnet, format!("subnet {}", self.subnet_block))?;
        write!(f, ", interface {} (new)", self.address)
    }
}

fn numbered<'a>(
    name: &'a str,
    values: &'a [String],
) -> impl Iterator<Item = (String, String)> + 'a {
    (1..).zip(values).map(move |(place, value)| (format!("{name}.{place}"), value.clone()))
}

fn ipv4_of(machine: &Machine) -> Option<(Ipv4Addr, u8)> {
    machine.addresses.iter().find_map(|address| match address.address {
        IpAddr::V4(ipv4) => Some((ipv4, address.prefix)),
        IpAddr::V6(_) => None,
    })
}

fn ipv6_of(machine: &Machine) -> Vec<Ipv6Addr> {
    let ipv6 = machine.addresses.iter().filter_map(|address| match address.address {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    });
    ipv6.collect()
}

fn ipv6_block(address: Ipv6Addr, prefix: u32) -> String {
    let base = address.to_bits() & u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
    format!("{}/{prefix}", Ipv6Addr::from_bits(base))
}

fn contains_ipv6(block: &str, address: Ipv6Addr) -> bool {
    block.split_once('/').is_some_and(|(base, prefix)| {
        let Ok(prefix) = prefix.parse::<u32>() else { return false };
        base.parse::<Ipv6Addr>().is_ok()
            && ipv6_block(address, prefix).split_once('/').map(|(own, _)| own) == Some(base)
    })
}

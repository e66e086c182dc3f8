//! Gives machines their network interfaces, and these their networks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

use super::calls::{self, Parameters, parameter};
use super::known::{DescribedInterface, DescribedSubnet, DescribedVpc, HOST, ORIGIN};
use super::{Block, Interface, Known, Vpc, Wanted};
use crate::client::{CallError, Client};
use crate::discover::Machine;

/// A subnet with this tag has no addresses that are AWS's: the first machine of a network is often its second address.
const OWN_ADDRESSES: (&str, &str) = ("flowlogd:reserved-addresses", "none");

/// Makes what is missing.
pub struct Provisioner {
    client: Client,
    host: String,
    vpc: Option<String>,
    groups: Vec<String>,
    pub(super) known: Known,
}

/// What a machine has by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// `eni-…`.
    pub interface_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Groups {
    #[serde(default)]
    security_group_info: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    group_id: String,
    vpc_id: String,
}

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
        provisioner.check_groups().await?;
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

    /// Foretells what machines will be found to have, and what will be made for them, one after the other.
    pub fn plan<'a>(
        &self,
        machines: &'a [Machine],
    ) -> Vec<(&'a Machine, Result<Wanted, ProvisionError>)> {
        let present = machines.iter().map(|machine| machine.origin.clone()).collect();
        let mut known = self.known.clone();
        let wanted = machines.iter().map(|machine| {
            let wanted = Wanted::of(machine, &known, self.vpc.as_deref(), &present);
            if let Ok(wanted) = &wanted {
                known.suppose(wanted, machine);
            }
            (machine, wanted)
        });
        wanted.collect()
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
        let wanted = Wanted::of(machine, &self.known, self.vpc.as_deref(), present)?;
        if let Some(interface) = self.known.interface_at(wanted.address.into()).cloned() {
            return self.take_over(&interface, machine).await;
        }
        let vpc_id = match (wanted.vpc, wanted.vpc_block) {
            (Some(id), None) => id,
            (Some(id), Some(block)) => self.widen_vpc(id, block).await?,
            (None, block) => self.make_vpc(block.unwrap_or(wanted.subnet_block)).await?,
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
    ) -> Result<Attached, ProvisionError> {
        let attached =
            Attached { interface_id: interface.id.clone(), vpc_id: interface.vpc_id.clone() };
        match &interface.origin {
            // Somebody has made it by hand, and knows why.
            None => return Ok(attached),
            Some(origin) if *origin == machine.origin => return Ok(attached),
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

    /// Refuses security groups that new interfaces could not have.
    async fn check_groups(&self) -> Result<(), ProvisionError> {
        if self.groups.is_empty() {
            return Ok(());
        }
        let parameters: Parameters = numbered("GroupId", &self.groups).collect();
        let groups: Groups = self.call("DescribeSecurityGroups", &parameters).await?;
        let elsewhere = groups
            .security_group_info
            .iter()
            .find(|group| self.vpc.as_deref().is_some_and(|vpc| group.vpc_id != vpc));
        elsewhere.map_or(Ok(()), |group| {
            let Group { group_id, vpc_id } = group;
            Err(ProvisionError::Lack(format!(
                "the security group {group_id} is of the VPC {vpc_id}"
            )))
        })
    }

    async fn default_group(&self, vpc_id: &str) -> Result<String, ProvisionError> {
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

    /// Gives a VPC one more block.
    async fn widen_vpc(&mut self, id: String, block: Block) -> Result<String, ProvisionError> {
        let parameters = vec![parameter("VpcId", &id), parameter("CidrBlock", block.to_string())];
        self.order("AssociateVpcCidrBlock", &parameters).await?;
        tracing::info!(vpc = id, %block, "the VPC has one more block");
        for vpc in self.known.vpcs.iter_mut().filter(|vpc| vpc.id == id) {
            vpc.blocks.push(block);
        }
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

    pub(super) async fn order(
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

fn numbered<'a>(
    name: &'a str,
    values: &'a [String],
) -> impl Iterator<Item = (String, String)> + 'a {
    (1..).zip(values).map(move |(place, value)| (format!("{name}.{place}"), value.clone()))
}

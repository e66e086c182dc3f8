//! What a machine has of VPC, subnet and interface, and what is missing.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::{Block, Known, ProvisionError, Vpc};
use crate::discover::Machine;

/// What a machine has and what would have to be made for it: an id, or nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub(super) vpc: Option<String>,
    pub(super) vpc_block: Block,
    pub(super) subnet: Option<String>,
    pub(super) subnet_block: Block,
    interface: Option<String>,
    pub(super) address: Ipv4Addr,
}

impl Wanted {
    /// Finds out, by what is known. With `only`, everything is to be in this VPC.
    ///
    /// # Errors
    ///
    /// That it cannot have an interface.
    pub(super) fn of(
        machine: &Machine,
        known: &Known,
        only: Option<&str>,
    ) -> Result<Self, ProvisionError> {
        if let Some(lack) = &machine.lack {
            return Err(ProvisionError::Lack(lack.clone()));
        }
        let Some((address, prefix)) = ipv4_of(machine) else {
            return Err(ProvisionError::Lack("it has no IPv4 address".to_owned()));
        };
        let interface = known.interface_at(address.into());
        let subnet = known.subnets.iter().find(|subnet| subnet.block.has(address));
        let block =
            subnet.map_or_else(|| free_block(known, address, prefix), |subnet| subnet.block);
        let vpc = match subnet {
            Some(subnet) => Some(subnet.vpc_id.clone()),
            None => vpc_around(known, block).map(|vpc| vpc.id.clone()),
        };
        if let (None, Some(only)) = (&vpc, only) {
            return Err(ProvisionError::Vpc { vpc: only.to_owned(), address });
        }
        Ok(Self {
            vpc,
            vpc_block: block.vpc(),
            subnet: subnet.map(|subnet| subnet.id.clone()),
            subnet_block: block,
            interface: interface.map(|interface| interface.id.clone()),
            address,
        })
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

/// The best block around an address that no subnet has a part of.
fn free_block(known: &Known, address: Ipv4Addr, prefix: u8) -> Block {
    let is_free = |block: &Block| {
        !known.subnets.iter().any(|subnet| subnet.block.overlaps(*block))
            && (known.vpcs.iter().all(|vpc| {
                vpc.blocks.iter().all(|own| own.contains(*block) || !own.overlaps(*block))
            }))
    };
    let mut blocks = Block::subnets(address, prefix);
    // If none is, the server says with what it is in conflict.
    blocks.find(is_free).unwrap_or_else(|| Block::around(address, prefix.clamp(16, 28)))
}

fn vpc_around(known: &Known, block: Block) -> Option<&Vpc> {
    known.vpcs.iter().find(|vpc| vpc.blocks.iter().any(|own| own.contains(block)))
}

fn ipv4_of(machine: &Machine) -> Option<(Ipv4Addr, u8)> {
    machine.addresses.iter().find_map(|address| match address.address {
        IpAddr::V4(ipv4) => Some((ipv4, address.prefix)),
        IpAddr::V6(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Interface, Subnet};
    use super::*;
    use crate::discover::Address;

    fn machine(text: &str) -> Machine {
        let (address, prefix) = text.split_once('/').unwrap();
        Machine {
            name: "web/eth0".to_owned(),
            origin: "netns/web/eth0".to_owned(),
            device: Some("v1".to_owned()),
            hardware: Vec::new(),
            addresses: vec![Address {
                address: address.parse().unwrap(),
                prefix: prefix.parse().unwrap(),
            }],
            lack: None,
        }
    }

    fn known() -> Known {
        Known {
            vpcs: vec![Vpc {
                id: "vpc-1".to_owned(),
                blocks: vec!["10.0.0.0/16".parse().unwrap()],
                ipv6_blocks: Vec::new(),
            }],
            subnets: vec![Subnet {
                id: "subnet-1".to_owned(),
                vpc_id: "vpc-1".to_owned(),
                block: "10.0.1.0/28".parse().unwrap(),
                ipv6_blocks: Vec::new(),
            }],
            interfaces: vec![Interface {
                id: "eni-1".to_owned(),
                vpc_id: "vpc-1".to_owned(),
                addresses: vec!["10.0.1.4".parse().unwrap()],
                origin: None,
            }],
        }
    }

    fn told(text: &str, only: Option<&str>) -> String {
        match Wanted::of(&machine(text), &known(), only) {
            Ok(wanted) => wanted.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn what_is_there_is_used_and_the_rest_is_new() {
        assert_eq!(told("10.0.1.4/24", None), "eni-1");
        assert_eq!(told("10.0.1.9/24", None), "vpc-1, subnet-1, interface 10.0.1.9 (new)");
        assert_eq!(
            told("10.0.7.9/24", None),
            "vpc-1, subnet 10.0.7.0/24 (new), interface 10.0.7.9 (new)"
        );
        assert_eq!(
            told("172.17.0.2/16", None),
            "VPC 172.17.0.0/16 (new), subnet 172.17.0.0/16 (new), interface 172.17.0.2 (new)"
        );
    }

    #[test]
    fn a_subnet_that_is_in_the_way_makes_the_next_one_smaller() {
        // 10.0.1.0/24 would overlap 10.0.1.0/28.
        assert_eq!(
            told("10.0.1.130/24", None),
            "vpc-1, subnet 10.0.1.128/25 (new), interface 10.0.1.130 (new)"
        );
    }

    #[test]
    fn in_one_vpc_other_networks_have_no_place() {
        assert_eq!(told("10.0.1.9/24", Some("vpc-1")), "vpc-1, subnet-1, interface 10.0.1.9 (new)");
        assert_eq!(
            told("172.17.0.2/16", Some("vpc-1")),
            "error: the VPC vpc-1 has no block around 172.17.0.2"
        );
    }
}

//! What a machine has of VPC, subnet and interface, and what is missing.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::{Block, Interface, Known, ProvisionError, Subnet, Vpc};
use crate::discover::Machine;

/// IPv4 blocks that a VPC has at most (`vpc-filtering.md` §12).
const BLOCKS: usize = 5;

/// What a machine has and what would have to be made for it: an id, or nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub(super) vpc: Option<String>,
    /// The block that the VPC would have to be made with, or be given.
    pub(super) vpc_block: Option<Block>,
    pub(super) subnet: Option<String>,
    pub(super) subnet_block: Block,
    pub(super) interface: Option<String>,
    pub(super) address: Ipv4Addr,
}

impl Wanted {
    /// Finds out, by what is known. With `only`, everything is to be in this VPC, as it is. `present` are the origins of all
    /// machines that there are: of them none loses its interface to another.
    ///
    /// # Errors
    ///
    /// That it cannot have an interface.
    pub(super) fn of(
        machine: &Machine,
        known: &Known,
        only: Option<&str>,
        present: &BTreeSet<String>,
    ) -> Result<Self, ProvisionError> {
        if let Some(lack) = &machine.lack {
            return Err(ProvisionError::Lack(lack.clone()));
        }
        let Some((address, prefix)) = ipv4_of(machine) else {
            return Err(ProvisionError::Lack("it has no IPv4 address".to_owned()));
        };
        let interface = known.interface_at(address.into());
        let origin = interface.and_then(|interface| interface.origin.as_ref());
        if let Some(other) =
            origin.filter(|other| **other != machine.origin && present.contains(*other))
        {
            return Err(ProvisionError::Address { address, other: other.clone() });
        }
        let subnet = known.subnets.iter().find(|subnet| subnet.block.has(address));
        let block =
            subnet.map_or_else(|| free_block(known, address, prefix), |subnet| subnet.block);
        let (vpc, vpc_block) = match (subnet, vpc_around(known, block)) {
            (Some(subnet), _) => (Some(subnet.vpc_id.clone()), None),
            (None, Some(vpc)) => (Some(vpc.id.clone()), None),
            (None, None) => match only {
                Some(only) => return Err(ProvisionError::Vpc { vpc: only.to_owned(), address }),
                None => (vpc_with_room(known).map(|vpc| vpc.id.clone()), Some(block.vpc())),
            },
        };
        Ok(Self {
            vpc,
            vpc_block,
            subnet: subnet.map(|subnet| subnet.id.clone()),
            subnet_block: block,
            interface: interface.map(|interface| interface.id.clone()),
            address,
        })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(interface) = &self.interface {
            return f.write_str(interface);
        }
        match (&self.vpc, self.vpc_block) {
            (Some(id), None) => f.write_str(id)?,
            (Some(id), Some(block)) => write!(f, "{id} with {block} (new)")?,
            (None, block) => write!(f, "VPC {} (new)", block.unwrap_or(self.subnet_block))?,
        }
        match &self.subnet {
            Some(id) => write!(f, ", {id}")?,
            None => write!(f, ", subnet {} (new)", self.subnet_block)?,
        }
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

fn vpc_with_room(known: &Known) -> Option<&Vpc> {
    known.vpcs.iter().find(|vpc| vpc.blocks.len() < BLOCKS)
}

impl Known {
    /// Supposes that what a machine lacks was made, so that the next one is told what it will find.
    pub(super) fn suppose(&mut self, wanted: &Wanted, machine: &Machine) {
        let vpc_id = wanted.vpc.clone().unwrap_or_else(|| "the new VPC".to_owned());
        match (self.vpcs.iter_mut().find(|vpc| vpc.id == vpc_id), wanted.vpc_block) {
            (Some(vpc), block) => vpc.blocks.extend(block),
            (None, block) => self.vpcs.push(Vpc {
                id: vpc_id.clone(),
                blocks: block.into_iter().collect(),
                ipv6_blocks: Vec::new(),
            }),
        }
        if wanted.subnet.is_none() {
            self.subnets.push(Subnet {
                id: format!("subnet {} (new)", wanted.subnet_block),
                vpc_id: vpc_id.clone(),
                block: wanted.subnet_block,
                ipv6_blocks: Vec::new(),
            });
        }
        if wanted.interface.is_none() {
            self.interfaces.push(Interface {
                id: String::new(),
                vpc_id,
                addresses: vec![wanted.address.into()],
                origin: Some(machine.origin.clone()),
            });
        }
    }
}

fn ipv4_of(machine: &Machine) -> Option<(Ipv4Addr, u8)> {
    machine.addresses.iter().find_map(|address| match address.address {
        IpAddr::V4(ipv4) => Some((ipv4, address.prefix)),
        IpAddr::V6(_) => None,
    })
}

#[cfg(test)]
mod tests {
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
        match Wanted::of(&machine(text), &known(), only, &BTreeSet::new()) {
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
            "vpc-1 with 172.17.0.0/16 (new), subnet 172.17.0.0/16 (new), interface 172.17.0.2 (new)"
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

    #[test]
    fn a_plan_foretells_what_the_next_one_finds() {
        let mut known = Known::default();
        let mut told = Vec::new();
        let mut present = BTreeSet::new();
        for (place, text) in
            ["10.9.0.2/30", "10.9.0.5/30", "10.9.0.2/24", "172.17.0.2/16"].iter().enumerate()
        {
            let machine = Machine { origin: format!("netns/{place}"), ..machine(text) };
            present.insert(machine.origin.clone());
            match Wanted::of(&machine, &known, None, &present) {
                Ok(wanted) => {
                    told.push(wanted.to_string());
                    known.suppose(&wanted, &machine);
                }
                Err(error) => told.push(error.to_string()),
            }
        }
        assert_eq!(
            told,
            [
                "VPC 10.9.0.0/16 (new), subnet 10.9.0.0/28 (new), interface 10.9.0.2 (new)",
                "the new VPC, subnet 10.9.0.0/28 (new), interface 10.9.0.5 (new)",
                "its address 10.9.0.2 is that of netns/0, which is there too",
                "the new VPC with 172.17.0.0/16 (new), subnet 172.17.0.0/16 (new), interface 172.17.0.2 (new)",
            ]
        );
    }

    #[test]
    fn a_sixth_block_is_another_vpcs() {
        let mut known = known();
        known.vpcs[0].blocks =
            (0..5).map(|place| format!("10.{place}.0.0/16").parse().unwrap()).collect();
        let wanted = Wanted::of(&machine("172.17.0.2/16"), &known, None, &BTreeSet::new()).unwrap();
        assert!(wanted.to_string().starts_with("VPC 172.17.0.0/16 (new)"));
    }
}

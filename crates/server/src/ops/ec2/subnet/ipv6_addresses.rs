//! The IPv6 addresses of a subnet: which are reserved, in use, and free (`vpc-filtering.md` §6.2).

use std::collections::BTreeSet;
use std::net::Ipv6Addr;
use std::ops::RangeInclusive;

use flowlogd_aws::Fault;

use super::super::block;
use super::reserved::Reserved;
use crate::model::{Interface, Subnet};

/// The IPv6 addresses of one subnet.
pub(in crate::ops::ec2) struct Ipv6Addresses {
    subnet_id: String,
    all: RangeInclusive<u128>,
    reserved: Reserved,
}

impl Ipv6Addresses {
    /// Returns them if the subnet has an IPv6 block.
    pub(in crate::ops::ec2) fn of(subnet: &Subnet) -> Result<Option<Self>, Fault> {
        let Some(association) = &subnet.ipv6 else { return Ok(None) };
        Ok(Some(Self {
            subnet_id: subnet.id.clone(),
            all: block::ipv6_bounds(block::stored(&association.cidr)?),
            reserved: Reserved::of(subnet),
        }))
    }

    /// Those that interfaces have.
    pub(in crate::ops::ec2) fn used(&self, interfaces: &[Interface]) -> BTreeSet<Ipv6Addr> {
        interfaces
            .iter()
            .filter(|interface| interface.subnet_id == self.subnet_id)
            .flat_map(|interface| &interface.ipv6_addresses)
            .filter_map(|address| address.parse().ok())
            .collect()
    }

    /// Refuses an address that no interface of the subnet can have, free or not (§11.3).
    pub(in crate::ops::ec2) fn check(&self, address: Ipv6Addr) -> Result<(), Fault> {
        let invalid = |text: &str| Err(Fault::new("InvalidParameterValue", text));
        if !self.all.contains(&address.to_bits()) {
            return invalid("Address does not fall within the subnet's address range");
        }
        let allowed = match self.reserved {
            Reserved::Aws => self.chosen(),
            // The first is the subnet routers' anycast address; there is no broadcast.
            Reserved::None => self.all.start() + 1..=*self.all.end(),
        };
        if !allowed.contains(&address.to_bits()) {
            return invalid("Address is in subnet's reserved address range");
        }
        Ok(())
    }

    /// Returns the lowest address that is not taken.
    pub(in crate::ops::ec2) fn lowest_free(&self, taken: &BTreeSet<Ipv6Addr>) -> Option<Ipv6Addr> {
        self.chosen().map(Ipv6Addr::from_bits).find(|address| !taken.contains(address))
    }

    /// What addresses are chosen from: AWS's are left out in every subnet.
    fn chosen(&self) -> RangeInclusive<u128> {
        // A subnet has 2^64 addresses at least.
        self.all.start() + 4..=self.all.end() - 1
    }
}

//! The IPv4 addresses of a subnet: which are reserved, in use, and free (`vpc-filtering.md` §6.2).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use flowlogd_aws::Fault;

use super::super::block;
use super::reserved::Reserved;
use crate::model::{Interface, Subnet};

/// The first four addresses and the last one are AWS's.
const RESERVED_AT_START: u32 = 4;

/// The IPv4 addresses of one subnet.
pub(in crate::ops::ec2) struct Addresses {
    subnet_id: String,
    all: RangeInclusive<u32>,
    reserved: Reserved,
}

impl Addresses {
    pub(in crate::ops::ec2) fn of(subnet: &Subnet) -> Result<Self, Fault> {
        Ok(Self {
            subnet_id: subnet.id.clone(),
            all: block::bounds(block::stored(&subnet.cidr)?),
            reserved: Reserved::of(subnet),
        })
    }

    /// How many could still be chosen for an interface.
    pub(in crate::ops::ec2) fn available(&self, interfaces: &[Interface]) -> i64 {
        let chosen = self.chosen();
        let used = self.used(interfaces).into_iter().filter(|it| chosen.contains(&it.to_bits()));
        let all = i64::from(chosen.end() - chosen.start()) + 1;
        all - i64::try_from(used.count()).unwrap_or(all)
    }

    /// Those that interfaces have.
    pub(in crate::ops::ec2) fn used(&self, interfaces: &[Interface]) -> BTreeSet<Ipv4Addr> {
        interfaces
            .iter()
            .filter(|interface| interface.subnet_id == self.subnet_id)
            .flat_map(|interface| &interface.private_addresses)
            .filter_map(|address| address.address.parse().ok())
            .collect()
    }

    /// Refuses an address that no interface of the subnet can have, free or not (§11.3).
    pub(in crate::ops::ec2) fn check(&self, address: Ipv4Addr) -> Result<(), Fault> {
        let invalid = |text: &str| Err(Fault::new("InvalidParameterValue", text));
        if !self.all.contains(&address.to_bits()) {
            return invalid("Address does not fall within the subnet's address range");
        }
        let allowed = match self.reserved {
            Reserved::Aws => self.chosen(),
            Reserved::None => self.all.start() + 1..=self.all.end() - 1,
        };
        if !allowed.contains(&address.to_bits()) {
            return invalid("Address is in subnet's reserved address range");
        }
        Ok(())
    }

    /// Returns the lowest address that is not taken.
    pub(in crate::ops::ec2) fn lowest_free(&self, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
        self.chosen().map(Ipv4Addr::from_bits).find(|address| !taken.contains(address))
    }

    /// What addresses are chosen from: AWS's are left out in every subnet.
    fn chosen(&self) -> RangeInclusive<u32> {
        // A subnet has 16 addresses at least.
        self.all.start() + RESERVED_AT_START..=self.all.end() - 1
    }
}

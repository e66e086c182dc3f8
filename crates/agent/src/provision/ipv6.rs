//! A machine's IPv6 addresses, and the blocks of VPC and subnet that they have to be in.

use std::net::{IpAddr, Ipv6Addr};

use super::calls::parameter;
use super::{ProvisionError, Provisioner};
use crate::discover::Machine;

/// The pool that one's own IPv6 blocks are said to be from.
pub(crate) const IPV6_POOL: &str = "ipv6pool-ec2-0123456789abcdef0";
/// Prefixes of VPCs' and subnets' IPv6 blocks.
const IPV6_PREFIXES: (u32, u32) = (56, 64);

impl Provisioner {
    /// Sees to it that a machine's IPv6 addresses are in the blocks of VPC and subnet. Returns those that are.
    pub(super) async fn prepare_ipv6(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_around_their_addresses() {
        let address = "2001:db8:1ab:1a7f::10".parse().unwrap();
        assert_eq!(ipv6_block(address, 56), "2001:db8:1ab:1a00::/56");
        assert_eq!(ipv6_block(address, 64), "2001:db8:1ab:1a7f::/64");
        assert!(contains_ipv6("2001:db8:1ab:1a00::/56", address));
        assert!(
            !contains_ipv6("2001:db8:1ab:1b00::/56", address) && !contains_ipv6("x/56", address)
        );
    }
}

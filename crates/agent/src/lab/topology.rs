//! What the lab is made of.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The log group of the lab's flow log.
pub const GROUP: &str = "lab";
/// The namespace of the router, in which the host's ends of all cables are.
pub const ROUTER: &str = "flowlogd-lab-router";
/// The customer outside of the VPC.
pub const OUTSIDE: Outside = Outside {
    name: "customer",
    namespace: "flowlogd-lab-customer",
    ipv4: Ipv4Addr::new(198, 51, 100, 20),
    ipv6: Ipv6Addr::new(0x2001, 0xdb8, 0xc0c0, 0, 0, 0, 0, 0x20),
};
/// The VPC's blocks.
pub(super) const VPC: (&str, &str) = ("10.0.0.0/16", "2001:db8:1ab:1a00::/56");
/// The subnets, in the order in which instances name them.
pub(super) const SUBNETS: [Subnet; 2] = [
    Subnet {
        name: "public",
        bridge: "public",
        ipv4: Ipv4Addr::new(10, 0, 1, 0),
        ipv6: Ipv6Addr::new(0x2001, 0xdb8, 0x1ab, 0x1a01, 0, 0, 0, 0),
    },
    Subnet {
        name: "private",
        bridge: "private",
        ipv4: Ipv4Addr::new(10, 0, 2, 0),
        ipv6: Ipv6Addr::new(0x2001, 0xdb8, 0x1ab, 0x1a02, 0, 0, 0, 0),
    },
];
/// The instances.
pub const INSTANCES: [Instance; 3] = [
    Instance { name: "web", subnet: 0, last: 10 },
    Instance { name: "app", subnet: 1, last: 10 },
    Instance { name: "client", subnet: 1, last: 20 },
];

/// Somebody who is not in the VPC.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// How it is called, and the router's end of its cable.
    pub name: &'static str,
    /// Where it is.
    pub namespace: &'static str,
    /// Its address, in a network of 24 bits in which the router ends in 1.
    pub ipv4: Ipv4Addr,
    /// And its other, of 64 bits.
    pub ipv6: Ipv6Addr,
}

impl Outside {
    /// Returns the router's addresses in its network.
    pub(super) const fn router(&self) -> (Ipv4Addr, Ipv6Addr) {
        let (ipv4, ipv6) = (self.ipv4.to_bits() & !0xff, self.ipv6.to_bits() & !0xffff);
        (Ipv4Addr::from_bits(ipv4 | 1), Ipv6Addr::from_bits(ipv6 | 1))
    }
}

/// A subnet: /24 and /64.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subnet {
    pub(super) name: &'static str,
    /// The bridge in the router's namespace.
    pub(super) bridge: &'static str,
    ipv4: Ipv4Addr,
    ipv6: Ipv6Addr,
}

/// An instance. Its device is `eth0`, and the host's end of its cable has its name.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// How it is called, and the host's end of its cable.
    pub name: &'static str,
    pub(super) subnet: usize,
    /// The end of its addresses.
    last: u8,
}

/// Returns the names of all namespaces.
pub fn namespaces() -> Vec<String> {
    [ROUTER.to_owned(), OUTSIDE.namespace.to_owned()]
        .into_iter()
        .chain(INSTANCES.iter().map(Instance::namespace))
        .collect()
}

impl Subnet {
    /// Returns its IPv4 block.
    pub(super) fn block(&self) -> String {
        format!("{}/24", self.ipv4)
    }

    /// Returns its IPv6 block.
    pub(super) fn ipv6_block(&self) -> String {
        format!("{}/64", self.ipv6)
    }

    /// Returns the addresses of a member by their end; those of the router end in 1.
    pub(super) fn addresses(&self, last: u8) -> (Ipv4Addr, Ipv6Addr) {
        let ipv6 = u128::from(if last == 1 { 1 } else { u16::from(last / 10) << 4 });
        (
            Ipv4Addr::from_bits(self.ipv4.to_bits() | u32::from(last)),
            Ipv6Addr::from_bits(self.ipv6.to_bits() | ipv6),
        )
    }
}

impl Instance {
    /// Returns the name of its namespace.
    pub fn namespace(&self) -> String {
        format!("flowlogd-lab-{}", self.name)
    }

    /// Returns its addresses, which end alike.
    pub fn addresses(&self) -> (Ipv4Addr, Ipv6Addr) {
        let subnet = SUBNETS.get(self.subnet).unwrap_or(&SUBNETS[0]);
        subnet.addresses(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_document() {
        let addresses: Vec<String> = INSTANCES
            .iter()
            .map(|instance| {
                let (ipv4, ipv6) = instance.addresses();
                format!("{} {ipv4} {ipv6}", instance.namespace())
            })
            .collect();
        assert_eq!(
            addresses,
            [
                "flowlogd-lab-web 10.0.1.10 2001:db8:1ab:1a01::10",
                "flowlogd-lab-app 10.0.2.10 2001:db8:1ab:1a02::10",
                "flowlogd-lab-client 10.0.2.20 2001:db8:1ab:1a02::20",
            ]
        );
    }
}

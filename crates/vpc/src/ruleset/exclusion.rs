//! Traffic that is never logged (flow-logs.md §5.1) and traffic that is never filtered
//! (vpc-filtering.md §5).

use flowlogd_packet::{PacketHeader, protocol};

use super::bits::AddressBits;
use crate::Exclusion;

/// Addresses of services that are there in every VPC.
pub(crate) trait ServiceAddresses: AddressBits {
    /// Client's and server's port.
    const DHCP_PORTS: [u16; 2];

    /// Returns why traffic of this address is never logged. The addresses count whole, whatever the
    /// port (semantics.md 15).
    fn never_logged(self) -> Option<Exclusion>;

    /// Returns whether traffic with this port of this address passes unfiltered, though it is logged.
    fn never_filtered(self, protocol: u8, port: u16) -> bool;

    /// Returns whether the packet is ARP's successor.
    fn is_neighbour_discovery(packet: &PacketHeader) -> bool;
}

impl ServiceAddresses for u32 {
    const DHCP_PORTS: [u16; 2] = [67, 68];

    fn never_logged(self) -> Option<Exclusion> {
        if self >> 16 != LINK_LOCAL_V4 >> 16 {
            return None;
        }
        match self & 0xffff {
            0xa9fd => Some(Exclusion::AmazonDns),
            0xa9fe => Some(Exclusion::InstanceMetadata),
            0xa97b => Some(Exclusion::TimeSync),
            0xa9fa | 0xa9fb => Some(Exclusion::LicenceActivation),
            _ => None,
        }
    }

    fn never_filtered(self, protocol: u8, port: u16) -> bool {
        match self {
            // 169.254.170.2: ECS task metadata and credentials.
            0xa9fe_aa02 => protocol == protocol::TCP && port == 80,
            // 169.254.170.23: EKS pod identity agent, for which no port is given.
            0xa9fe_aa17 => true,
            _ => false,
        }
    }

    fn is_neighbour_discovery(_: &PacketHeader) -> bool {
        false
    }
}

/// 169.254.0.0.
const LINK_LOCAL_V4: u32 = 0xa9fe_0000;
/// `fd00:ec2::`.
const SERVICES_V6: u128 = 0xfd00_0ec2 << 96;
/// `fe80:ec2::1`.
const ROUTER_V6: u128 = 0xfe80_0ec2 << 96 | 1;

impl ServiceAddresses for u128 {
    const DHCP_PORTS: [u16; 2] = [546, 547];

    fn never_logged(self) -> Option<Exclusion> {
        if self == ROUTER_V6 {
            return Some(Exclusion::VpcRouter);
        }
        match self ^ SERVICES_V6 {
            0x253 => Some(Exclusion::AmazonDns),
            0x254 => Some(Exclusion::InstanceMetadata),
            0x123 => Some(Exclusion::TimeSync),
            0x250 => Some(Exclusion::LicenceActivation),
            _ => None,
        }
    }

    fn never_filtered(self, _: u8, _: u16) -> bool {
        // fd00:ec2::23: EKS pod identity agent, for which no port is given.
        self == SERVICES_V6 | 0x23
    }

    fn is_neighbour_discovery(packet: &PacketHeader) -> bool {
        packet.protocol == protocol::ICMPV6
            && packet.icmp.is_some_and(|icmp| (133..=137).contains(&icmp.kind))
    }
}

/// Returns whether both ports are DHCP's, so that nothing else hides behind one of them.
pub(crate) fn is_dhcp<A: ServiceAddresses>(packet: &PacketHeader) -> bool {
    packet.protocol == protocol::UDP
        && A::DHCP_PORTS.contains(&packet.srcport)
        && A::DHCP_PORTS.contains(&packet.dstport)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn the_link_local_services_are_never_logged() {
        let v4 = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits().never_logged();
        let v6 = |text: &str| text.parse::<Ipv6Addr>().unwrap().to_bits().never_logged();

        assert_eq!(v4("169.254.169.253"), Some(Exclusion::AmazonDns));
        assert_eq!(v4("169.254.169.254"), Some(Exclusion::InstanceMetadata));
        assert_eq!(v4("169.254.169.123"), Some(Exclusion::TimeSync));
        assert_eq!(v4("169.254.169.250"), Some(Exclusion::LicenceActivation));
        assert_eq!(v4("169.254.169.251"), Some(Exclusion::LicenceActivation));
        assert_eq!(v4("169.254.169.252"), None);
        assert_eq!(v4("169.255.169.254"), None);
        assert_eq!(v4("169.254.170.2"), None);
        assert_eq!(v6("fd00:ec2::253"), Some(Exclusion::AmazonDns));
        assert_eq!(v6("fd00:ec2::254"), Some(Exclusion::InstanceMetadata));
        assert_eq!(v6("fd00:ec2::123"), Some(Exclusion::TimeSync));
        assert_eq!(v6("fd00:ec2::250"), Some(Exclusion::LicenceActivation));
        assert_eq!(v6("fe80:ec2::1"), Some(Exclusion::VpcRouter));
        assert_eq!(v6("fe80::1"), None);
        assert_eq!(v6("::254"), None);
    }

    #[test]
    fn container_credentials_are_never_filtered() {
        let v4 = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
        let v6 = |text: &str| text.parse::<Ipv6Addr>().unwrap().to_bits();

        assert!(v4("169.254.170.2").never_filtered(protocol::TCP, 80));
        assert!(!v4("169.254.170.2").never_filtered(protocol::TCP, 81));
        assert!(!v4("169.254.170.2").never_filtered(protocol::UDP, 80));
        assert!(v4("169.254.170.23").never_filtered(protocol::TCP, 80));
        assert!(v6("fd00:ec2::23").never_filtered(protocol::TCP, 80));
        assert!(!v6("fd00:ec2::24").never_filtered(protocol::TCP, 80));
    }
}

//! Why traffic is in no record, in words.

use flowlogd_vpc::Exclusion;

/// Continues a sentence: "it is in no record, for it is …".
pub(super) const fn exclusion_text(exclusion: Exclusion) -> &'static str {
    match exclusion {
        Exclusion::AmazonDns => "traffic with the Amazon DNS server",
        Exclusion::InstanceMetadata => "traffic with the instance metadata service",
        Exclusion::TimeSync => "traffic with the Amazon Time Sync Service",
        Exclusion::LicenceActivation => "Windows licence activation",
        Exclusion::Dhcp => "DHCP",
        Exclusion::NeighbourDiscovery => "IPv6 neighbour discovery",
        Exclusion::VpcRouter => "traffic with the reserved address of the VPC router",
        Exclusion::EndpointToLoadBalancer => {
            "traffic between an endpoint's interface and a network load balancer's"
        }
        Exclusion::SourceDestinationCheck => {
            "traffic that the source/destination check drops: the address on its side is not the interface's"
        }
    }
}

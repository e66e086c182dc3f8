//! Interfaces as answers print them, with what they say of subnets and groups.

use std::collections::HashMap;

use flowlogd_aws::Timestamp;
use flowlogd_aws::ec2::shapes::{
    ConnectionTracking, GroupIdentifier, Ipv6Address, NetworkInterface, NetworkInterfaceAddress,
    NetworkInterfaceAttachment, Operator,
};

use super::super::{tagging, zone};
use crate::call::Call;
use crate::model::{Interface, InterfaceAttachment, SecurityGroup, Subnet};
use crate::state::StateError;

/// The zones of subnets and the names of groups, read once for all interfaces of an answer.
pub(in crate::ops::ec2) struct Surroundings {
    zones: HashMap<String, String>,
    group_names: HashMap<String, String>,
}

impl Surroundings {
    pub(in crate::ops::ec2) fn of(call: &Call<'_>) -> Result<Self, StateError> {
        let subnets: Vec<Subnet> = call.list()?;
        let groups: Vec<SecurityGroup> = call.list()?;
        Ok(Self {
            zones: subnets.into_iter().map(|subnet| (subnet.id, subnet.zone)).collect(),
            group_names: groups.into_iter().map(|group| (group.id, group.name)).collect(),
        })
    }

    /// Returns the name of an interface's zone.
    pub(super) fn zone(&self, interface: &Interface) -> &str {
        self.zones.get(&interface.subnet_id).map(String::as_str).unwrap_or_default()
    }

    pub(in crate::ops::ec2) fn printed(
        &self,
        call: &Call<'_>,
        interface: &Interface,
    ) -> NetworkInterface {
        let addresses: Vec<NetworkInterfaceAddress> = interface
            .private_addresses
            .iter()
            .enumerate()
            .map(|(number, address)| NetworkInterfaceAddress {
                private_ip_address: address.address.clone(),
                private_dns_name: private_dns_name(call.region(), &address.address),
                primary: number == 0,
            })
            .collect();
        let primary = addresses.first();
        let zone = self.zone(interface);
        NetworkInterface {
            network_interface_id: interface.id.clone(),
            subnet_id: interface.subnet_id.clone(),
            vpc_id: interface.vpc_id.clone(),
            availability_zone: zone.to_owned(),
            availability_zone_id: zone::id_of(call.region(), zone),
            description: interface.description.clone(),
            owner_id: call.account().to_owned(),
            requester_managed: false,
            status: status(interface).to_owned(),
            interface_type: "interface".to_owned(),
            mac_address: interface.mac_address.clone(),
            private_ip_address: primary.map(|it| it.private_ip_address.clone()).unwrap_or_default(),
            private_dns_name: primary.map(|it| it.private_dns_name.clone()).unwrap_or_default(),
            private_ip_addresses_set: addresses,
            ipv6_addresses_set: interface
                .ipv6_addresses
                .iter()
                .map(|address| Ipv6Address { ipv6_address: address.clone() })
                .collect(),
            source_dest_check: interface.source_dest_check,
            group_set: self.groups(interface),
            attachment: interface.attachment.as_ref().map(|it| attachment(call, it)),
            connection_tracking_configuration: tracking(interface),
            operator: Operator { managed: false },
            tag_set: tagging::printed(&interface.tags),
        }
    }

    pub(super) fn groups(&self, interface: &Interface) -> Vec<GroupIdentifier> {
        interface
            .groups
            .iter()
            .map(|id| GroupIdentifier {
                group_id: id.clone(),
                group_name: self.group_names.get(id).cloned().unwrap_or_default(),
            })
            .collect()
    }
}

pub(super) fn attachment(
    call: &Call<'_>,
    attachment: &InterfaceAttachment,
) -> NetworkInterfaceAttachment {
    NetworkInterfaceAttachment {
        attachment_id: attachment.id.clone(),
        instance_id: attachment.instance_id.clone(),
        instance_owner_id: call.account().to_owned(),
        // `attach` takes no index that is larger.
        device_index: i32::try_from(attachment.device_index).unwrap_or(i32::MAX),
        network_card_index: 0,
        status: "attached".to_owned(),
        attach_time: Timestamp(attachment.attached),
        delete_on_termination: false,
    }
}

const fn status(interface: &Interface) -> &'static str {
    if interface.attachment.is_some() { "in-use" } else { "available" }
}

fn tracking(interface: &Interface) -> Option<ConnectionTracking> {
    let tracking = ConnectionTracking {
        tcp_established_timeout: interface.tcp_established_timeout.map(i64::from),
        udp_stream_timeout: interface.udp_stream_timeout.map(i64::from),
        udp_timeout: interface.udp_timeout.map(i64::from),
    };
    let is_default = tracking.tcp_established_timeout.is_none()
        && tracking.udp_stream_timeout.is_none()
        && tracking.udp_timeout.is_none();
    (!is_default).then_some(tracking)
}

/// `ip-10-0-8-17.us-west-2.compute.internal`; the oldest region has a name of its own
/// (`vpc-filtering.md` §7).
fn private_dns_name(region: &str, address: &str) -> String {
    let host = address.replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{host}.ec2.internal"),
        _ => format!("ip-{host}.{region}.compute.internal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_say_address_and_region() {
        assert_eq!(
            private_dns_name("us-west-2", "10.0.8.17"),
            "ip-10-0-8-17.us-west-2.compute.internal"
        );
        assert_eq!(private_dns_name("us-east-1", "10.0.1.17"), "ip-10-0-1-17.ec2.internal");
    }
}

//! The filters of `DescribeInstances`: those that ask what instances do not have here find nothing.

use flowlogd_aws::ec2::shapes::{Instance, InstanceNetworkInterface, Reservation};

use super::super::filter_table::{FilterTable, none};

pub(super) const FILTERS: FilterTable<Reservation> = FilterTable(&[
    ("affinity", none),
    ("architecture", none),
    ("availability-zone", |it| instance(it, |it| vec![it.placement.availability_zone.clone()])),
    ("availability-zone-id", |it| {
        instance(it, |it| vec![it.placement.availability_zone_id.clone()])
    }),
    ("block-device-mapping.attach-time", none),
    ("block-device-mapping.delete-on-termination", none),
    ("block-device-mapping.device-name", none),
    ("block-device-mapping.status", none),
    ("block-device-mapping.volume-id", none),
    ("boot-mode", none),
    ("capacity-reservation-id", none),
    ("capacity-reservation-specification.capacity-reservation-preference", none),
    (
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
        none,
    ),
    (
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
        none,
    ),
    ("client-token", none),
    ("current-instance-boot-mode", none),
    ("dns-name", none),
    ("ebs-optimized", none),
    ("ena-support", none),
    ("enclave-options.enabled", none),
    ("hibernation-options.configured", none),
    ("host-id", none),
    ("hypervisor", none),
    ("iam-instance-profile.arn", none),
    ("iam-instance-profile.id", none),
    ("image-id", none),
    ("instance-id", |it| instance(it, |it| vec![it.instance_id.clone()])),
    ("instance-lifecycle", none),
    ("instance-state-code", |it| instance(it, |it| vec![it.instance_state.code.to_string()])),
    ("instance-state-name", |it| instance(it, |it| vec![it.instance_state.name.clone()])),
    ("instance-type", none),
    ("instance.group-id", |it| {
        instance(it, |it| it.group_set.iter().map(|it| it.group_id.clone()).collect())
    }),
    ("instance.group-name", |it| {
        instance(it, |it| it.group_set.iter().map(|it| it.group_name.clone()).collect())
    }),
    ("ip-address", none),
    ("ipv6-address", |it| {
        instance(it, |it| {
            of(it, |it| it.ipv6_addresses_set.iter().map(|it| it.ipv6_address.clone()).collect())
        })
    }),
    ("kernel-id", none),
    ("key-name", none),
    ("launch-index", none),
    ("launch-time", |it| instance(it, |it| vec![it.launch_time.to_string()])),
    ("maintenance-options.auto-recovery", none),
    ("metadata-options.http-endpoint", none),
    ("metadata-options.http-protocol-ipv4", none),
    ("metadata-options.http-protocol-ipv6", none),
    ("metadata-options.http-put-response-hop-limit", none),
    ("metadata-options.http-tokens", none),
    ("metadata-options.instance-metadata-tags", none),
    ("metadata-options.state", none),
    ("monitoring-state", none),
    ("network-interface.addresses.association.allocation-id", none),
    ("network-interface.addresses.association.association-id", none),
    ("network-interface.addresses.association.carrier-ip", none),
    ("network-interface.addresses.association.customer-owned-ip", none),
    ("network-interface.addresses.association.ip-owner-id", none),
    ("network-interface.addresses.association.public-dns-name", none),
    ("network-interface.addresses.association.public-ip", none),
    ("network-interface.addresses.primary", |it| {
        interfaces(it, |it| {
            it.private_ip_addresses_set.iter().map(|it| it.primary.to_string()).collect()
        })
    }),
    ("network-interface.addresses.private-dns-name", |it| {
        interfaces(it, |it| {
            it.private_ip_addresses_set.iter().map(|it| it.private_dns_name.clone()).collect()
        })
    }),
    ("network-interface.addresses.private-ip-address", |it| {
        interfaces(it, |it| {
            it.private_ip_addresses_set.iter().map(|it| it.private_ip_address.clone()).collect()
        })
    }),
    ("network-interface.association.allocation-id", none),
    ("network-interface.association.association-id", none),
    ("network-interface.association.carrier-ip", none),
    ("network-interface.association.customer-owned-ip", none),
    ("network-interface.association.ip-owner-id", none),
    ("network-interface.association.public-dns-name", none),
    ("network-interface.association.public-ip", none),
    ("network-interface.attachment.attach-time", |it| {
        interfaces(it, |it| vec![it.attachment.attach_time.to_string()])
    }),
    ("network-interface.attachment.attachment-id", |it| {
        interfaces(it, |it| vec![it.attachment.attachment_id.clone()])
    }),
    ("network-interface.attachment.delete-on-termination", |it| {
        interfaces(it, |it| vec![it.attachment.delete_on_termination.to_string()])
    }),
    ("network-interface.attachment.device-index", |it| {
        interfaces(it, |it| vec![it.attachment.device_index.to_string()])
    }),
    ("network-interface.attachment.instance-id", |it| {
        instance(it, |it| vec![it.instance_id.clone()])
    }),
    ("network-interface.attachment.instance-owner-id", |it| vec![it.owner_id.clone()]),
    ("network-interface.attachment.network-card-index", |it| {
        interfaces(it, |it| vec![it.attachment.network_card_index.to_string()])
    }),
    ("network-interface.attachment.status", |it| {
        interfaces(it, |it| vec![it.attachment.status.clone()])
    }),
    ("network-interface.availability-zone", |it| {
        instance(it, |it| vec![it.placement.availability_zone.clone()])
    }),
    ("network-interface.deny-all-igw-traffic", none),
    ("network-interface.description", |it| interfaces(it, |it| vec![it.description.clone()])),
    ("network-interface.group-id", |it| {
        interfaces(it, |it| it.group_set.iter().map(|it| it.group_id.clone()).collect())
    }),
    ("network-interface.group-name", |it| {
        interfaces(it, |it| it.group_set.iter().map(|it| it.group_name.clone()).collect())
    }),
    ("network-interface.ipv4-prefixes.ipv4-prefix", none),
    ("network-interface.ipv6-address", |it| {
        interfaces(it, |it| {
            it.ipv6_addresses_set.iter().map(|it| it.ipv6_address.clone()).collect()
        })
    }),
    ("network-interface.ipv6-addresses.ipv6-address", |it| {
        interfaces(it, |it| {
            it.ipv6_addresses_set.iter().map(|it| it.ipv6_address.clone()).collect()
        })
    }),
    ("network-interface.ipv6-addresses.is-primary-ipv6", none),
    ("network-interface.ipv6-native", none),
    ("network-interface.ipv6-prefixes.ipv6-prefix", none),
    ("network-interface.mac-address", |it| interfaces(it, |it| vec![it.mac_address.clone()])),
    ("network-interface.network-interface-id", |it| {
        interfaces(it, |it| vec![it.network_interface_id.clone()])
    }),
    ("network-interface.operator.managed", |it| {
        interfaces(it, |it| vec![it.operator.managed.to_string()])
    }),
    ("network-interface.operator.principal", none),
    ("network-interface.outpost-arn", none),
    ("network-interface.owner-id", |it| interfaces(it, |it| vec![it.owner_id.clone()])),
    ("network-interface.private-dns-name", |it| {
        interfaces(it, |it| vec![it.private_dns_name.clone()])
    }),
    ("network-interface.private-ip-address", |it| {
        interfaces(it, |it| vec![it.private_ip_address.clone()])
    }),
    ("network-interface.public-dns-name", none),
    ("network-interface.requester-id", none),
    ("network-interface.requester-managed", |it| interfaces(it, |_| vec!["false".to_owned()])),
    ("network-interface.status", |it| interfaces(it, |it| vec![it.status.clone()])),
    ("network-interface.source-dest-check", |it| {
        interfaces(it, |it| vec![it.source_dest_check.to_string()])
    }),
    ("network-interface.subnet-id", |it| interfaces(it, |it| vec![it.subnet_id.clone()])),
    ("network-interface.tag-key", none),
    ("network-interface.tag-value", none),
    ("network-interface.vpc-id", |it| interfaces(it, |it| vec![it.vpc_id.clone()])),
    ("network-performance-options.bandwidth-weighting", none),
    ("operator.managed", |it| instance(it, |_| vec!["false".to_owned()])),
    ("operator.principal", none),
    ("outpost-arn", none),
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("placement-group-name", none),
    ("placement-partition-number", none),
    ("platform", none),
    ("platform-details", none),
    ("private-dns-name", |it| instance(it, |it| vec![it.private_dns_name.clone()])),
    ("private-dns-name-options.enable-resource-name-dns-a-record", none),
    ("private-dns-name-options.enable-resource-name-dns-aaaa-record", none),
    ("private-dns-name-options.hostname-type", none),
    ("private-ip-address", |it| instance(it, |it| vec![it.private_ip_address.clone()])),
    ("product-code", none),
    ("product-code.type", none),
    ("ramdisk-id", none),
    ("reason", none),
    ("requester-id", none),
    ("reservation-id", |it| vec![it.reservation_id.clone()]),
    ("root-device-name", none),
    ("root-device-type", none),
    ("source-dest-check", |it| instance(it, |it| vec![it.source_dest_check.to_string()])),
    ("spot-instance-request-id", none),
    ("state-reason-code", none),
    ("state-reason-message", none),
    ("subnet-id", |it| instance(it, |it| vec![it.subnet_id.clone()])),
    ("tenancy", none),
    ("tpm-support", none),
    ("usage-operation", none),
    ("usage-operation-update-time", none),
    ("virtualization-type", none),
    ("vpc-id", |it| instance(it, |it| vec![it.vpc_id.clone()])),
]);

fn instance(reservation: &Reservation, member: fn(&Instance) -> Vec<String>) -> Vec<String> {
    reservation.instances_set.iter().flat_map(member).collect()
}

fn interfaces(
    reservation: &Reservation,
    member: fn(&InstanceNetworkInterface) -> Vec<String>,
) -> Vec<String> {
    reservation
        .instances_set
        .iter()
        .flat_map(|instance| &instance.network_interface_set)
        .flat_map(member)
        .collect()
}

fn of(instance: &Instance, member: fn(&InstanceNetworkInterface) -> Vec<String>) -> Vec<String> {
    instance.network_interface_set.iter().flat_map(member).collect()
}

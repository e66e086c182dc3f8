//! `DescribeNetworkInterfaces`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{NetworkInterface, NetworkInterfaceAttachment};
use flowlogd_aws::ec2::{DescribeNetworkInterfacesRequest, DescribeNetworkInterfacesResponse};

use super::super::filter_table::{FilterTable, none};
use super::super::identifier::INTERFACE;
use super::super::page::page;
use super::Surroundings;
use crate::call::Call;
use crate::model::Interface;

/// `vpc-filtering.md` §14. No address here has a public one.
pub(super) const FILTERS: FilterTable<NetworkInterface> = FilterTable(&[
    ("addresses.association.owner-id", none),
    ("addresses.association.public-ip", none),
    ("addresses.primary", |it| {
        it.private_ip_addresses_set.iter().map(|address| address.primary.to_string()).collect()
    }),
    ("addresses.private-ip-address", |it| {
        it.private_ip_addresses_set
            .iter()
            .map(|address| address.private_ip_address.clone())
            .collect()
    }),
    ("association.allocation-id", none),
    ("association.association-id", none),
    ("association.ip-owner-id", none),
    ("association.public-dns-name", none),
    ("association.public-ip", none),
    ("attachment.attach-time", |it| attachment(it, |of| of.attach_time.to_string())),
    ("attachment.attachment-id", |it| attachment(it, |of| of.attachment_id.clone())),
    ("attachment.delete-on-termination", |it| {
        attachment(it, |of| of.delete_on_termination.to_string())
    }),
    ("attachment.device-index", |it| attachment(it, |of| of.device_index.to_string())),
    ("attachment.instance-id", |it| attachment(it, |of| of.instance_id.clone())),
    ("attachment.instance-owner-id", |it| attachment(it, |of| of.instance_owner_id.clone())),
    ("attachment.status", |it| attachment(it, |of| of.status.clone())),
    ("availability-zone", |it| vec![it.availability_zone.clone()]),
    ("availability-zone-id", |it| vec![it.availability_zone_id.clone()]),
    ("description", |it| vec![it.description.clone()]),
    ("group-id", |it| it.group_set.iter().map(|group| group.group_id.clone()).collect()),
    ("interface-type", |it| vec![it.interface_type.clone()]),
    ("ipv6-addresses.ipv6-address", |it| {
        it.ipv6_addresses_set.iter().map(|address| address.ipv6_address.clone()).collect()
    }),
    ("mac-address", |it| vec![it.mac_address.clone()]),
    ("network-interface-id", |it| vec![it.network_interface_id.clone()]),
    ("operator.managed", |it| vec![it.operator.managed.to_string()]),
    ("operator.principal", none),
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("private-dns-name", |it| vec![it.private_dns_name.clone()]),
    ("private-ip-address", |it| vec![it.private_ip_address.clone()]),
    ("requester-id", none),
    ("requester-managed", |it| vec![it.requester_managed.to_string()]),
    ("source-dest-check", |it| vec![it.source_dest_check.to_string()]),
    ("status", |it| vec![it.status.clone()]),
    ("subnet-id", |it| vec![it.subnet_id.clone()]),
    ("vpc-id", |it| vec![it.vpc_id.clone()]),
]);

/// Lists interfaces.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeNetworkInterfacesRequest,
) -> Result<DescribeNetworkInterfacesResponse, Fault> {
    let DescribeNetworkInterfacesRequest {
        network_interface_ids: ids,
        filters,
        max_results,
        next_token,
        include_managed_resources: _,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeNetworkInterfaces", "*")?;
    FILTERS.check(&filters)?;
    if !ids.is_empty() && max_results.is_some() {
        return Err(Fault::new(
            "InvalidParameterCombination",
            "The parameter networkInterfacesSet cannot be used with the parameter maxResults",
        ));
    }
    call.dry_run(dry_run)?;

    let interfaces = INTERFACE.documents::<Interface>(call, &ids)?;
    let surroundings = Surroundings::of(call)?;
    let found = interfaces
        .iter()
        .map(|interface| (interface, surroundings.printed(call, interface)))
        .filter(|(interface, printed)| FILTERS.matches(&filters, &interface.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (network_interface_set, next_token) = page(
        found,
        |it: &NetworkInterface| &it.network_interface_id,
        max_results,
        next_token.as_deref(),
    )?;
    Ok(DescribeNetworkInterfacesResponse { network_interface_set, next_token })
}

fn attachment(
    interface: &NetworkInterface,
    member: fn(&NetworkInterfaceAttachment) -> String,
) -> Vec<String> {
    interface.attachment.iter().map(member).collect()
}

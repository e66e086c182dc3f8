//! `DescribeInstances`: instances do not run here, but an attachment names one, and what is known of it are its
//! interfaces. An instance is there as long as it has one.

mod filters;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use flowlogd_aws::ec2::shapes::{
    Instance, InstanceNetworkInterface, InstanceNetworkInterfaceAttachment, InstanceState,
    NetworkInterface, NetworkInterfaceAttachment, Placement, Reservation,
};
use flowlogd_aws::ec2::{DescribeInstancesRequest, DescribeInstancesResponse};
use flowlogd_aws::{Fault, Timestamp};

use super::identifier::Kind;
use super::interface::Surroundings;
use super::page::page;
use crate::call::Call;
use crate::model::{Interface, Tags};
use filters::FILTERS;

pub(super) const INSTANCE: Kind = Kind {
    prefix: "i",
    malformed: "InvalidInstanceID.Malformed",
    not_found: "InvalidInstanceID.NotFound",
    noun: "instance ID",
};

/// Lists the instances that interfaces are attached to.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeInstancesRequest,
) -> Result<DescribeInstancesResponse, Fault> {
    let DescribeInstancesRequest {
        instance_ids,
        filters,
        max_results,
        next_token,
        include_managed_resources: _,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeInstances", "*")?;
    FILTERS.check(&filters)?;
    if !instance_ids.is_empty() && max_results.is_some() {
        return Err(Fault::new(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    call.dry_run(dry_run)?;

    let mut found = INSTANCE.select(reservations(call)?, &instance_ids, id_of)?;
    // They have no tags of their own.
    found.retain(|reservation| FILTERS.matches(&filters, &Tags::new(), reservation));
    let (reservation_set, next_token) = page(found, id_of, max_results, next_token.as_deref())?;
    Ok(DescribeInstancesResponse { reservation_set, next_token })
}

fn id_of(reservation: &Reservation) -> &str {
    reservation.instances_set.first().map(|it| it.instance_id.as_str()).unwrap_or_default()
}

fn reservations(call: &Call<'_>) -> Result<Vec<Reservation>, Fault> {
    let surroundings = Surroundings::of(call)?;
    let mut instances: BTreeMap<String, BTreeMap<i32, InstanceNetworkInterface>> = BTreeMap::new();
    let mut zones: BTreeMap<String, Placement> = BTreeMap::new();
    for interface in call.list::<Interface>()? {
        let printed = surroundings.printed(call, &interface);
        let placement = Placement {
            availability_zone: printed.availability_zone.clone(),
            availability_zone_id: printed.availability_zone_id.clone(),
        };
        let Some((attachment, interface)) = of_instance(printed) else { continue };
        zones.insert(attachment.instance_id.clone(), placement);
        let interfaces = instances.entry(attachment.instance_id).or_default();
        interfaces.insert(attachment.device_index, interface);
    }
    let all = instances.into_iter().filter_map(|(id, interfaces)| {
        let placement = zones.remove(&id)?;
        let digits = id.strip_prefix("i-").unwrap_or_default();
        Some(Reservation {
            reservation_id: format!("r-{digits}"),
            owner_id: call.account().to_owned(),
            instances_set: vec![instance(id, placement, interfaces.into_values().collect())?],
        })
    });
    Ok(all.collect())
}

/// What the interfaces of an instance tell of it; the first is the primary one.
fn instance(
    id: String,
    placement: Placement,
    interfaces: Vec<InstanceNetworkInterface>,
) -> Option<Instance> {
    let primary = interfaces.first()?;
    let launch_time = interfaces.iter().map(|it| it.attachment.attach_time.0).min()?;
    Some(Instance {
        instance_id: id,
        instance_state: InstanceState { code: 16, name: "running".to_owned() },
        launch_time: Timestamp(launch_time),
        placement,
        private_dns_name: primary.private_dns_name.clone(),
        private_ip_address: primary.private_ip_address.clone(),
        subnet_id: primary.subnet_id.clone(),
        vpc_id: primary.vpc_id.clone(),
        source_dest_check: primary.source_dest_check,
        group_set: primary.group_set.clone(),
        network_interface_set: interfaces,
    })
}

/// An interface as its instance has it, if it has one.
fn of_instance(
    interface: NetworkInterface,
) -> Option<(NetworkInterfaceAttachment, InstanceNetworkInterface)> {
    let attachment = interface.attachment?;
    let of_instance = InstanceNetworkInterface {
        network_interface_id: interface.network_interface_id,
        subnet_id: interface.subnet_id,
        vpc_id: interface.vpc_id,
        description: interface.description,
        owner_id: interface.owner_id,
        status: interface.status,
        interface_type: interface.interface_type,
        mac_address: interface.mac_address,
        private_ip_address: interface.private_ip_address,
        private_dns_name: interface.private_dns_name,
        private_ip_addresses_set: interface.private_ip_addresses_set,
        ipv6_addresses_set: interface.ipv6_addresses_set,
        source_dest_check: interface.source_dest_check,
        group_set: interface.group_set,
        attachment: InstanceNetworkInterfaceAttachment {
            attachment_id: attachment.attachment_id.clone(),
            device_index: attachment.device_index,
            network_card_index: attachment.network_card_index,
            status: attachment.status.clone(),
            attach_time: attachment.attach_time,
            delete_on_termination: attachment.delete_on_termination,
        },
        operator: interface.operator,
    };
    Some((attachment, of_instance))
}

//! `AttachNetworkInterface` and `DetachNetworkInterface`. Instances are not known here: any id will do, and
//! an instance is where its interfaces are (`vpc-filtering.md` §13.3).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AttachNetworkInterfaceRequest, AttachNetworkInterfaceResponse, DetachNetworkInterfaceRequest,
};

use super::super::identifier::{INTERFACE, Kind};
use super::super::instance::INSTANCE;
use super::super::unsupported::refuse;
use super::{Surroundings, find, in_use};
use crate::call::Call;
use crate::model::{Interface, InterfaceAttachment};

const ATTACHMENT: Kind = Kind {
    prefix: "eni-attach",
    malformed: "InvalidAttachmentID.Malformed",
    not_found: "InvalidAttachmentID.NotFound",
    noun: "network interface attachment ID",
};

/// Attaches an interface that is free.
pub(in crate::ops::ec2) fn attach(
    call: &Call<'_>,
    request: AttachNetworkInterfaceRequest,
) -> Result<AttachNetworkInterfaceResponse, Fault> {
    let AttachNetworkInterfaceRequest {
        network_interface_id: id,
        instance_id,
        device_index,
        network_card_index,
        dry_run,
        ena_srd_specification,
        ena_queue_count,
    } = request;
    let action = "ec2:AttachNetworkInterface";
    call.authorize(action, &call.ec2_arn("network-interface", &id))?;
    call.authorize(action, &call.ec2_arn("instance", &instance_id))?;
    INTERFACE.check(&id)?;
    INSTANCE.check(&instance_id)?;
    let device_index = read_index(device_index)?;
    refuse(&[
        ("NetworkCardIndex", network_card_index.is_some_and(|index| index != 0)),
        ("EnaSrdSpecification", ena_srd_specification.is_some()),
        ("EnaQueueCount", ena_queue_count.is_some()),
    ])?;
    call.dry_run(dry_run)?;

    let mut interface = find(call, &id)?;
    if interface.attachment.is_some() {
        return Err(in_use(&id));
    }
    check_neighbours(call, &interface, &instance_id, device_index)?;
    let attachment_id = call.new_id("eni-attach");
    interface.attachment = Some(InterfaceAttachment {
        id: attachment_id.clone(),
        instance_id,
        device_index,
        attached: call.now(),
    });
    call.put(&interface)?;
    Ok(AttachNetworkInterfaceResponse { attachment_id, network_card_index: 0 })
}

/// Detaches an interface; a primary one only by force, for no instance is here to be terminated.
pub(in crate::ops::ec2) fn detach(
    call: &Call<'_>,
    request: DetachNetworkInterfaceRequest,
) -> Result<(), Fault> {
    let DetachNetworkInterfaceRequest { attachment_id, force, dry_run } = request;
    let attached = call.list::<Interface>()?.into_iter().find_map(|interface| {
        let attachment = interface.attachment.clone().filter(|it| it.id == attachment_id)?;
        Some((interface, attachment))
    });
    // Permission is asked for the interface, which the request does not name.
    let interface_id = attached.as_ref().map_or("*", |(interface, _)| &interface.id);
    let instance_id = attached.as_ref().map_or("*", |(_, attachment)| &attachment.instance_id);
    let action = "ec2:DetachNetworkInterface";
    call.authorize(action, &call.ec2_arn("network-interface", interface_id))?;
    call.authorize(action, &call.ec2_arn("instance", instance_id))?;
    ATTACHMENT.check(&attachment_id)?;
    call.dry_run(dry_run)?;

    let (mut interface, attachment) = attached.ok_or_else(|| ATTACHMENT.missing(&attachment_id))?;
    if attachment.device_index == 0 && !force {
        return Err(Fault::new(
            "OperationNotPermitted",
            "The network interface at device index 0 and networkCard index 0 cannot be detached.",
        ));
    }
    interface.attachment = None;
    call.put(&interface)?;
    Ok(())
}

/// An instance is in one zone and one VPC, and has one interface at an index.
fn check_neighbours(
    call: &Call<'_>,
    interface: &Interface,
    instance_id: &str,
    device_index: u32,
) -> Result<(), Fault> {
    let surroundings = Surroundings::of(call)?;
    let limit = call.config.quotas.network_interfaces_per_instance;
    let mut count = 0;
    for neighbour in call.list::<Interface>()? {
        let Some(attachment) = &neighbour.attachment else { continue };
        if attachment.instance_id != instance_id {
            continue;
        }
        count += 1;
        if attachment.device_index == device_index {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "Instance '{instance_id}' already has an interface attached at device index '{device_index}'."
                ),
            ));
        }
        let apart = if surroundings.zone(&neighbour) != surroundings.zone(interface) {
            "availability zone"
        } else if neighbour.vpc_id != interface.vpc_id {
            "VPC"
        } else {
            continue;
        };
        return Err(Fault::new(
            "InvalidParameterCombination",
            format!(
                "You may not attach a network interface to an instance if they are not in the same {apart}: '{}' of '{instance_id}' is in another one.",
                neighbour.id
            ),
        ));
    }
    if count >= limit {
        return Err(Fault::new(
            "AttachmentLimitExceeded",
            format!("Interface count {} exceeds the limit for '{instance_id}': {limit}", count + 1),
        ));
    }
    Ok(())
}

fn read_index(index: i64) -> Result<u32, Fault> {
    i32::try_from(index).ok().and_then(|index| u32::try_from(index).ok()).ok_or_else(|| {
        Fault::new(
            "InvalidParameterValue",
            format!("Value ({index}) for parameter deviceIndex is invalid. Expecting 0 or more."),
        )
    })
}

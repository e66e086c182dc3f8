//! `DescribeNetworkInterfaceAttribute` and `ModifyNetworkInterfaceAttribute`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::Attribute;
use flowlogd_aws::ec2::{
    DescribeNetworkInterfaceAttributeRequest, DescribeNetworkInterfaceAttributeResponse,
    ModifyNetworkInterfaceAttributeRequest,
};

use super::super::identifier::{INTERFACE, SUBNET};
use super::super::unsupported::refuse;
use super::printed::attachment;
use super::{Surroundings, Timeouts, find, groups};
use crate::call::Call;
use crate::model::Subnet;

/// Changes one attribute; groups replace all that there were.
pub(in crate::ops::ec2) fn modify(
    call: &Call<'_>,
    request: ModifyNetworkInterfaceAttributeRequest,
) -> Result<(), Fault> {
    let action = "ec2:ModifyNetworkInterfaceAttribute";
    call.authorize(action, &call.ec2_arn("network-interface", &request.network_interface_id))?;
    for group in &request.groups {
        call.authorize(action, &call.ec2_arn("security-group", group))?;
    }
    INTERFACE.check(&request.network_interface_id)?;
    groups::check_names(call, &request.groups)?;
    refuse(&[
        ("Attachment", request.attachment.is_some()),
        ("EnaSrdSpecification", request.ena_srd_specification.is_some()),
        ("EnablePrimaryIpv6", request.enable_primary_ipv6.is_some()),
        ("AssociatePublicIpAddress", request.associate_public_ip_address.is_some()),
        ("AssociatedSubnetId", request.associated_subnet_ids.is_some()),
    ])?;
    let timeouts = Timeouts::read(request.connection_tracking_specification.as_ref())?;
    check_one(&request)?;
    call.dry_run(request.dry_run)?;

    let mut interface = find(call, &request.network_interface_id)?;
    if let Some(description) = request.description {
        interface.description = description.value;
    }
    if let Some(check) = request.source_dest_check {
        interface.source_dest_check = check.value;
    }
    if !request.groups.is_empty() {
        let subnet: Subnet =
            call.get(&interface.subnet_id)?.ok_or_else(|| SUBNET.missing(&interface.subnet_id))?;
        interface.groups = groups::of_subnet(call, &request.groups, &subnet)?;
    }
    let Timeouts { tcp_established, udp_stream, udp } = timeouts;
    interface.tcp_established_timeout = tcp_established.or(interface.tcp_established_timeout);
    interface.udp_stream_timeout = udp_stream.or(interface.udp_stream_timeout);
    interface.udp_timeout = udp.or(interface.udp_timeout);
    call.put(&interface)?;
    Ok(())
}

/// One attribute a call (`vpc-filtering.md` §7).
fn check_one(request: &ModifyNetworkInterfaceAttributeRequest) -> Result<(), Fault> {
    let given = usize::from(request.description.is_some())
        + usize::from(request.source_dest_check.is_some())
        + usize::from(!request.groups.is_empty())
        + usize::from(request.connection_tracking_specification.is_some());
    let text = match given {
        0 => "No attributes specified.",
        1 => return Ok(()),
        _ => "Fields for multiple attribute types specified: one call changes one attribute.",
    };
    Err(Fault::new("InvalidParameterCombination", text))
}

/// Tells one attribute.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeNetworkInterfaceAttributeRequest,
) -> Result<DescribeNetworkInterfaceAttributeResponse, Fault> {
    let DescribeNetworkInterfaceAttributeRequest { network_interface_id: id, attribute, dry_run } =
        request;
    call.authorize(
        "ec2:DescribeNetworkInterfaceAttribute",
        &call.ec2_arn("network-interface", &id),
    )?;
    INTERFACE.check(&id)?;
    let attribute = Asked::read(attribute.as_deref())?;
    call.dry_run(dry_run)?;

    let interface = find(call, &id)?;
    let mut answer = DescribeNetworkInterfaceAttributeResponse {
        network_interface_id: id,
        description: None,
        group_set: None,
        source_dest_check: None,
        attachment: None,
        associate_public_ip_address: None,
    };
    match attribute {
        Asked::Description => {
            answer.description = Some(Attribute { value: interface.description });
        }
        Asked::SourceDestCheck => {
            answer.source_dest_check = Some(Attribute { value: interface.source_dest_check });
        }
        Asked::Groups => answer.group_set = Some(Surroundings::of(call)?.groups(&interface)),
        Asked::Attachment => {
            answer.attachment = interface.attachment.as_ref().map(|it| attachment(call, it));
        }
        // No address here has a public one.
        Asked::AssociatePublicIpAddress => answer.associate_public_ip_address = Some(false),
    }
    Ok(answer)
}

/// The attributes that can be asked for.
#[derive(Clone, Copy)]
enum Asked {
    Description,
    Groups,
    SourceDestCheck,
    Attachment,
    AssociatePublicIpAddress,
}

impl Asked {
    fn read(name: Option<&str>) -> Result<Self, Fault> {
        match name {
            Some("description") => Ok(Self::Description),
            Some("groupSet") => Ok(Self::Groups),
            Some("sourceDestCheck") => Ok(Self::SourceDestCheck),
            Some("attachment") => Ok(Self::Attachment),
            Some("associatePublicIpAddress") => Ok(Self::AssociatePublicIpAddress),
            Some(other) => Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "Value ({other}) for parameter attribute is invalid. Valid values: description, groupSet, sourceDestCheck, attachment, associatePublicIpAddress"
                ),
            )),
            None => Err(Fault::new(
                "MissingParameter",
                "The request must contain the parameter attribute",
            )),
        }
    }
}

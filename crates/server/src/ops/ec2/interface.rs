//! Network interfaces.

mod addresses;
mod attachment;
mod attribute;
mod describe;
mod groups;
mod ipv6;
mod printed;
mod private;
#[cfg(test)]
mod tests;
mod tracking;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    CreateNetworkInterfaceRequest, CreateNetworkInterfaceResponse, DeleteNetworkInterfaceRequest,
};

use super::identifier::{INTERFACE, SUBNET};
use super::subnet::Addresses;
use super::tagging;
use super::unsupported::refuse;
use crate::call::Call;
use crate::ids;
use crate::model::{Interface, Subnet, Tags};
use addresses::Wanted;
pub(super) use attachment::{attach, detach};
pub(super) use attribute::{describe as describe_attribute, modify as modify_attribute};
pub(super) use describe::describe;
pub(super) use ipv6::{assign as assign_ipv6, unassign as unassign_ipv6};
pub(super) use printed::Surroundings;
pub(super) use private::{assign as assign_private, unassign as unassign_private};
use tracking::Timeouts;

/// Makes an interface in a subnet.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateNetworkInterfaceRequest,
) -> Result<CreateNetworkInterfaceResponse, Fault> {
    let specifications = &request.tag_specifications;
    let tags = tagging::specified(specifications, "network-interface", "InvalidParameter")?;
    call.authorize_making(&call.ec2_arn("network-interface", "*"), &tags)?;
    let action = "ec2:CreateNetworkInterface";
    call.authorize(action, &call.ec2_arn("subnet", &request.subnet_id))?;
    for group in &request.groups {
        call.authorize(action, &call.ec2_arn("security-group", group))?;
    }
    SUBNET.check(&request.subnet_id)?;
    groups::check_names(call, &request.groups)?;
    check_supported(&request)?;
    check_token(request.client_token.as_deref())?;
    let wanted = Wanted::read(
        request.private_ip_address.as_deref(),
        &request.private_ip_addresses,
        request.secondary_private_ip_address_count,
        call.config.quotas.private_addresses_per_interface,
    )?;
    let wanted_ipv6 = ipv6::Wanted::read(
        request.ipv6_addresses.iter().map(|address| address.ipv6_address.as_str()),
        request.ipv6_address_count,
        call.config.quotas.ipv6_addresses_per_interface,
    )?;
    let timeouts = Timeouts::read(request.connection_tracking_specification.as_ref())?;
    call.dry_run(request.dry_run)?;

    call.once(request.client_token.as_deref(), &request, || {
        let interface = make(call, &request, (&wanted, &wanted_ipv6), timeouts, tags)?;
        let mut printed = Surroundings::of(call)?.printed(call, &interface);
        "pending".clone_into(&mut printed.status);
        Ok(CreateNetworkInterfaceResponse {
            network_interface: printed,
            client_token: request.client_token.clone(),
        })
    })
}

fn make(
    call: &Call<'_>,
    request: &CreateNetworkInterfaceRequest,
    (wanted, wanted_ipv6): (&Wanted, &ipv6::Wanted),
    timeouts: Timeouts,
    tags: Tags,
) -> Result<Interface, Fault> {
    let subnet: Subnet =
        call.get(&request.subnet_id)?.ok_or_else(|| SUBNET.missing(&request.subnet_id))?;
    let groups = groups::of_subnet(call, &request.groups, &subnet)?;
    let quota = call.config.quotas.network_interfaces_per_region;
    if call.txn.count::<Interface>(&call.place())? >= quota {
        return Err(Fault::new(
            "NetworkInterfaceLimitExceeded",
            "The maximum number of network interfaces has been reached.",
        ));
    }
    let others: Vec<Interface> = call.list_by("subnet_id", &subnet.id)?;
    let addresses = Addresses::of(&subnet)?;
    let private_addresses = wanted.assign(&addresses, &addresses.used(&others))?;
    let ipv6_addresses = ipv6::texts(&wanted_ipv6.assign(&subnet, &others)?);
    let interface = Interface {
        id: call.new_id("eni"),
        subnet_id: subnet.id,
        vpc_id: subnet.vpc_id,
        description: request.description.clone().unwrap_or_default(),
        private_addresses,
        ipv6_addresses,
        groups,
        mac_address: unused_mac(call)?,
        source_dest_check: true,
        attachment: None,
        tcp_established_timeout: timeouts.tcp_established,
        udp_stream_timeout: timeouts.udp_stream,
        udp_timeout: timeouts.udp,
        tags,
    };
    call.put(&interface)?;
    Ok(interface)
}

/// Deletes an interface that is not attached.
pub(super) fn delete(call: &Call<'_>, request: DeleteNetworkInterfaceRequest) -> Result<(), Fault> {
    let DeleteNetworkInterfaceRequest { network_interface_id: id, dry_run } = request;
    call.authorize("ec2:DeleteNetworkInterface", &call.ec2_arn("network-interface", &id))?;
    INTERFACE.check(&id)?;
    call.dry_run(dry_run)?;

    let interface = find(call, &id)?;
    if interface.attachment.is_some() {
        return Err(in_use(&id));
    }
    call.delete::<Interface>(&id)?;
    Ok(())
}

fn find(call: &Call<'_>, id: &str) -> Result<Interface, Fault> {
    call.get(id)?.ok_or_else(|| INTERFACE.missing(id))
}

/// `vpc-filtering.md` §11.3.
fn in_use(id: &str) -> Fault {
    Fault::new("InvalidParameterValue", format!("Network interface '{id}' is currently in use."))
}

/// A MAC address that no interface of the region has.
fn unused_mac(call: &Call<'_>) -> Result<String, Fault> {
    loop {
        let mac = ids::mac();
        if !call.txn.has_by::<Interface>(&call.place(), "mac_address", &mac)? {
            return Ok(mac);
        }
    }
}

/// `vpc-filtering.md` §9.4.
fn check_token(token: Option<&str>) -> Result<(), Fault> {
    match token {
        Some(token) if token.len() > 64 || !token.is_ascii() => Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({token}) for parameter clientToken is invalid. It has at most 64 ASCII characters."
            ),
        )),
        Some(_) | None => Ok(()),
    }
}

fn check_supported(request: &CreateNetworkInterfaceRequest) -> Result<(), Fault> {
    let is_some = |count: Option<i64>| count.is_some_and(|count| count != 0);
    refuse(&[
        (
            "IsPrimaryIpv6",
            request.ipv6_addresses.iter().any(|address| address.is_primary_ipv6 == Some(true)),
        ),
        ("EnablePrimaryIpv6", request.enable_primary_ipv6 == Some(true)),
        ("Ipv4Prefix", request.ipv4_prefix.is_some()),
        ("Ipv4PrefixCount", is_some(request.ipv4_prefix_count)),
        ("Ipv6Prefix", request.ipv6_prefix.is_some()),
        ("Ipv6PrefixCount", is_some(request.ipv6_prefix_count)),
        ("InterfaceType", request.interface_type.is_some()),
        ("Operator", request.operator.is_some()),
    ])
}

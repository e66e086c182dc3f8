//! `AssignPrivateIpAddresses`, `UnassignPrivateIpAddresses`: the secondary IPv4 addresses of an interface
//! (`vpc-filtering.md` §7, §11.3).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AssignPrivateIpAddressesRequest, AssignPrivateIpAddressesResponse, AssignedPrivateIpAddress,
    UnassignPrivateIpAddressesRequest,
};

use super::super::identifier::{INTERFACE, SUBNET};
use super::super::subnet::Addresses;
use super::super::unsupported::refuse;
use super::addresses::{check_limit, parse, parse_count};
use super::find;
use crate::call::Call;
use crate::model::{Interface, PrivateAddress, Subnet};

/// Gives an interface further addresses.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn assign(
    call: &Call<'_>,
    request: AssignPrivateIpAddressesRequest,
) -> Result<AssignPrivateIpAddressesResponse, Fault> {
    let id = &request.network_interface_id;
    call.authorize("ec2:AssignPrivateIpAddresses", &call.ec2_arn("network-interface", id))?;
    INTERFACE.check(id)?;
    refuse(&[
        ("Ipv4Prefix", request.ipv4_prefix.is_some()),
        ("Ipv4PrefixCount", request.ipv4_prefix_count.is_some_and(|count| count != 0)),
    ])?;
    let given = distinct(&request.private_ip_addresses)?;
    let more = parse_count(request.secondary_private_ip_address_count)?;
    match (given.is_empty(), more) {
        (true, None) => return Err(missing()),
        (false, Some(_)) => {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "SecondaryPrivateIpAddressCount cannot be used together with PrivateIpAddresses.",
            ));
        }
        (true, Some(_)) | (false, None) => {}
    }

    let mut interface = find(call, id)?;
    let more = more.unwrap_or(0);
    let number = interface.private_addresses.len().saturating_add(given.len()).saturating_add(more);
    check_limit(number, call.config.quotas.private_addresses_per_interface)?;
    let subnet: Subnet =
        call.get(&interface.subnet_id)?.ok_or_else(|| SUBNET.missing(&interface.subnet_id))?;
    let addresses = Addresses::of(&subnet)?;
    let interfaces: Vec<Interface> = call.list_by("subnet_id", &subnet.id)?;
    for address in &given {
        addresses.check(*address)?;
        let owner = interfaces.iter().find(|it| has(it, *address));
        if let Some(owner) = owner {
            let may_move = request.allow_reassignment == Some(true);
            take(call, owner, *address, may_move && owner.id != interface.id)?;
        }
    }
    let mut taken = addresses.used(&interfaces);
    let mut assigned = given;
    for _ in 0..more {
        let free = addresses.lowest_free(&taken).ok_or_else(super::addresses::exhausted)?;
        taken.insert(free);
        assigned.push(free);
    }
    let texts: Vec<String> = assigned.iter().map(ToString::to_string).collect();
    interface
        .private_addresses
        .extend(texts.iter().map(|address| PrivateAddress { address: address.clone() }));
    call.put(&interface)?;
    let assigned_private_ip_addresses_set =
        texts.into_iter().map(|private_ip_address| AssignedPrivateIpAddress { private_ip_address });
    Ok(AssignPrivateIpAddressesResponse {
        network_interface_id: interface.id,
        assigned_private_ip_addresses_set: assigned_private_ip_addresses_set.collect(),
    })
}

/// Takes an address from the interface that has it, if that may be: a primary one stays.
fn take(
    call: &Call<'_>,
    owner: &Interface,
    address: Ipv4Addr,
    may_move: bool,
) -> Result<(), Fault> {
    let is_primary = owner.private_addresses.first().is_some_and(|it| is(it, address));
    if !may_move || is_primary {
        let text = format!("Address {address} is in use.");
        return Err(Fault::new("InvalidIPAddress.InUse", text));
    }
    // As it is now: it may have lost another one in this call.
    let mut owner = find(call, &owner.id)?;
    owner.private_addresses.retain(|it| !is(it, address));
    call.put(&owner)?;
    Ok(())
}

/// Takes secondary addresses of an interface away.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn unassign(
    call: &Call<'_>,
    request: UnassignPrivateIpAddressesRequest,
) -> Result<(), Fault> {
    let id = &request.network_interface_id;
    call.authorize("ec2:UnassignPrivateIpAddresses", &call.ec2_arn("network-interface", id))?;
    INTERFACE.check(id)?;
    refuse(&[("Ipv4Prefix", request.ipv4_prefix.is_some())])?;
    let gone = distinct(&request.private_ip_addresses)?;
    if gone.is_empty() {
        return Err(missing());
    }

    let mut interface = find(call, id)?;
    if gone.iter().any(|address| !has(&interface, *address)) {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "Some of the specified private IP addresses are not assigned to the network interface '{id}'"
            ),
        ));
    }
    if let Some(primary) = interface.private_addresses.first()
        && gone.iter().any(|address| is(primary, *address))
    {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!("The primary private IP address {} cannot be unassigned.", primary.address),
        ));
    }
    interface.private_addresses.retain(|it| !gone.iter().any(|address| is(it, *address)));
    call.put(&interface)?;
    Ok(())
}

fn has(interface: &Interface, address: Ipv4Addr) -> bool {
    interface.private_addresses.iter().any(|it| is(it, address))
}

fn is(stored: &PrivateAddress, address: Ipv4Addr) -> bool {
    stored.address.parse() == Ok(address)
}

/// Reads addresses of which none comes twice.
fn distinct(texts: &[String]) -> Result<Vec<Ipv4Addr>, Fault> {
    let mut seen = BTreeSet::new();
    let mut addresses = Vec::new();
    for text in texts {
        let address = parse("privateIpAddresses", text)?;
        if !seen.insert(address) {
            let text = format!("Address {address} is specified twice.");
            return Err(Fault::new("InvalidParameterValue", text));
        }
        addresses.push(address);
    }
    Ok(addresses)
}

fn missing() -> Fault {
    Fault::new("MissingParameter", "The request must contain the parameter privateIpAddresses")
}

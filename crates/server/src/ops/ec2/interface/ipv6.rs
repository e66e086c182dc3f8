//! The IPv6 addresses of interfaces: those of a new one, `AssignIpv6Addresses`, `UnassignIpv6Addresses`.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AssignIpv6AddressesRequest, AssignIpv6AddressesResponse, UnassignIpv6AddressesRequest,
    UnassignIpv6AddressesResponse,
};

use super::super::identifier::{INTERFACE, SUBNET};
use super::super::subnet::Ipv6Addresses;
use super::super::unsupported::refuse;
use super::find;
use crate::call::Call;
use crate::model::{Interface, Subnet};

/// Addresses as a request asks for them.
#[derive(Debug)]
pub(super) enum Wanted {
    /// What the subnet says.
    Unsaid,
    /// How many are to be chosen.
    Count(usize),
    /// Just these.
    Given(Vec<Ipv6Addr>),
}

impl Wanted {
    /// Reads the two parameters. At most `limit` addresses.
    pub(super) fn read<'a>(
        given: impl IntoIterator<Item = &'a str>,
        count: Option<i64>,
        limit: usize,
    ) -> Result<Self, Fault> {
        let mut addresses = Vec::new();
        let mut seen = BTreeSet::new();
        for text in given {
            let address = parse(text)?;
            if !seen.insert(address) {
                let text = format!("Address {address} is specified twice.");
                return Err(Fault::new("InvalidParameterValue", text));
            }
            addresses.push(address);
        }
        let wanted = match (addresses.is_empty(), count) {
            (true, None) => Self::Unsaid,
            (false, None) => Self::Given(addresses),
            (false, Some(_)) => {
                return Err(Fault::new(
                    "InvalidParameterCombination",
                    "Ipv6AddressCount cannot be used together with Ipv6Addresses.",
                ));
            }
            (true, Some(count)) => Self::Count(usize::try_from(count).map_err(|_| {
                Fault::new(
                    "InvalidParameterValue",
                    format!(
                        "Value ({count}) for parameter ipv6AddressCount is invalid. Expecting 0 or more."
                    ),
                )
            })?),
        };
        check_limit(wanted.number(), limit)?;
        Ok(wanted)
    }

    /// Returns the addresses that an interface gets in a subnet, next to those that others have there.
    /// What is not given is chosen: the lowest free ones.
    pub(super) fn assign(
        &self,
        subnet: &Subnet,
        others: &[Interface],
    ) -> Result<Vec<Ipv6Addr>, Fault> {
        let number = match self {
            Self::Unsaid => usize::from(subnet.assign_ipv6_on_creation),
            Self::Count(_) | Self::Given(_) => self.number(),
        };
        if number == 0 {
            return Ok(Vec::new());
        }
        let addresses = Ipv6Addresses::of(subnet)?.ok_or_else(|| {
            let text =
                format!("The subnet {} has no IPv6 CIDR block associated with it.", subnet.id);
            Fault::new("InvalidParameterValue", text)
        })?;
        let mut taken = addresses.used(others);
        if let Self::Given(given) = self {
            for address in given {
                addresses.check(*address)?;
                if taken.contains(address) {
                    let text = format!("Address {address} is in use.");
                    return Err(Fault::new("InvalidIPAddress.InUse", text));
                }
            }
            return Ok(given.clone());
        }
        let mut chosen = Vec::new();
        for _ in 0..number {
            let free = addresses.lowest_free(&taken).ok_or_else(super::addresses::exhausted)?;
            taken.insert(free);
            chosen.push(free);
        }
        Ok(chosen)
    }

    const fn number(&self) -> usize {
        match self {
            Self::Unsaid => 0,
            Self::Count(count) => *count,
            Self::Given(given) => given.len(),
        }
    }
}

/// Gives an interface further addresses.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn assign(
    call: &Call<'_>,
    request: AssignIpv6AddressesRequest,
) -> Result<AssignIpv6AddressesResponse, Fault> {
    let id = &request.network_interface_id;
    call.authorize("ec2:AssignIpv6Addresses", &call.ec2_arn("network-interface", id))?;
    INTERFACE.check(id)?;
    refuse(&[
        ("Ipv6Prefix", request.ipv6_prefix.is_some()),
        ("Ipv6PrefixCount", request.ipv6_prefix_count.is_some_and(|count| count != 0)),
    ])?;
    let limit = call.config.quotas.ipv6_addresses_per_interface;
    let given = request.ipv6_addresses.iter().map(String::as_str);
    let wanted = Wanted::read(given, request.ipv6_address_count, limit)?;
    if matches!(wanted, Wanted::Unsaid) {
        return Err(missing());
    }

    let mut interface = find(call, id)?;
    check_limit(interface.ipv6_addresses.len().saturating_add(wanted.number()), limit)?;
    let subnet: Subnet =
        call.get(&interface.subnet_id)?.ok_or_else(|| SUBNET.missing(&interface.subnet_id))?;
    let assigned = texts(&wanted.assign(&subnet, &call.list_by("subnet_id", &subnet.id)?)?);
    interface.ipv6_addresses.extend(assigned.iter().cloned());
    call.put(&interface)?;
    Ok(AssignIpv6AddressesResponse {
        network_interface_id: interface.id,
        assigned_ipv6_addresses: assigned,
    })
}

/// Takes addresses of an interface away.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn unassign(
    call: &Call<'_>,
    request: UnassignIpv6AddressesRequest,
) -> Result<UnassignIpv6AddressesResponse, Fault> {
    let id = &request.network_interface_id;
    call.authorize("ec2:UnassignIpv6Addresses", &call.ec2_arn("network-interface", id))?;
    INTERFACE.check(id)?;
    refuse(&[("Ipv6Prefix", request.ipv6_prefix.is_some())])?;
    let given = request.ipv6_addresses.iter().map(|text| parse(text));
    let gone = texts(&given.collect::<Result<Vec<_>, _>>()?);
    if gone.is_empty() {
        return Err(missing());
    }

    let mut interface = find(call, id)?;
    if gone.iter().any(|address| !interface.ipv6_addresses.contains(address)) {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "Some of the specified IPv6 addresses are not assigned to the network interface '{id}'"
            ),
        ));
    }
    interface.ipv6_addresses.retain(|address| !gone.contains(address));
    call.put(&interface)?;
    Ok(UnassignIpv6AddressesResponse {
        network_interface_id: interface.id,
        unassigned_ipv6_addresses: gone,
    })
}

/// Addresses as they are stored and printed (RFC 5952).
pub(super) fn texts(addresses: &[Ipv6Addr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

fn check_limit(number: usize, limit: usize) -> Result<(), Fault> {
    if number > limit {
        return Err(Fault::new(
            "PrivateIpAddressLimitExceeded",
            format!("A network interface has at most {limit} IPv6 addresses."),
        ));
    }
    Ok(())
}

fn missing() -> Fault {
    Fault::new("MissingParameter", "The request must contain the parameter ipv6Addresses")
}

fn parse(text: &str) -> Result<Ipv6Addr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({text}) for parameter ipv6Addresses is invalid. This is not a valid IPv6 address."
            ),
        )
    })
}

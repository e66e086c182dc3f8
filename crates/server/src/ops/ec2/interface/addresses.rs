//! The IPv4 addresses that a new interface is to have (`vpc-filtering.md` §7, §11.3).

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::PrivateIpAddressParameter;

use super::super::subnet::Addresses;
use crate::model::PrivateAddress;

/// Addresses as a request asks for them: given ones, and how many are to be chosen.
#[derive(Debug)]
pub(super) struct Wanted {
    primary: Option<Ipv4Addr>,
    secondary: Vec<Ipv4Addr>,
    /// How many more secondary ones.
    more: usize,
}

impl Wanted {
    /// Reads the three parameters. At most `limit` addresses, the primary one among them.
    pub(super) fn read(
        primary: Option<&str>,
        listed: &[PrivateIpAddressParameter],
        more: Option<i64>,
        limit: usize,
    ) -> Result<Self, Fault> {
        let mut primary = primary.map(|text| parse("privateIpAddress", text)).transpose()?;
        let mut secondary = Vec::new();
        let mut taken: BTreeSet<Ipv4Addr> = primary.into_iter().collect();
        for listed in listed {
            let address = parse("privateIpAddresses", &listed.private_ip_address)?;
            let is_primary = listed.primary == Some(true);
            if is_primary && primary.is_some() {
                return Err(Fault::new(
                    "InvalidParameterCombination",
                    "Only one primary private IP address can be specified.",
                ));
            }
            if !taken.insert(address) {
                return Err(Fault::new(
                    "InvalidParameterValue",
                    format!("Address {address} is specified twice."),
                ));
            }
            if is_primary {
                primary = Some(address);
            } else {
                secondary.push(address);
            }
        }
        if more.is_some() && !secondary.is_empty() {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "SecondaryPrivateIpAddressCount cannot be used together with secondary private IP addresses.",
            ));
        }
        let more = parse_count(more)?.unwrap_or(0);
        check_limit(more.saturating_add(secondary.len()).saturating_add(1), limit)?;
        Ok(Self { primary, secondary, more })
    }

    /// Chooses what was not given: the lowest free addresses. The first is the primary one.
    pub(super) fn assign(
        &self,
        addresses: &Addresses,
        used: &BTreeSet<Ipv4Addr>,
    ) -> Result<Vec<PrivateAddress>, Fault> {
        for address in self.primary.iter().chain(&self.secondary) {
            addresses.check(*address)?;
            if used.contains(address) {
                return Err(Fault::new(
                    "InvalidIPAddress.InUse",
                    format!("Address {address} is in use."),
                ));
            }
        }
        let mut taken = used.clone();
        taken.extend(self.primary.iter().chain(&self.secondary));
        let mut choose = || {
            let free = addresses.lowest_free(&taken).ok_or_else(exhausted)?;
            taken.insert(free);
            Ok::<_, Fault>(free)
        };
        let mut assigned = vec![self.primary.map_or_else(&mut choose, Ok)?];
        assigned.extend(&self.secondary);
        for _ in 0..self.more {
            assigned.push(choose()?);
        }
        Ok(assigned
            .into_iter()
            .map(|address| PrivateAddress { address: address.to_string() })
            .collect())
    }
}

/// Reads `SecondaryPrivateIpAddressCount`.
pub(super) fn parse_count(count: Option<i64>) -> Result<Option<usize>, Fault> {
    let Some(count) = count else { return Ok(None) };
    usize::try_from(count).map(Some).map_err(|_| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({count}) for parameter secondaryPrivateIpAddressCount is invalid. Expecting 0 or more."
            ),
        )
    })
}

/// Refuses more addresses than an interface may have, the primary one among them.
pub(super) fn check_limit(number: usize, limit: usize) -> Result<(), Fault> {
    if number > limit {
        return Err(Fault::new(
            "PrivateIpAddressLimitExceeded",
            format!("A network interface has at most {limit} private IP addresses."),
        ));
    }
    Ok(())
}

/// A subnet has no address left.
pub(super) fn exhausted() -> Fault {
    Fault::new(
        "InsufficientFreeAddressesInSubnet",
        "The specified subnet does not have enough free addresses to satisfy the request.",
    )
}

pub(super) fn parse(parameter: &str, text: &str) -> Result<Ipv4Addr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({text}) for parameter {parameter} is invalid. This is not a valid IPv4 address."
            ),
        )
    })
}

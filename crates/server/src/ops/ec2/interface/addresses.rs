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
        let more = match more {
            None => 0,
            Some(_) if !secondary.is_empty() => {
                return Err(Fault::new(
                    "InvalidParameterCombination",
                    "SecondaryPrivateIpAddressCount cannot be used together with secondary private IP addresses.",
                ));
            }
            Some(more) => usize::try_from(more).map_err(|_| {
                Fault::new(
                    "InvalidParameterValue",
                    format!(
                        "Value ({more}) for parameter secondaryPrivateIpAddressCount is invalid. Expecting 0 or more."
                    ),
                )
            })?,
        };
        if more.saturating_add(secondary.len()) >= limit {
            return Err(Fault::new(
                "PrivateIpAddressLimitExceeded",
                format!("A network interface has at most {limit} private IP addresses."),
            ));
        }
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
            let free = addresses.lowest_free(&taken).ok_or_else(|| {
                Fault::new(
                    "InsufficientFreeAddressesInSubnet",
                    "The specified subnet does not have enough free addresses to satisfy the request.",
                )
            })?;
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

fn parse(parameter: &str, text: &str) -> Result<Ipv4Addr, Fault> {
    text.parse().map_err(|_| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({text}) for parameter {parameter} is invalid. This is not a valid IPv4 address."
            ),
        )
    })
}

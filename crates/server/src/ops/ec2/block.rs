//! Blocks of VPCs and subnets.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use flowlogd_aws::Fault;
use flowlogd_vpc::{Cidr, InvalidCidr};

use crate::call::internal;

/// Reads the parameter `CidrBlock`; host bits are cleared (`vpc-filtering.md` §6.1).
pub(super) fn read(text: &str) -> Result<Cidr, Fault> {
    read_as("cidrBlock", text, IpAddr::is_ipv4)
}

/// Reads the parameter `Ipv6CidrBlock`; host bits are cleared.
pub(super) fn read_ipv6(text: &str) -> Result<Cidr, Fault> {
    read_as("ipv6CidrBlock", text, IpAddr::is_ipv6)
}

/// Reads a block that is stored.
pub(super) fn stored(text: &str) -> Result<Cidr, Fault> {
    text.parse().map_err(|error: InvalidCidr| internal(&error))
}

/// Whether two blocks have addresses in common.
pub(super) fn overlap(a: Cidr, b: Cidr) -> bool {
    a.covers(b) || b.covers(a)
}

/// The first and the last address of an IPv4 block, as numbers.
pub(super) fn bounds(cidr: Cidr) -> RangeInclusive<u32> {
    match cidr.address() {
        IpAddr::V4(base) => {
            let hosts = u32::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            base.to_bits()..=base.to_bits() | hosts
        }
        // `read` lets only IPv4 in.
        IpAddr::V6(_) => 0..=0,
    }
}

/// The first and the last address of an IPv6 block, as numbers.
pub(super) fn ipv6_bounds(cidr: Cidr) -> RangeInclusive<u128> {
    match cidr.address() {
        IpAddr::V6(base) => {
            let hosts = u128::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            base.to_bits()..=base.to_bits() | hosts
        }
        // `read_ipv6` lets only IPv6 in.
        IpAddr::V4(_) => 0..=0,
    }
}

/// Reads a parameter; host bits are cleared.
pub(super) fn read_as(
    parameter: &str,
    text: &str,
    is_of_family: fn(&IpAddr) -> bool,
) -> Result<Cidr, Fault> {
    text.parse::<Cidr>().ok().filter(|cidr| is_of_family(&cidr.address())).ok_or_else(|| {
        Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
            ),
        )
    })
}

//! Address blocks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An IPv4 or IPv6 block in canonical form (host bits are zero).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    // Invariant: host bits zero, prefix length at most the family's. `new` is the only constructor.
    address: IpAddr,
    prefix_len: u8,
}

/// A text that is not an address block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("CIDR block {0} is malformed")]
pub struct InvalidCidr(pub String);

impl Cidr {
    /// Returns the block of `prefix_len` bits around `address`, if the family has that many.
    ///
    /// Host bits are cleared, as AWS does with `100.68.0.18/18` (vpc-filtering.md §2.3).
    pub fn new(address: IpAddr, prefix_len: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(v4) if prefix_len <= 32 => {
                Ipv4Addr::from(v4.to_bits() & mask32(prefix_len)).into()
            }
            IpAddr::V6(v6) if prefix_len <= 128 => {
                Ipv6Addr::from(v6.to_bits() & mask128(prefix_len)).into()
            }
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        Some(Self { address, prefix_len })
    }

    /// Returns the block that holds `address` alone.
    pub fn host(address: IpAddr) -> Self {
        Self { address, prefix_len: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// Returns the lowest address.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// Returns the number of leading bits that all its addresses share.
    pub const fn prefix_len(self) -> u8 {
        self.prefix_len
    }

    /// Returns whether `address` is of this family and inside.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(base), IpAddr::V4(v4)) => {
                v4.to_bits() & mask32(self.prefix_len) == base.to_bits()
            }
            (IpAddr::V6(base), IpAddr::V6(v6)) => {
                v6.to_bits() & mask128(self.prefix_len) == base.to_bits()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Returns the address `n` after the lowest, if it is inside.
    pub fn nth(self, n: u32) -> Option<IpAddr> {
        let address = match self.address {
            IpAddr::V4(base) => Ipv4Addr::from(base.to_bits().checked_add(n)?).into(),
            IpAddr::V6(base) => Ipv6Addr::from(base.to_bits().checked_add(u128::from(n))?).into(),
        };
        self.contains(address).then_some(address)
    }

    /// Returns whether every address of `other` is in this block.
    pub fn covers(self, other: Self) -> bool {
        self.prefix_len <= other.prefix_len && self.contains(other.address)
    }
}

/// The mask of the leading `len` bits.
pub(crate) const fn mask32(len: u8) -> u32 {
    if len == 0 { 0 } else { u32::MAX << (32 - len as u32) }
}

/// The mask of the leading `len` bits.
pub(crate) const fn mask128(len: u8) -> u128 {
    if len == 0 { 0 } else { u128::MAX << (128 - len as u32) }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidCidr(text.to_owned());
        let (address, len) = text.split_once('/').ok_or_else(invalid)?;
        // `u8::from_str` takes a sign, a block does not.
        if !len.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        Self::new(address.parse().map_err(|_| invalid())?, len.parse().map_err(|_| invalid())?)
            .ok_or_else(invalid)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_len)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_cleared() {
        let cidr: Cidr = "100.68.0.18/18".parse().unwrap();

        assert_eq!(cidr.to_string(), "100.68.0.0/18");
        assert!(cidr.contains("100.68.63.255".parse().unwrap()));
        assert!(!cidr.contains("100.68.64.0".parse().unwrap()));
    }

    #[test]
    fn what_is_not_a_block_is_refused_by_its_own_text() {
        for text in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.1000/24",
            "::/129",
            "10.0.0.0/+8",
            "/8",
            "10.0.0.0/",
        ] {
            assert_eq!(text.parse::<Cidr>(), Err(InvalidCidr(text.to_owned())));
        }
    }

    #[test]
    fn a_block_covers_itself_and_narrower_ones_inside() {
        let block: Cidr = "10.0.0.0/16".parse().unwrap();
        let covers = |other: &str| block.covers(other.parse().unwrap());

        assert!(covers("10.0.0.0/16") && covers("10.0.255.255/32"));
        assert!(!covers("10.0.0.0/15") && !covers("10.1.0.0/24") && !covers("::/128"));
    }

    #[test]
    fn a_block_of_one_family_holds_no_address_of_the_other() {
        assert!(!"::/0".parse::<Cidr>().unwrap().contains("10.0.0.1".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Cidr>().unwrap().contains("::1".parse().unwrap()));
    }
}

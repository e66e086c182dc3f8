//! IPv4 blocks as subnets and VPCs have them.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// The shortest and the longest prefix of subnets and VPCs (`vpc-filtering.md` §6).
const PREFIXES: (u8, u8) = (16, 28);

/// A block: 10.0.1.0/24.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block {
    base: u32,
    prefix: u8,
}

impl Block {
    /// Returns the block of a size around an address.
    pub fn around(address: Ipv4Addr, prefix: u8) -> Self {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
        Self { base: address.to_bits() & mask, prefix: prefix.min(32) }
    }

    /// Returns the blocks that a subnet around an address could have, the best first: as near as may be to the network that
    /// the address is in, then ever smaller ones.
    pub fn subnets(address: Ipv4Addr, prefix: u8) -> impl Iterator<Item = Self> {
        let first = prefix.clamp(PREFIXES.0, PREFIXES.1);
        (first..=PREFIXES.1).map(move |prefix| Self::around(address, prefix))
    }

    /// Returns the largest VPC around it.
    #[must_use]
    pub fn vpc(self) -> Self {
        Self::around(Ipv4Addr::from_bits(self.base), PREFIXES.0)
    }

    /// Returns whether an address is in it.
    pub fn has(self, address: Ipv4Addr) -> bool {
        Self::around(address, self.prefix) == self
    }

    /// Returns whether all of another is in it.
    pub fn contains(self, other: Self) -> bool {
        other.prefix >= self.prefix && self.has(Ipv4Addr::from_bits(other.base))
    }

    /// Returns whether they have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(base, prefix)| {
            Some(Self::around(
                base.parse().ok()?,
                prefix.parse().ok().filter(|prefix| *prefix <= 32)?,
            ))
        });
        parsed.ok_or_else(|| format!("'{text}' is no IPv4 block, such as 10.0.1.0/24"))
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from_bits(self.base), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        text.parse().unwrap()
    }

    #[test]
    fn subnets_are_of_the_sizes_that_there_are() {
        let first = |address: &str, prefix| {
            Block::subnets(address.parse().unwrap(), prefix).next().unwrap().to_string()
        };
        assert_eq!(first("10.0.1.17", 24), "10.0.1.0/24");
        assert_eq!(first("10.0.1.17", 8), "10.0.0.0/16");
        assert_eq!(first("10.0.1.17", 32), "10.0.1.16/28");
        assert_eq!(Block::subnets("10.0.1.17".parse().unwrap(), 24).count(), 5);
        assert_eq!(block("10.7.3.0/24").vpc(), block("10.7.0.0/16"));
    }

    #[test]
    fn blocks_contain_and_overlap() {
        let large = block("10.0.0.0/16");
        assert!(large.contains(block("10.0.255.0/28")) && !block("10.0.255.0/28").contains(large));
        assert!(large.overlaps(block("10.0.3.0/24")) && block("10.0.3.0/24").overlaps(large));
        assert!(
            !large.overlaps(block("10.1.0.0/16")) && block("0.0.0.0/0").has([1, 2, 3, 4].into())
        );
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Block>().is_err(), "{text}");
        }
    }
}

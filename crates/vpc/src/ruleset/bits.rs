//! Addresses as numbers, and one value per direction.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::BitAnd;

use flowlogd_packet::protocol;

use crate::network::{mask32, mask128};
use crate::{Cidr, Direction};

/// An address of one family; whatever is compiled is compiled per family, so that IPv4 stays small.
pub(crate) trait AddressBits:
    Copy + Debug + Eq + Ord + Hash + BitAnd<Output = Self> + 'static
{
    /// The ICMP that does not exist in this family: a rule for it matches nothing here
    /// (vpc-filtering.md §2.3).
    const FOREIGN_ICMP: u8;

    /// Returns the bits of an address of this family.
    fn from_ip(address: IpAddr) -> Option<Self>;

    /// Returns the address that has these bits.
    fn to_ip(self) -> IpAddr;

    /// Returns the mask of the leading `len` bits.
    fn mask(len: u8) -> Self;

    /// Returns how many bits a mask has.
    fn len_of(mask: Self) -> u8;

    /// The lowest address.
    const ZERO: Self;

    /// Returns a number whose low bits depend on all of the address.
    fn mixed(self) -> usize;

    /// Returns the number of a network around the address; networks may share one.
    fn network(self) -> u16;

    /// Hashes two addresses in as few words as they fit.
    fn hash_pair<H: Hasher>(one: Self, other: Self, state: &mut H);
}

impl AddressBits for u32 {
    const FOREIGN_ICMP: u8 = protocol::ICMPV6;

    fn from_ip(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(v4) => Some(v4.to_bits()),
            IpAddr::V6(_) => None,
        }
    }

    fn to_ip(self) -> IpAddr {
        Ipv4Addr::from_bits(self).into()
    }

    fn mask(len: u8) -> Self {
        mask32(len)
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most 32")]
    fn len_of(mask: Self) -> u8 {
        mask.leading_ones() as u8
    }

    const ZERO: Self = 0;

    #[inline]
    fn mixed(self) -> usize {
        // Addresses of an inventory are no attacker's to choose.
        (u64::from(self).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }

    #[inline]
    fn network(self) -> u16 {
        (self >> 16) as u16
    }

    #[inline]
    fn hash_pair<H: Hasher>(one: Self, other: Self, state: &mut H) {
        state.write_u64(u64::from(one) << 32 | u64::from(other));
    }
}

impl AddressBits for u128 {
    const FOREIGN_ICMP: u8 = protocol::ICMP;

    fn from_ip(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(v6.to_bits()),
        }
    }

    fn to_ip(self) -> IpAddr {
        Ipv6Addr::from_bits(self).into()
    }

    fn mask(len: u8) -> Self {
        mask128(len)
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most 128")]
    fn len_of(mask: Self) -> u8 {
        mask.leading_ones() as u8
    }

    const ZERO: Self = 0;

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are mixed in")]
    fn mixed(self) -> usize {
        let folded = (self >> 64) as u64 ^ (self as u64).rotate_left(32);
        (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
    }

    #[inline]
    fn network(self) -> u16 {
        (((self >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u16
    }

    #[inline]
    fn hash_pair<H: Hasher>(one: Self, other: Self, state: &mut H) {
        state.write_u128(one);
        state.write_u128(other);
    }
}

/// A [`Cidr`] of one family, ready to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block<A> {
    base: A,
    mask: A,
}

impl<A: AddressBits> Block<A> {
    /// Returns `cidr` if it is of this family.
    pub(crate) fn new(cidr: Cidr) -> Option<Self> {
        let base = A::from_ip(cidr.address())?;
        Some(Self { base, mask: A::mask(cidr.prefix_len()) })
    }

    /// Returns the addresses that are `base` under `mask`.
    pub(crate) fn masked(base: A, mask: A) -> Self {
        Self { base, mask }
    }

    pub(crate) fn contains(&self, address: A) -> bool {
        address & self.mask == self.base
    }

    /// Returns whether every address of `other` is in this block.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        A::len_of(self.mask) <= A::len_of(other.mask) && self.contains(other.base)
    }

    /// Returns the lowest address and the number of leading bits that all share.
    pub(crate) fn parts(&self) -> (A, u8) {
        (self.base, A::len_of(self.mask))
    }
}

/// A set of addresses: mostly single ones, a few blocks.
#[derive(Debug)]
pub(crate) struct AddressSet<A> {
    // Invariant: sorted.
    hosts: Box<[A]>,
    blocks: Box<[Block<A>]>,
}

impl<A: AddressBits> AddressSet<A> {
    /// Collects those of `cidrs` that are of this family.
    pub(crate) fn new(cidrs: &[Cidr]) -> Self {
        let (hosts, blocks): (Vec<Cidr>, Vec<Cidr>) =
            cidrs.iter().partition(|cidr| **cidr == Cidr::host(cidr.address()));
        let mut hosts: Vec<A> =
            hosts.iter().filter_map(|host| A::from_ip(host.address())).collect();
        hosts.sort_unstable();
        Self { hosts: hosts.into(), blocks: blocks.into_iter().filter_map(Block::new).collect() }
    }

    pub(crate) fn contains(&self, address: A) -> bool {
        self.hosts.binary_search(&address).is_ok()
            || self.blocks.iter().any(|block| block.contains(address))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.blocks.is_empty()
    }
}

/// One value for each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PerDirection<T> {
    pub(crate) ingress: T,
    pub(crate) egress: T,
}

impl<T> PerDirection<T> {
    /// Makes both values.
    pub(crate) fn from_fn(mut make: impl FnMut(Direction) -> T) -> Self {
        Self { ingress: make(Direction::Ingress), egress: make(Direction::Egress) }
    }

    pub(crate) fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    pub(crate) fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }
}

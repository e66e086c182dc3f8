//! Which interface an address is of.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use flowlogd_packet::{Addresses, MacAddress};

use super::bits::AddressBits;
use super::hosts::HostTable;
use crate::{Cidr, Interface, InterfaceIndex};

/// A set of interfaces, usually of one.
///
/// Overlapping VPCs may have several interfaces with one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceSet(u32);

/// Marks the number of a list in the [`Sets`], as against an interface's own number plus one.
const SEVERAL: u32 = 1 << 31;

impl InterfaceSet {
    /// The set of none.
    pub const EMPTY: Self = Self(0);

    /// Returns whether no interface is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the set of one interface.
    pub(crate) const fn of(interface: InterfaceIndex) -> Self {
        // Interface numbers fit 30 bits.
        Self(interface.0 + 1)
    }

    /// Returns the one interface of a set of one.
    pub const fn single(self) -> Option<InterfaceIndex> {
        if self.0 == 0 || self.0 & SEVERAL != 0 { None } else { Some(InterfaceIndex(self.0 - 1)) }
    }
}

/// The members of all sets that occur.
#[derive(Debug, Default)]
pub(crate) struct Sets {
    // Every interface number at its own place, so that a set of one is a slice too.
    singles: Vec<InterfaceIndex>,
    several: Vec<Box<[InterfaceIndex]>>,
}

impl Sets {
    /// Returns the members of a set, in ascending order.
    pub(crate) fn members(&self, set: InterfaceSet) -> &[InterfaceIndex] {
        match set.single() {
            Some(InterfaceIndex(number)) => {
                let number = number as usize;
                self.singles.get(number..=number).unwrap_or(&[])
            }
            None if set.is_empty() => &[],
            None => {
                let list = (set.0 & !SEVERAL) as usize;
                self.several.get(list).map_or(&[], |members| members)
            }
        }
    }

    fn number(&mut self, mut members: Vec<InterfaceIndex>) -> InterfaceSet {
        members.sort_unstable();
        members.dedup();
        if let Some(InterfaceIndex(highest)) = members.last().copied() {
            let from = u32::try_from(self.singles.len()).unwrap_or(u32::MAX);
            self.singles.extend((from..=highest).map(InterfaceIndex));
        }
        match members.as_slice() {
            [] => InterfaceSet::EMPTY,
            [single] => InterfaceSet::of(*single),
            _ => {
                // Few sets have several members, so they are compared one by one.
                let list =
                    self.several.iter().position(|known| **known == *members).unwrap_or_else(
                        || {
                            self.several.push(members.into());
                            self.several.len() - 1
                        },
                    );
                InterfaceSet(SEVERAL | u32::try_from(list).unwrap_or(u32::MAX))
            }
        }
    }
}

/// Owner of every address and hardware address.
#[derive(Debug)]
pub(crate) struct Ownership {
    v4: Owners<u32>,
    v6: Owners<u128>,
    macs: HashMap<MacAddress, InterfaceSet, FxBuildHasher>,
    sets: Sets,
}

impl Ownership {
    /// Compiles who owns what.
    pub(crate) fn new<'a>(
        interfaces: impl Iterator<Item = (InterfaceIndex, &'a Interface)>,
    ) -> Self {
        let mut cidrs = Vec::new();
        let mut macs: HashMap<MacAddress, Vec<InterfaceIndex>> = HashMap::new();
        let mut all = Vec::new();
        for (index, interface) in interfaces {
            cidrs.extend(own_addresses(interface).into_iter().map(|cidr| (cidr, index)));
            if let Some(mac) = interface.mac {
                macs.entry(mac).or_default().push(index);
            }
            all.push(index);
        }
        let mut sets = Sets::default();
        for index in all {
            // Every interface has its place, even one without any address.
            sets.number(vec![index]);
        }
        Self {
            v4: Owners::new(&cidrs, &mut sets),
            v6: Owners::new(&cidrs, &mut sets),
            macs: macs.into_iter().map(|(mac, owners)| (mac, sets.number(owners))).collect(),
            sets,
        }
    }

    /// Returns the owners of the source and of the destination.
    #[inline]
    pub(crate) fn of_addresses(&self, addresses: &Addresses) -> (InterfaceSet, InterfaceSet) {
        match addresses {
            Addresses::V4 { src, dst } => {
                (self.v4.owner(src.to_bits()), self.v4.owner(dst.to_bits()))
            }
            Addresses::V6 { src, dst } => {
                (self.v6.owner(src.to_bits()), self.v6.owner(dst.to_bits()))
            }
        }
    }

    /// Returns the interfaces with this hardware address.
    pub(crate) fn of_mac(&self, mac: Option<MacAddress>) -> InterfaceSet {
        if self.macs.is_empty() {
            return InterfaceSet::EMPTY;
        }
        mac.and_then(|mac| self.macs.get(&mac)).copied().unwrap_or(InterfaceSet::EMPTY)
    }

    pub(crate) fn members(&self, set: InterfaceSet) -> &[InterfaceIndex] {
        self.sets.members(set)
    }
}

#[derive(Debug)]
struct Owners<A> {
    // Invariant: the owners of the blocks around an address or block are its owners too.
    hosts: HostTable<A>,
    // Delegated prefixes by length, the longest first.
    blocks: Box<[(A, SetsByBase<A>)]>,
}

type SetsByBase<A> = HashMap<A, InterfaceSet, FxBuildHasher>;

impl<A: AddressBits> Owners<A> {
    fn new(cidrs: &[(Cidr, InterfaceIndex)], sets: &mut Sets) -> Self {
        let of_family: Vec<(Cidr, A, InterfaceIndex)> = cidrs
            .iter()
            .filter_map(|&(cidr, owner)| Some((cidr, A::from_ip(cidr.address())?, owner)))
            .collect();
        let is_host = |cidr: Cidr| cidr == Cidr::host(cidr.address());
        let (hosts, blocks): (Vec<_>, Vec<_>) =
            of_family.into_iter().partition(|&(cidr, ..)| is_host(cidr));

        let mut owners: HashMap<Cidr, (A, Vec<InterfaceIndex>)> = HashMap::new();
        for &(cidr, base, owner) in hosts.iter().chain(&blocks) {
            owners.entry(cidr).or_insert_with(|| (base, Vec::new())).1.push(owner);
        }
        let mut compiled_hosts = Vec::new();
        let mut by_length: HashMap<u8, SetsByBase<A>> = HashMap::new();
        for (cidr, (base, mut owners)) in owners {
            let around = blocks.iter().filter(|(block, ..)| {
                block.prefix_len() < cidr.prefix_len() && block.contains(cidr.address())
            });
            owners.extend(around.map(|&(_, _, owner)| owner));
            let set = sets.number(owners);
            if is_host(cidr) {
                compiled_hosts.push((base, set));
            } else {
                by_length.entry(cidr.prefix_len()).or_default().insert(base, set);
            }
        }
        let mut by_length: Vec<_> = by_length.into_iter().collect();
        by_length.sort_unstable_by_key(|&(len, _)| std::cmp::Reverse(len));
        let blocks = by_length.into_iter().map(|(len, sets)| (A::mask(len), sets)).collect();
        Self { hosts: HostTable::new(compiled_hosts), blocks }
    }

    #[inline]
    fn owner(&self, address: A) -> InterfaceSet {
        let set = self.hosts.get(address);
        if set.is_empty() && !self.blocks.is_empty() { self.owner_of_block(address) } else { set }
    }

    fn owner_of_block(&self, address: A) -> InterfaceSet {
        self.blocks
            .iter()
            .find_map(|(mask, sets)| sets.get(&(address & *mask)))
            .copied()
            .unwrap_or(InterfaceSet::EMPTY)
    }
}

/// Returns an interface's own addresses, delegated prefixes included, sorted and each once.
pub(crate) fn own_addresses(interface: &Interface) -> Vec<Cidr> {
    let v4 = interface.ipv4_addresses.iter().chain(&interface.primary_ipv4);
    let mut cidrs: Vec<Cidr> = v4
        .map(|&address| Cidr::host(address.into()))
        .chain(interface.ipv6_addresses.iter().map(|&address| Cidr::host(address.into())))
        .chain(interface.prefixes.iter().copied())
        .collect();
    cidrs.sort_unstable();
    cidrs.dedup();
    cidrs
}

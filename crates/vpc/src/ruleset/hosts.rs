//! Which set of interfaces a single address belongs to.

use super::InterfaceSet;
use super::bits::AddressBits;

/// Addresses and their owners, for two look-ups a packet: one wait for memory, and none for most
/// addresses of other networks.
#[derive(Debug)]
pub(crate) struct HostTable<A> {
    // Invariants: a power of two long, at least half of it free; a free slot has the empty set.
    slots: Box<[(A, InterfaceSet)]>,
    // A bit for every network of some address; networks may share one.
    networks: Box<[u64]>,
}

/// One bit for each of 65,536 networks: of IPv4, exactly one /16.
const NETWORK_WORDS: usize = 1024;

impl<A: AddressBits> HostTable<A> {
    /// Creates a table of addresses that are there once each.
    pub(crate) fn new(hosts: Vec<(A, InterfaceSet)>) -> Self {
        let capacity = (hosts.len() * 2).next_power_of_two();
        let mut table = Self {
            slots: vec![(A::ZERO, InterfaceSet::EMPTY); capacity].into(),
            networks: vec![0; NETWORK_WORDS].into(),
        };
        for (address, set) in hosts {
            let (word, bit) = network_bit(address);
            if let Some(word) = table.networks.get_mut(word) {
                *word |= bit;
            }
            let place = table.place(address);
            if let Some(slot) = table.slots.get_mut(place) {
                *slot = (address, set);
            }
        }
        table
    }

    /// Returns the owners of an address.
    #[inline]
    pub(crate) fn get(&self, address: A) -> InterfaceSet {
        let (word, bit) = network_bit(address);
        if self.networks.get(word).is_none_or(|word| word & bit == 0) {
            return InterfaceSet::EMPTY;
        }
        self.slots.get(self.place(address)).map_or(InterfaceSet::EMPTY, |&(_, set)| set)
    }

    /// Returns the slot that has an address, or where it would be.
    #[inline]
    fn place(&self, address: A) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = address.mixed() & mask;
        while self.slots.get(place).is_some_and(|&(held, set)| held != address && !set.is_empty()) {
            place = (place + 1) & mask;
        }
        place
    }
}

#[inline]
fn network_bit<A: AddressBits>(address: A) -> (usize, u64) {
    let network = address.network();
    (usize::from(network >> 6), 1 << (network & 63))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::InterfaceIndex;

    proptest! {
        #[test]
        fn it_finds_what_a_map_finds(
            hosts in prop::collection::hash_map(0..5000_u32, 0..9_u32, 0..300),
            asked in prop::collection::vec(0..6000_u32, 50),
        ) {
            let set = |owner: u32| InterfaceSet::of(InterfaceIndex(owner));
            // Neighbours and strangers of several networks.
            let spread = |host: u32| host << 4 | host << 19;
            let table = HostTable::new(hosts.iter().map(|(host, owner)| (spread(*host), set(*owner))).collect());
            let wide = HostTable::new(hosts.iter().map(|(host, owner)| (u128::from(*host) << 70, set(*owner))).collect());
            let map: HashMap<u32, InterfaceSet> = hosts.iter().map(|(host, owner)| (*host, set(*owner))).collect();

            for host in asked.into_iter().chain(hosts.keys().copied()) {
                let expected = map.get(&host).copied().unwrap_or(InterfaceSet::EMPTY);
                prop_assert_eq!(table.get(spread(host)), expected);
                prop_assert_eq!(wide.get(u128::from(host) << 70), expected);
            }
        }
    }

    #[test]
    fn an_empty_table_owns_nothing() {
        assert!(HostTable::<u32>::new(Vec::new()).get(0).is_empty());
    }
}

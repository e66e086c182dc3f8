//! The flow table of one window and one address family.

use flowlogd_vpc::Action;

use crate::key::PackedKey;
use crate::tally::Tally;

/// A flow and its packets. Aligned so that an IPv4 entry is one cache line and not parts of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Entry<K> {
    /// Who with whom, where, and what it met.
    pub key: K,
    /// The packets.
    pub tally: Tally,
}

/// Open addressing with linear probing: one cache line a look-up when it is well filled.
///
/// Nothing is ever removed from it: a window's table is taken whole when the window is over.
#[derive(Debug)]
pub(crate) struct FlowTable<K> {
    // Invariant: at least one entry is free, so that every probe ends.
    entries: Vec<Entry<K>>,
    len: usize,
}

/// Where the entries of a flow are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Places {
    /// Of its accepted packets.
    pub(crate) accept: Option<usize>,
    /// Of its refused packets.
    pub(crate) reject: Option<usize>,
}

const INITIAL_CAPACITY: usize = 16;
/// From here on tables grow by half, not double: memory per flow counts more than copying.
const SLOW_GROWTH: usize = 1 << 14;

impl<K: PackedKey> FlowTable<K> {
    /// Creates a table with room for so many flows. Without any, nothing is allocated yet.
    pub(crate) fn with_room_for(flows: usize) -> Self {
        let capacity = if flows == 0 { 0 } else { flows * 10 / 7 + INITIAL_CAPACITY };
        Self { entries: vec![Self::FREE; capacity], len: 0 }
    }

    const FREE: Entry<K> = Entry { key: K::FREE, tally: Tally::EMPTY };

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Maps a hash to a place: its upper half as a fraction of the capacity, which need not be a power
    /// of two.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "less than the capacity")]
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.entries.len() as u128) >> 64) as usize
    }

    /// Loads the place where a flow is looked for. The look-ups of several packets then wait for memory
    /// together and not one after the other.
    #[inline]
    pub(crate) fn warm(&self, hash: u64) -> u64 {
        self.entries.get(self.home(hash)).map_or(0, |entry| entry.tally.packets())
    }

    /// Finds the entry of a flow's accepted packets, or that of its refused ones, or both if the refused
    /// come first.
    #[inline]
    pub(crate) fn find(&self, key: K, hash: u64) -> Places {
        let mut places = Places::default();
        if self.entries.is_empty() {
            return places;
        }
        let accepted = key.with_action(Action::Accept);
        let rejected = key.with_action(Action::Reject);
        let mut place = self.home(hash);
        while let Some(entry) = self.entries.get(place)
            && !entry.tally.is_empty()
        {
            if entry.key == accepted {
                places.accept = Some(place);
                return places;
            }
            if entry.key == rejected {
                places.reject = Some(place);
            }
            place = self.next(place);
        }
        places
    }

    /// Finds the entry of a flow's refused packets.
    pub(crate) fn find_rejected(&self, key: K, hash: u64) -> Option<usize> {
        let rejected = key.with_action(Action::Reject);
        let mut place = self.home(hash);
        while let Some(entry) = self.entries.get(place)
            && !entry.tally.is_empty()
        {
            if entry.key == rejected {
                return Some(place);
            }
            place = self.next(place);
        }
        None
    }

    /// Finds the entry of a flow that is only ever accepted.
    #[inline]
    pub(crate) fn find_accepted(&mut self, key: K, hash: u64) -> Option<&mut Tally> {
        if self.entries.is_empty() {
            return None;
        }
        let mut place = self.home(hash);
        while self
            .entries
            .get(place)
            .is_some_and(|entry| entry.key != key && !entry.tally.is_empty())
        {
            place = self.next(place);
        }
        self.entries.get_mut(place).map(|entry| &mut entry.tally).filter(|tally| !tally.is_empty())
    }

    #[inline]
    fn next(&self, place: usize) -> usize {
        if place + 1 == self.entries.len() { 0 } else { place + 1 }
    }

    #[inline]
    pub(crate) fn get(&self, place: usize) -> Option<&Tally> {
        self.entries.get(place).map(|entry| &entry.tally)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Tally> {
        self.entries.get_mut(place).map(|entry| &mut entry.tally)
    }

    /// Makes an entry for a flow that [`find`](Self::find) did not find. The caller counts into it at
    /// once: an entry without packets is free.
    pub(crate) fn insert(&mut self, key: K, hash: u64) -> &mut Tally {
        if (self.len + 1) * 10 > self.entries.len() * 7 {
            self.grow();
        }
        self.len += 1;
        let place = self.vacancy(hash);
        #[expect(clippy::indexing_slicing, reason = "`vacancy` returns a place inside")]
        let entry = &mut self.entries[place];
        *entry = Entry { key, tally: Tally::EMPTY };
        &mut entry.tally
    }

    fn vacancy(&self, hash: u64) -> usize {
        let mut place = self.home(hash);
        while self.entries.get(place).is_some_and(|entry| !entry.tally.is_empty()) {
            place = self.next(place);
        }
        place
    }

    #[cold]
    fn grow(&mut self) {
        let capacity = match self.entries.len() {
            0 => INITIAL_CAPACITY,
            small if small < SLOW_GROWTH => small * 2,
            large => large / 2 * 3,
        };
        let old = std::mem::replace(&mut self.entries, vec![Self::FREE; capacity]);
        for entry in old.into_iter().filter(|entry| !entry.tally.is_empty()) {
            let place = self.vacancy(entry.key.hash());
            if let Some(free) = self.entries.get_mut(place) {
                *free = entry;
            }
        }
    }

    /// Takes all flows, sorted by key.
    pub(crate) fn into_sorted(self) -> Vec<Entry<K>> {
        let mut entries = self.entries;
        entries.retain(|entry| !entry.tally.is_empty());
        entries.sort_unstable_by_key(|entry| entry.key);
        entries
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use flowlogd_vpc::{Direction, InterfaceIndex, Tick};
    use proptest::prelude::*;

    use super::*;
    use crate::key::KeyV4;
    use crate::tally::Sighting;

    const PACKET: Sighting = Sighting {
        secs: 0,
        tick: Tick(0),
        sequence: 0,
        packets: 1,
        bytes: 1,
        protocol: 17,
        tcp_flags: None,
    };

    fn count(table: &mut FlowTable<KeyV4>, key: KeyV4) {
        let place = if key == key.with_action(Action::Accept) {
            table.find(key, key.hash()).accept
        } else {
            table.find_rejected(key, key.hash())
        };
        match place {
            Some(place) => table.get_mut(place).unwrap().count(&PACKET, 0),
            None => table.insert(key, key.hash()).count(&PACKET, 0),
        }
    }

    proptest! {
        #[test]
        fn it_counts_as_a_sorted_map_does(flows in prop::collection::vec((0..400_u32, any::<bool>()), 0..2000)) {
            let (mut table, mut map) = (FlowTable::with_room_for(0), BTreeMap::new());
            for (source, refused) in flows {
                let action = if refused { Action::Reject } else { Action::Accept };
                let key = KeyV4::new(Ipv4Addr::from_bits(source), Ipv4Addr::LOCALHOST, 1, 2, 17)
                    .at(InterfaceIndex(source % 3), Direction::Egress)
                    .with_action(action);
                count(&mut table, key);
                *map.entry(key).or_insert(0_u64) += 1;
            }

            prop_assert_eq!(table.len(), map.len());
            let counted: Vec<_> = table.into_sorted().iter().map(|entry| (entry.key, entry.tally.packets())).collect();
            prop_assert_eq!(counted, map.into_iter().collect::<Vec<_>>());
        }
    }
}

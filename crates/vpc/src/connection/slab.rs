//! The connections of one address family, at places that stay.

use hashbrown::HashTable;

use super::{Connection, Key};
use crate::InterfaceIndex;
use crate::ruleset::bits::AddressBits;

/// A hash table whose entries keep their place until they are removed, so that a flow can remember where
/// its connection is.
#[derive(Debug)]
pub(crate) struct Slab<A> {
    // Vacant places are of no interface.
    places: Vec<Connection<A>>,
    vacant: Vec<u32>,
    index: HashTable<u32>,
}

impl<A: AddressBits> Slab<A> {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), vacant: Vec::new(), index: HashTable::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Returns whether the next insertion makes it grow.
    pub(super) fn is_full(&self) -> bool {
        self.index.len() == self.index.capacity()
    }

    pub(super) fn find(&self, hash: u64, interface: InterfaceIndex, key: &Key<A>) -> Option<u32> {
        self.index.find(hash, |place| self.is_at(*place, interface, key)).copied()
    }

    /// Returns whether this connection is at this place.
    #[inline]
    pub(super) fn is_at(&self, place: u32, interface: InterfaceIndex, key: &Key<A>) -> bool {
        self.places.get(place as usize).is_some_and(|connection| connection.is(interface, key))
    }

    #[inline]
    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut Connection<A>> {
        self.places.get_mut(place as usize)
    }

    /// Holds a connection that is not held, and returns its place.
    pub(super) fn insert(
        &mut self,
        connection: Connection<A>,
        hash: impl Fn(&Connection<A>) -> u64,
    ) -> u32 {
        let new = hash(&connection);
        let place = if let Some(place) = self.vacant.pop() {
            if let Some(vacant) = self.places.get_mut(place as usize) {
                *vacant = connection;
            }
            place
        } else {
            self.places.push(connection);
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        };
        let places = &self.places;
        self.index.insert_unique(new, place, |place| places.get(*place as usize).map_or(0, &hash));
        place
    }

    pub(super) fn remove(&mut self, hash: u64, interface: InterfaceIndex, key: &Key<A>) -> bool {
        let places = &self.places;
        let found = self.index.find_entry(hash, |place| {
            places.get(*place as usize).is_some_and(|connection| connection.is(interface, key))
        });
        let Ok(found) = found else { return false };
        let (place, _) = found.remove();
        self.vacate(place);
        true
    }

    /// Removes the connections that are not to be kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Connection<A>) -> bool) {
        let (places, vacant) = (&mut self.places, &mut self.vacant);
        self.index.retain(|place| {
            let Some(connection) = places.get_mut(*place as usize) else { return false };
            let kept = keep(connection);
            if !kept {
                connection.vacate();
                vacant.push(*place);
            }
            kept
        });
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Connection<A>> {
        self.places.iter_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Connection<A>> {
        self.index.iter().filter_map(|place| self.places.get(*place as usize))
    }

    fn vacate(&mut self, place: u32) {
        if let Some(connection) = self.places.get_mut(place as usize) {
            connection.vacate();
            self.vacant.push(place);
        }
    }
}

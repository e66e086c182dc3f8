//! Tracked connections.
//!
//! What vpc-filtering.md §3 leaves open is decided thus:
//!
//! - A connection is looked up before the security groups and replaces them, never the network ACL.
//!   It is alive while `tick - last <= timeout`; later it is dead for good, and the packet is judged as
//!   of a new one. The timeout is the one in force when the connection was last refreshed.
//! - Only packets that security groups and network ACL both allow open, refresh or change it.
//! - TCP: any packet but a RST opens it; a SYN without ACK as *opening* (60 s), any other as
//!   *established*, for the beginning was missed. *Opening* becomes *established* when the responder
//!   sends an ACK: at once with the SYN-ACK; a bare ACK counts from the tick after the SYN on, because in
//!   the same tick a verdict kept from before the SYN may stand for it (semantics.md 7).
//!   A RST of either side or a FIN of both makes it *closing*, which lasts two ticks more and is not
//!   prolonged. A SYN without ACK that meets it is judged as new, and replaces it if it is allowed.
//! - UDP becomes a stream once each direction was seen in two different ticks.
//! - ICMP: requests of echo, timestamp, information and address mask open it (30 s); they and their
//!   replies belong to it by identifier, kind of query and requester, so that neither side's requests
//!   pass for replies. Other messages keep no state. An error belongs to the connection of the packet
//!   that it quotes, without refreshing it.
//! - Any other protocol is tracked by addresses and protocol number (600 s).
//! - A later fragment whose ports are unknown belongs to no connection.

mod clock;
mod entry;
mod key;

use std::hash::BuildHasher;
use std::net::IpAddr;

use flowlogd_packet::{Addresses, QuotedHeader};
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::{Direction, GroundIndex, InterfaceIndex, Tick};

pub(crate) use clock::Moment;
use clock::{Clock, Reading};
pub(crate) use entry::{Connection, TcpFlags, Traffic};
pub(crate) use key::{Key, may_open};

/// The tracked connections of a set of interfaces: plain hash tables, never an LRU.
#[derive(Debug)]
pub struct ConnectionTable {
    capacity: usize,
    allowance: Option<usize>,
    // By interface number, as far as one was needed: an empty table allocates nothing.
    interfaces: Vec<Option<Box<InterfaceConnections>>>,
    len: usize,
    untracked: u64,
    clock: Clock,
    // Within one tick nothing expires, so collecting once a tick finds all that is dead.
    collected: Moment,
    // Seeded by the process: packets are hostile, and could be made to collide otherwise.
    hasher: DefaultHashBuilder,
}

/// The connections of one interface. Families stand apart, so that IPv4 stays small.
#[derive(Debug, Default)]
pub(crate) struct InterfaceConnections {
    v4: HashTable<Connection<u32>>,
    v6: HashTable<Connection<u128>>,
    collected: Moment,
}

/// A family of addresses with a table in [`InterfaceConnections`].
pub(crate) trait TrackedFamily: crate::ruleset::ServiceAddresses {
    fn table(connections: &InterfaceConnections) -> &HashTable<Connection<Self>>;
    fn table_mut(connections: &mut InterfaceConnections) -> &mut HashTable<Connection<Self>>;
}

impl TrackedFamily for u32 {
    fn table(connections: &InterfaceConnections) -> &HashTable<Connection<Self>> {
        &connections.v4
    }

    fn table_mut(connections: &mut InterfaceConnections) -> &mut HashTable<Connection<Self>> {
        &mut connections.v4
    }
}

impl TrackedFamily for u128 {
    fn table(connections: &InterfaceConnections) -> &HashTable<Connection<Self>> {
        &connections.v6
    }

    fn table_mut(connections: &mut InterfaceConnections) -> &mut HashTable<Connection<Self>> {
        &mut connections.v6
    }
}

/// What became of a connection that was to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It is tracked.
    Tracked,
    /// The interface's allowance is used up.
    AllowanceUsedUp,
    /// The table is full; counted.
    NoRoom,
}

/// The connection that the packet quoted by an ICMP error belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Related {
    pub(crate) ground: GroundIndex,
    /// Who opened the connection.
    pub(crate) opener: IpAddr,
}

impl ConnectionTable {
    /// Creates an empty table. `allowance` is the number of connections that each interface may have
    /// (AWS's `conntrack_allowance`); without it an interface may have any number, and what `capacity`
    /// cannot hold is not tracked but counted in [`untracked_for_lack_of_room`](Self::untracked_for_lack_of_room).
    pub fn new(capacity: usize, allowance: Option<usize>) -> Self {
        Self {
            capacity,
            allowance,
            interfaces: Vec::new(),
            len: 0,
            untracked: 0,
            clock: Clock::default(),
            collected: Moment::default(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Returns how many accepted packets would have opened a connection that the table had no room for.
    pub fn untracked_for_lack_of_room(&self) -> u64 {
        self.untracked
    }

    /// Returns how many connections are held, those included that expired but were not collected yet.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether no connection is held.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the moment of a tick.
    pub(crate) fn at(&mut self, tick: Tick) -> Moment {
        match self.clock.read(tick) {
            Reading::Now(now) => now,
            Reading::SetBack { old, now, by } => {
                self.set_back(old, by);
                now
            }
        }
    }

    /// Returns the live connection with this key. A dead one is removed.
    pub(crate) fn find<A: TrackedFamily>(
        &mut self,
        interface: InterfaceIndex,
        key: &Key<A>,
        now: Moment,
    ) -> Option<&mut Connection<A>> {
        let connections = self.interfaces.get_mut(interface.0 as usize)?.as_deref_mut()?;
        let hash = self.hasher.hash_one(key);
        let found = A::table_mut(connections)
            .find_entry(hash, |connection| connection.key() == *key)
            .ok()?;
        if found.get().is_alive(now) {
            return Some(found.into_mut());
        }
        found.remove();
        self.len -= 1;
        None
    }

    /// Returns the connection of the packet that an ICMP error quotes: the receiver of an incoming
    /// error had sent that packet, the sender of an outgoing one had received it.
    pub(crate) fn find_quoted(
        &mut self,
        interface: InterfaceIndex,
        quoted: &QuotedHeader,
        error: Direction,
        now: Moment,
    ) -> Option<Related> {
        let direction = error.reversed();
        let (ground, initiator) = match quoted.addresses {
            Addresses::V4 { src, dst } => {
                let key = Key::of_quoted(quoted, direction, src.to_bits(), dst.to_bits())?;
                let found = self.find(interface, &key, now)?;
                (found.ground(), found.initiator())
            }
            Addresses::V6 { src, dst } => {
                let key = Key::of_quoted(quoted, direction, src.to_bits(), dst.to_bits())?;
                let found = self.find(interface, &key, now)?;
                (found.ground(), found.initiator())
            }
        };
        let opener =
            if initiator == direction { quoted.addresses.src() } else { quoted.addresses.dst() };
        Some(Related { ground, opener })
    }

    /// Holds a connection, in place of the one with its key.
    pub(crate) fn open<A: TrackedFamily>(
        &mut self,
        interface: InterfaceIndex,
        connection: Connection<A>,
        now: Moment,
    ) -> Opened {
        let key = connection.key();
        if let Some(closing) = self.find(interface, &key, now) {
            *closing = connection;
            return Opened::Tracked;
        }
        if let Some(allowance) = self.allowance
            && self.held_at(interface) >= allowance
        {
            self.collect_at(interface, now);
            if self.held_at(interface) >= allowance {
                return Opened::AllowanceUsedUp;
            }
        }
        if self.len >= self.capacity {
            self.collect(now);
            if self.len >= self.capacity {
                self.untracked += 1;
                return Opened::NoRoom;
            }
        }
        self.insert(interface, connection, now);
        Opened::Tracked
    }

    /// Lets a connection go.
    pub(crate) fn close<A: TrackedFamily>(&mut self, interface: InterfaceIndex, key: &Key<A>) {
        let hash = self.hasher.hash_one(key);
        let slot = self.interfaces.get_mut(interface.0 as usize);
        if let Some(connections) = slot.and_then(Option::as_deref_mut)
            && let Ok(found) =
                A::table_mut(connections).find_entry(hash, |connection| connection.key() == *key)
        {
            found.remove();
            self.len -= 1;
        }
    }

    /// Returns every live connection as text, in order.
    #[cfg(test)]
    pub(crate) fn alive(&mut self, tick: Tick) -> Vec<String> {
        let now = self.at(tick);
        let mut all = Vec::new();
        for (index, connections) in self.interfaces.iter().enumerate() {
            let Some(connections) = connections else { continue };
            let v4 = connections.v4.iter().filter(|connection| connection.is_alive(now));
            let v6 = connections.v6.iter().filter(|connection| connection.is_alive(now));
            all.extend(v4.map(|connection| format!("{index} {connection:?}")));
            all.extend(v6.map(|connection| format!("{index} {connection:?}")));
        }
        all.sort_unstable();
        all
    }

    fn insert<A: TrackedFamily>(
        &mut self,
        interface: InterfaceIndex,
        connection: Connection<A>,
        now: Moment,
    ) {
        let slot = interface.0 as usize;
        if self.interfaces.len() <= slot {
            self.interfaces.resize_with(slot + 1, || None);
        }
        // A table grows only where collecting the dead makes no room.
        let is_full = |connections: &InterfaceConnections| {
            A::table(connections).len() == A::table(connections).capacity()
        };
        if self.interfaces.get(slot).and_then(Option::as_deref).is_some_and(is_full) {
            self.collect_at(interface, now);
        }
        if let Some(connections) = self.interfaces.get_mut(slot) {
            let table = A::table_mut(connections.get_or_insert_default());
            let hash = self.hasher.hash_one(connection.key());
            table.insert_unique(hash, connection, |held| self.hasher.hash_one(held.key()));
            self.len += 1;
        }
    }

    fn held_at(&self, interface: InterfaceIndex) -> usize {
        let slot = self.interfaces.get(interface.0 as usize);
        slot.and_then(Option::as_deref).map_or(0, InterfaceConnections::len)
    }

    /// Removes the dead connections of one interface.
    fn collect_at(&mut self, interface: InterfaceIndex, now: Moment) {
        let slot = self.interfaces.get_mut(interface.0 as usize);
        if let Some(connections) = slot.and_then(Option::as_deref_mut) {
            self.len -= connections.collect(now);
        }
    }

    /// Removes all dead connections.
    fn collect(&mut self, now: Moment) {
        if self.collected == now {
            return;
        }
        self.collected = now;
        for connections in self.interfaces.iter_mut().flatten() {
            self.len -= connections.collect(now);
        }
    }

    fn set_back(&mut self, old: Moment, by: u32) {
        self.collect(old);
        self.collected = Moment::default();
        for connections in self.interfaces.iter_mut().flatten() {
            connections.v4.iter_mut().for_each(|connection| connection.set_back(by));
            connections.v6.iter_mut().for_each(|connection| connection.set_back(by));
            connections.collected = Moment::default();
        }
    }
}

impl InterfaceConnections {
    fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Removes what is dead, and returns how much that was.
    fn collect(&mut self, now: Moment) -> usize {
        if self.collected == now {
            return 0;
        }
        self.collected = now;
        let before = self.len();
        self.v4.retain(|connection| connection.is_alive(now));
        self.v6.retain(|connection| connection.is_alive(now));
        before - self.len()
    }
}

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
mod slab;

use std::hash::BuildHasher;
use std::net::IpAddr;

use flowlogd_packet::{Addresses, QuotedHeader};
use hashbrown::DefaultHashBuilder;

use crate::{Direction, GroundIndex, InterfaceIndex, Tick};

pub(crate) use clock::Moment;
use clock::{Clock, Reading};
pub(crate) use entry::{Connection, TcpFlags, Traffic};
pub(crate) use key::{Key, may_open};
use slab::Slab;

/// The tracked connections of a set of interfaces: plain hash tables, never an LRU.
///
/// All interfaces share a table for each family: a look-up is one wait for memory, however many
/// interfaces there are. Families stand apart, so that IPv4 stays small.
#[derive(Debug)]
pub struct ConnectionTable {
    capacity: usize,
    allowance: Option<usize>,
    v4: Slab<u32>,
    v6: Slab<u128>,
    // By interface number, as far as one was needed; kept only where there is an allowance.
    held: Vec<usize>,
    untracked: u64,
    grace_until: Tick,
    clock: Clock,
    // Within one tick nothing expires, so collecting once a tick finds all that is dead.
    collected: Moment,
    // Seeded by the process: packets are hostile, and could be made to collide otherwise.
    hasher: DefaultHashBuilder,
}

/// A family of addresses with a table of its own.
pub(crate) trait TrackedFamily: crate::ruleset::ServiceAddresses {
    fn table_mut(connections: &mut ConnectionTable) -> &mut Slab<Self>;
}

impl TrackedFamily for u32 {
    fn table_mut(connections: &mut ConnectionTable) -> &mut Slab<Self> {
        &mut connections.v4
    }
}

impl TrackedFamily for u128 {
    fn table_mut(connections: &mut ConnectionTable) -> &mut Slab<Self> {
        &mut connections.v6
    }
}

/// Where a connection was when a flow's last packet met it: the first place to look for it. Another
/// connection may be there by now, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionHint(pub u32);

impl ConnectionHint {
    /// No connection.
    pub const NONE: Self = Self(u32::MAX);
}

/// What became of a connection that was to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// It is tracked.
    Tracked(ConnectionHint),
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
            v4: Slab::new(),
            v6: Slab::new(),
            held: Vec::new(),
            untracked: 0,
            grace_until: Tick::default(),
            clock: Clock::default(),
            collected: Moment::default(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// Before this tick, TCP that security groups refuse is let on if it does not open a connection: it may have been
    /// open before the rules were enforced.
    pub const fn let_on_until(&mut self, tick: Tick) {
        self.grace_until = tick;
    }

    /// Returns whether what may have been open before is let on.
    pub(crate) fn lets_on(&self, tick: Tick) -> bool {
        tick < self.grace_until
    }

    /// Returns how many accepted packets would have opened a connection that the table had no room for.
    pub fn untracked_for_lack_of_room(&self) -> u64 {
        self.untracked
    }

    /// Returns how many connections are held, those included that expired but were not collected yet.
    pub fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Returns whether no connection is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many connections are alive at a tick. Looks at every one.
    pub fn alive_at(&mut self, tick: Tick) -> usize {
        let now = self.at(tick);
        let v4 = self.v4.iter().filter(|connection| connection.is_alive(now)).count();
        let v6 = self.v6.iter().filter(|connection| connection.is_alive(now)).count();
        v4 + v6
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

    /// Returns the live connection with this key, and where it is. A dead one is removed.
    pub(crate) fn find<A: TrackedFamily>(
        &mut self,
        interface: InterfaceIndex,
        key: &Key<A>,
        now: Moment,
    ) -> Option<(ConnectionHint, &mut Connection<A>)> {
        let hash = self.hasher.hash_one((interface, key));
        let place = A::table_mut(self).find(hash, interface, key)?;
        if !A::table_mut(self).get_mut(place)?.is_alive(now) {
            self.close(interface, key);
            return None;
        }
        Some((ConnectionHint(place), A::table_mut(self).get_mut(place)?))
    }

    /// Returns the live connection with this key if it is where the hint says.
    #[inline]
    pub(crate) fn find_at<A: TrackedFamily>(
        &mut self,
        hint: ConnectionHint,
        interface: InterfaceIndex,
        key: &Key<A>,
        now: Moment,
    ) -> Option<&mut Connection<A>> {
        let connection = A::table_mut(self).get_mut(hint.0)?;
        (connection.is(interface, key) && connection.is_alive(now)).then_some(connection)
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
                let (_, found) = self.find(interface, &key, now)?;
                (found.ground(), found.initiator())
            }
            Addresses::V6 { src, dst } => {
                let key = Key::of_quoted(quoted, direction, src.to_bits(), dst.to_bits())?;
                let (_, found) = self.find(interface, &key, now)?;
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
        if let Some((hint, closing)) = self.find(interface, &key, now) {
            *closing = connection;
            return Opened::Tracked(hint);
        }
        if let Some(allowance) = self.allowance
            && self.held_at(interface) >= allowance
        {
            self.collect(now);
            if self.held_at(interface) >= allowance {
                return Opened::AllowanceUsedUp;
            }
        }
        if self.len() >= self.capacity {
            self.collect(now);
            if self.len() >= self.capacity {
                self.untracked += 1;
                return Opened::NoRoom;
            }
        }
        Opened::Tracked(self.insert(interface, connection, now))
    }

    /// Lets a connection go.
    pub(crate) fn close<A: TrackedFamily>(&mut self, interface: InterfaceIndex, key: &Key<A>) {
        let hash = self.hasher.hash_one((interface, key));
        if A::table_mut(self).remove(hash, interface, key)
            && let Some(held) = self.held.get_mut(interface.0 as usize)
        {
            *held -= 1;
        }
    }

    /// Returns every live connection as text, in order.
    #[cfg(test)]
    pub(crate) fn alive(&mut self, tick: Tick) -> Vec<String> {
        let now = self.at(tick);
        let mut all = Vec::new();
        let v4 = self.v4.iter().filter(|connection| connection.is_alive(now));
        let v6 = self.v6.iter().filter(|connection| connection.is_alive(now));
        all.extend(v4.map(|connection| format!("{connection:?}")));
        all.extend(v6.map(|connection| format!("{connection:?}")));
        all.sort_unstable();
        all
    }

    fn insert<A: TrackedFamily>(
        &mut self,
        interface: InterfaceIndex,
        connection: Connection<A>,
        now: Moment,
    ) -> ConnectionHint {
        // A table grows only where collecting the dead makes no room.
        if A::table_mut(self).is_full() {
            self.collect(now);
        }
        let hasher = self.hasher.clone();
        let place = A::table_mut(self)
            .insert(connection, |held| hasher.hash_one((held.interface(), held.key())));
        if self.allowance.is_some() {
            let number = interface.0 as usize;
            if self.held.len() <= number {
                self.held.resize(number + 1, 0);
            }
            if let Some(held) = self.held.get_mut(number) {
                *held += 1;
            }
        }
        ConnectionHint(place)
    }

    fn held_at(&self, interface: InterfaceIndex) -> usize {
        self.held.get(interface.0 as usize).copied().unwrap_or(0)
    }

    /// Removes all dead connections.
    fn collect(&mut self, now: Moment) {
        if self.collected == now {
            return;
        }
        self.collected = now;
        let held = &mut self.held;
        let mut keep = |is_alive: bool, interface: InterfaceIndex| {
            if !is_alive && let Some(held) = held.get_mut(interface.0 as usize) {
                *held -= 1;
            }
            is_alive
        };
        self.v4.retain(|connection| keep(connection.is_alive(now), connection.interface()));
        self.v6.retain(|connection| keep(connection.is_alive(now), connection.interface()));
    }

    fn set_back(&mut self, old: Moment, by: u32) {
        self.collect(old);
        self.collected = Moment::default();
        self.v4.iter_mut().for_each(|connection| connection.set_back(by));
        self.v6.iter_mut().for_each(|connection| connection.set_back(by));
    }
}

//! The ports of a fragmented datagram, or its ICMP type, code and identifier.

use std::collections::{HashMap, VecDeque};

use crate::header::protocol;
use crate::{Addresses, Fragment, Icmp, PacketHeader};

/// Remembers the ports of first fragments, or what kind of ICMP they are, for those that follow.
///
/// Takes no memory before the first fragment arrives.
#[derive(Debug)]
pub struct FragmentPorts {
    capacity: usize,
    remembered: Option<Remembered>,
}

/// What [`FragmentPorts::resolve`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FragmentOutcome {
    /// Nothing: the packet is whole, its protocol has neither ports nor types, or the table may hold nothing.
    Untouched,
    /// A first fragment: its ports are kept for those that follow.
    Remembered,
    /// A later fragment: it has the ports of its first.
    Resolved,
    /// A later fragment whose first one is not known, too long ago, or gave way to others: its
    /// ports stay 0, which the caller counts.
    Orphan,
}

impl FragmentPorts {
    /// How long a later fragment may follow its first, in seconds (`semantics.md` 14).
    pub const LIFETIME: u64 = 30;

    /// Creates an empty table that holds at most `capacity` datagrams.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, remembered: None }
    }

    /// Keeps a first fragment's ports or kind of ICMP, or writes them into a later one's header.
    ///
    /// `now` is the second of the packets' clock, which never goes back. A full table forgets the
    /// datagram that began longest ago.
    #[inline]
    pub fn resolve(&mut self, header: &mut PacketHeader, now: u64) -> FragmentOutcome {
        match header.fragment {
            Fragment::Whole => FragmentOutcome::Untouched,
            Fragment::First { id } => self.remember(header, id, now),
            Fragment::Later { id } => self.recall(header, id, now),
        }
    }

    fn remember(&mut self, header: &PacketHeader, id: u32, now: u64) -> FragmentOutcome {
        let is_kept = has_ports(header.protocol) || header.icmp.is_some();
        if !is_kept || self.capacity == 0 {
            return FragmentOutcome::Untouched;
        }
        let (srcport, dstport, icmp) = (header.srcport, header.dstport, header.icmp);
        let ports = Ports { srcport, dstport, icmp };
        self.remembered.get_or_insert_default().insert(
            Datagram::of(header, id),
            ports,
            now,
            self.capacity,
        );
        FragmentOutcome::Remembered
    }

    fn recall(&self, header: &mut PacketHeader, id: u32, now: u64) -> FragmentOutcome {
        if !has_ports(header.protocol) && !is_icmp(header.protocol) {
            return FragmentOutcome::Untouched;
        }
        let datagram = Datagram::of(header, id);
        let Some(ports) = self.remembered.as_ref().and_then(|table| table.get(&datagram, now))
        else {
            return FragmentOutcome::Orphan;
        };
        (header.srcport, header.dstport) = (ports.srcport, ports.dstport);
        header.icmp = ports.icmp;
        FragmentOutcome::Resolved
    }
}

fn has_ports(number: u8) -> bool {
    matches!(number, protocol::TCP | protocol::UDP | protocol::SCTP)
}

fn is_icmp(number: u8) -> bool {
    matches!(number, protocol::ICMP | protocol::ICMPV6)
}

/// What the fragments of one datagram have in common (RFC 791, RFC 8200).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Datagram {
    addresses: Addresses,
    protocol: u8,
    id: u32,
}

impl Datagram {
    fn of(header: &PacketHeader, id: u32) -> Self {
        Self { addresses: header.addresses, protocol: header.protocol, id }
    }
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    srcport: u16,
    dstport: u16,
    icmp: Option<Icmp>,
}

/// The table and the order in which its entries came.
#[derive(Debug, Default)]
struct Remembered {
    entries: HashMap<Datagram, Entry>,
    // Invariant: holds (datagram, serial) of every entry, oldest first, and at most as many pairs
    // again that are stale because their datagram began anew with a later serial.
    order: VecDeque<(Datagram, u64)>,
    next_serial: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ports: Ports,
    since: u64,
    serial: u64,
}

impl Remembered {
    fn get(&self, datagram: &Datagram, now: u64) -> Option<Ports> {
        let entry = self.entries.get(datagram)?;
        (now.saturating_sub(entry.since) <= FragmentPorts::LIFETIME).then_some(entry.ports)
    }

    fn insert(&mut self, datagram: Datagram, ports: Ports, now: u64, capacity: usize) {
        let serial = self.next_serial;
        self.next_serial += 1;
        if let Some(entry) = self.entries.get_mut(&datagram) {
            *entry = Entry { ports, since: now, serial };
        } else {
            if self.entries.len() >= capacity {
                self.make_room(now);
            }
            self.entries.insert(datagram, Entry { ports, since: now, serial });
        }
        self.order.push_back((datagram, serial));
        // Datagrams that begin anew leave stale pairs. Each compaction drops at least half, so
        // that its cost is spread over as many insertions.
        if self.order.len() > 2 * capacity {
            let entries = &self.entries;
            self.order.retain(|(datagram, serial)| {
                entries.get(datagram).is_some_and(|entry| entry.serial == *serial)
            });
        }
    }

    /// Drops the oldest entry, and with it all that have expired: with a clock that never goes
    /// back, those are the oldest too.
    fn make_room(&mut self, now: u64) {
        let mut dropped = false;
        while let Some((datagram, serial)) = self.order.front() {
            if let Some(entry) = self.entries.get(datagram).filter(|entry| entry.serial == *serial)
            {
                let expired = now.saturating_sub(entry.since) > FragmentPorts::LIFETIME;
                if dropped && !expired {
                    return;
                }
                self.entries.remove(datagram);
                dropped = true;
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{ip, udp, v4, v6};

    /// A UDP header from port 53 on, as a fragment.
    fn header(fragment: Fragment) -> PacketHeader {
        let mut header = PacketHeader { fragment, ..ip(&v4(protocol::UDP, &udp(53, 5353))) };
        if let Fragment::Later { .. } = fragment {
            (header.srcport, header.dstport) = (0, 0);
        }
        header
    }

    fn first(id: u32) -> PacketHeader {
        header(Fragment::First { id })
    }

    fn later(id: u32) -> PacketHeader {
        header(Fragment::Later { id })
    }

    /// Resolves a later fragment and returns its ports.
    fn ports(table: &mut FragmentPorts, mut header: PacketHeader, now: u64) -> Option<(u16, u16)> {
        match table.resolve(&mut header, now) {
            FragmentOutcome::Resolved => Some((header.srcport, header.dstport)),
            FragmentOutcome::Orphan => {
                assert_eq!((header.srcport, header.dstport), (0, 0));
                None
            }
            outcome @ (FragmentOutcome::Untouched | FragmentOutcome::Remembered) => {
                panic!("{outcome:?}")
            }
        }
    }

    fn pairs(table: &FragmentPorts) -> usize {
        table.remembered.as_ref().map_or(0, |table| table.order.len())
    }

    #[test]
    fn later_fragments_take_the_ports_of_their_first() {
        let mut table = FragmentPorts::new(8);

        let mut begin = first(7);
        assert_eq!(table.resolve(&mut begin, 100), FragmentOutcome::Remembered);

        assert_eq!(begin, first(7));
        assert_eq!(ports(&mut table, later(7), 100), Some((53, 5353)));
        assert_eq!(ports(&mut table, later(7), 100), Some((53, 5353)));
    }

    #[test]
    fn another_id_protocol_or_address_is_another_datagram() {
        let mut table = FragmentPorts::new(8);
        table.resolve(&mut first(7), 0);

        assert_eq!(ports(&mut table, later(8), 0), None);
        let sctp = PacketHeader { protocol: protocol::SCTP, ..later(7) };
        assert_eq!(ports(&mut table, sctp, 0), None);
        let addresses = ip(&v6(protocol::UDP, &[])).addresses;
        assert_eq!(ports(&mut table, PacketHeader { addresses, ..later(7) }, 0), None);
    }

    #[test]
    fn ports_are_remembered_for_thirty_seconds_from_the_first_fragment() {
        let mut table = FragmentPorts::new(8);
        table.resolve(&mut first(7), 100);

        assert_eq!(ports(&mut table, later(7), 129), Some((53, 5353)));
        assert_eq!(ports(&mut table, later(7), 130), Some((53, 5353)));
        assert_eq!(ports(&mut table, later(7), 131), None);
    }

    #[test]
    fn a_datagram_that_begins_anew_counts_from_there() {
        let mut table = FragmentPorts::new(8);
        table.resolve(&mut first(7), 100);

        table.resolve(&mut PacketHeader { srcport: 54, ..first(7) }, 120);

        assert_eq!(ports(&mut table, later(7), 150), Some((54, 5353)));
    }

    #[test]
    fn whole_packets_and_protocols_without_ports_are_left_alone() {
        let mut table = FragmentPorts::new(8);
        let gre = |header| PacketHeader { protocol: 47, ..header };

        for header in [header(Fragment::Whole), gre(first(7)), gre(later(7))] {
            let mut touched = header;
            assert_eq!(table.resolve(&mut touched, 0), FragmentOutcome::Untouched);
            assert_eq!(touched, header);
        }
        assert!(table.remembered.is_none());
    }

    #[test]
    fn later_fragments_are_of_the_kind_of_icmp_that_their_first_is() {
        let mut table = FragmentPorts::new(8);
        let icmp = |header, icmp| PacketHeader {
            protocol: protocol::ICMP,
            srcport: 0,
            dstport: 0,
            icmp,
            ..header
        };
        let echo = Some(Icmp { kind: 8, code: 0, id: 77 });

        let mut orphan = icmp(later(7), None);
        assert_eq!(table.resolve(&mut orphan, 0), FragmentOutcome::Orphan);
        assert_eq!(table.resolve(&mut icmp(first(7), echo), 0), FragmentOutcome::Remembered);
        let mut next = icmp(later(7), None);
        assert_eq!(table.resolve(&mut next, 1), FragmentOutcome::Resolved);
        assert_eq!(next, icmp(later(7), echo));
        // Too short to tell what it is.
        assert_eq!(table.resolve(&mut icmp(first(8), None), 0), FragmentOutcome::Untouched);
    }

    #[test]
    fn a_full_table_forgets_the_oldest() {
        let mut table = FragmentPorts::new(3);
        for id in 0..4 {
            table.resolve(&mut first(id), 0);
        }

        assert_eq!(ports(&mut table, later(0), 0), None);
        for id in 1..4 {
            assert_eq!(ports(&mut table, later(id), 0), Some((53, 5353)));
        }
    }

    #[test]
    fn a_datagram_that_began_anew_is_not_the_oldest() {
        let mut table = FragmentPorts::new(2);
        table.resolve(&mut first(1), 0);
        table.resolve(&mut first(2), 0);
        table.resolve(&mut first(1), 0);

        table.resolve(&mut first(3), 0);

        assert_eq!(ports(&mut table, later(2), 0), None);
        assert_eq!(ports(&mut table, later(1), 0), Some((53, 5353)));
        assert_eq!(ports(&mut table, later(3), 0), Some((53, 5353)));
    }

    #[test]
    fn a_full_table_drops_all_that_has_expired_and_no_more() {
        let mut table = FragmentPorts::new(3);
        table.resolve(&mut first(1), 0);
        table.resolve(&mut first(2), 9);
        table.resolve(&mut first(3), 10);

        table.resolve(&mut first(4), 40);

        let entries = &table.remembered.as_ref().unwrap().entries;
        assert_eq!(entries.len(), 2, "the third is 30 s old, which is not too old");
        assert_eq!(ports(&mut table, later(3), 40), Some((53, 5353)));
        assert_eq!(ports(&mut table, later(4), 40), Some((53, 5353)));
    }

    #[test]
    fn memory_stays_bounded_whatever_repeats() {
        let mut table = FragmentPorts::new(10);
        for round in 0..10_000 {
            table.resolve(&mut first(if round % 100 == 0 { round } else { 1 }), 0);
            assert!(pairs(&table) <= 20);
            assert!(table.remembered.as_ref().unwrap().entries.len() <= 10);
        }
        assert_eq!(ports(&mut table, later(1), 0), Some((53, 5353)));
    }

    #[test]
    fn a_table_for_nothing_remembers_nothing() {
        let mut table = FragmentPorts::new(0);

        assert_eq!(table.resolve(&mut first(1), 0), FragmentOutcome::Untouched);
        assert_eq!(ports(&mut table, later(1), 0), None);
        assert!(table.remembered.is_none());
    }
}

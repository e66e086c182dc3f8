//! A packet's way from its queue into a flow: steps 3 to 6 of `ARCHITECTURE.md`.

use std::collections::BTreeMap;

use flowlogd_flowlog::{
    Aggregator, CaptureWindow, Generation, KeyV4, KeyV6, Outcome, PackedKey, Prior, Sighting,
    WindowFlows, WindowKey, WindowLength,
};
use flowlogd_packet::{Addresses, FragmentOutcome, FragmentPorts, PacketHeader};
use flowlogd_vpc::{
    Action, ConnectionTable, Direction, FlowOfConnection, InterfaceIndex, Judgement, Points,
    Ruleset,
};

use crate::ledger::InterfaceLedger;
use crate::queue::{Batch, QueuedPacket};

/// What all packets of a round have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round<'a> {
    /// The rules in force; none without inventory.
    pub(crate) rules: Option<(&'a Ruleset, Generation)>,
    /// The sequence number of its first frame.
    pub(crate) sequence: u64,
}

/// The tables of one 64th of all address pairs. Nothing in it is shared with another shard.
#[derive(Debug)]
pub(crate) struct Shard {
    aggregator: Aggregator,
    connections: ConnectionTable,
    fragments: FragmentPorts,
    length: WindowLength,
    // Touched by every packet, so apart from what is not.
    seen: Vec<Seen>,
    /// What was taken off `seen`, and what is in no flow, by window and interface.
    books: BTreeMap<(u64, InterfaceIndex), InterfaceLedger>,
    /// The books that were handed over, summed up.
    settled: BTreeMap<InterfaceIndex, InterfaceLedger>,
    orphans: u64,
}

/// Packets at an interface in the window that its last packet belongs to.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// First second of the window.
    start: u64,
    packets: u64,
}

/// How much a shard may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) flows: usize,
    pub(crate) connections: usize,
    pub(crate) connection_allowance: Option<usize>,
    pub(crate) fragments: usize,
}

/// Packets whose places in the flow table are loaded together; about as many cache misses as a core
/// keeps under way at once.
const STRIDE: usize = 32;

impl Shard {
    pub(crate) fn new(length: WindowLength, bounds: Bounds, interfaces: usize) -> Self {
        Self {
            aggregator: Aggregator::new(length, bounds.flows),
            connections: ConnectionTable::new(bounds.connections, bounds.connection_allowance),
            fragments: FragmentPorts::new(bounds.fragments),
            length,
            seen: vec![Seen::default(); interfaces],
            books: BTreeMap::new(),
            settled: BTreeMap::new(),
            orphans: 0,
        }
    }

    /// Makes room for interfaces that came later.
    pub(crate) fn make_room(&mut self, interfaces: usize) {
        self.seen.resize(interfaces.max(self.seen.len()), Seen::default());
    }

    /// Judges and counts this shard's packets of a batch, in order.
    pub(crate) fn take(&mut self, batch: &Batch, queue: &[QueuedPacket], round: &Round<'_>) {
        let mut hashes = [0; STRIDE];
        for stride in queue.chunks(STRIDE) {
            // The sum is of no use but to make the loads happen.
            let mut warmed: u64 = 0;
            for (packet, hash) in stride.iter().zip(&mut hashes) {
                let (interface, direction) = first_point(packet, round);
                warmed = warmed.wrapping_add(match batch.key_v6(packet) {
                    None => {
                        *hash = packet.v4.at(interface, direction).hash();
                        self.aggregator.warm::<KeyV4>(*hash)
                    }
                    Some(key) => {
                        *hash = key.at(interface, direction).hash();
                        self.aggregator.warm::<KeyV6>(*hash)
                    }
                });
            }
            std::hint::black_box(warmed);
            for (packet, hash) in stride.iter().zip(hashes) {
                self.observe(batch, packet, hash, round);
            }
        }
    }

    #[inline]
    fn observe(&mut self, batch: &Batch, packet: &QueuedPacket, hash: u64, round: &Round<'_>) {
        let seen = packet.sighting(round.sequence);
        if packet.is_fragment() {
            self.observe_fragment(batch, packet, &seen, round);
            return;
        }
        match batch.key_v6(packet) {
            None => {
                self.observe_key(packet.v4, hash, packet, &seen, round, || batch.header(packet));
            }
            Some(key) => self.observe_key(key, hash, packet, &seen, round, || batch.header(packet)),
        }
    }

    /// Gives a later fragment the ports of its first, and counts it by those.
    #[cold]
    fn observe_fragment(
        &mut self,
        batch: &Batch,
        packet: &QueuedPacket,
        seen: &Sighting,
        round: &Round<'_>,
    ) {
        let mut header = batch.header(packet);
        match self.fragments.resolve(&mut header, seen.tick.0) {
            FragmentOutcome::Orphan => self.orphans += 1,
            FragmentOutcome::Untouched
            | FragmentOutcome::Remembered
            | FragmentOutcome::Resolved => {}
        }
        let (srcport, dstport, protocol) = (header.srcport, header.dstport, header.protocol);
        match header.addresses {
            Addresses::V4 { src, dst } => {
                let key = KeyV4::new(src, dst, srcport, dstport, protocol);
                self.observe_key(key, hash_at(key, packet, round), packet, seen, round, || header);
            }
            Addresses::V6 { src, dst } => {
                let key = KeyV6::new(src, dst, srcport, dstport, protocol);
                self.observe_key(key, hash_at(key, packet, round), packet, seen, round, || header);
            }
        }
    }

    /// Counts a packet at every interface that sees it: first where it is sent, then, unless it was
    /// refused there, where it is received (`semantics.md` 13).
    #[inline]
    fn observe_key<K: WindowKey>(
        &mut self,
        key: K,
        hash: u64,
        packet: &QueuedPacket,
        seen: &Sighting,
        round: &Round<'_>,
        header: impl Fn() -> PacketHeader,
    ) {
        let Some((rules, generation)) = round.rules else {
            let outcome = self.aggregator.count(key, hash, seen);
            self.enter(InterfaceIndex(0), outcome, seen);
            return;
        };
        let Points { egress, ingress } = packet.points;
        // Nearly always it is one interface.
        match (egress.single(), ingress.single()) {
            (Some(interface), None) if ingress.is_empty() => {
                let case =
                    Case { rules, generation, interface, direction: Direction::Egress, seen };
                self.observe_at(key.at(interface, Direction::Egress), hash, &case, &header);
                return;
            }
            (None, Some(interface)) if egress.is_empty() => {
                let case =
                    Case { rules, generation, interface, direction: Direction::Ingress, seen };
                self.observe_at(key.at(interface, Direction::Ingress), hash, &case, &header);
                return;
            }
            (_, _) => {}
        }
        let (mut sent, mut refused) = (0, 0);
        for (set, direction) in [(egress, Direction::Egress), (ingress, Direction::Ingress)] {
            if direction == Direction::Ingress && sent > 0 && sent == refused {
                break;
            }
            for interface in rules.members(set) {
                let key = key.at(*interface, direction);
                let hash = if sent == 0 { hash } else { key.hash() };
                let case = Case { rules, generation, interface: *interface, direction, seen };
                let outcome = self.observe_at(key, hash, &case, &header);
                sent += 1;
                refused += u32::from(matches!(
                    outcome,
                    Outcome::Counted(Action::Reject) | Outcome::Lost(Action::Reject)
                ));
            }
        }
    }

    /// Counts a packet at one interface.
    fn observe_at<K: WindowKey>(
        &mut self,
        key: K,
        hash: u64,
        case: &Case<'_>,
        header: impl Fn() -> PacketHeader,
    ) -> Outcome {
        let connections = &mut self.connections;
        let judge = |prior| case.judge(connections, key, prior, header);
        let outcome = self.aggregator.observe(key, hash, case.seen, case.generation, judge);
        self.enter(case.interface, outcome, case.seen);
        outcome
    }

    /// Enters into the books what became of a packet.
    #[inline]
    fn enter(&mut self, interface: InterfaceIndex, outcome: Outcome, seen: &Sighting) {
        if let Some(cell) = self.seen.get_mut(interface.0 as usize) {
            if seen.secs.wrapping_sub(cell.start) >= self.length.as_secs() {
                turn(cell, &mut self.books, interface, seen.secs, self.length);
            }
            cell.packets += u64::from(seen.packets);
        }
        if !matches!(outcome, Outcome::Counted(_)) {
            self.book(interface, seen.secs).count(outcome, seen);
        }
    }

    #[cold]
    fn book(&mut self, interface: InterfaceIndex, secs: u64) -> &mut InterfaceLedger {
        let window = CaptureWindow::containing(secs, self.length).number();
        self.books.entry((window, interface)).or_default()
    }

    /// Takes the flows of windows that are over; all of them at the end of input.
    pub(crate) fn close(&mut self, closed_before: Option<u64>) -> BTreeMap<u64, WindowFlows> {
        match closed_before {
            Some(closed_before) => self.aggregator.close(closed_before),
            None => self.aggregator.close_all(),
        }
    }

    /// Takes all flows counted so far; open windows stay open.
    pub(crate) fn drain(&mut self) -> BTreeMap<u64, WindowFlows> {
        self.aggregator.drain()
    }

    /// Counts packets that never came this far.
    pub(crate) fn lose_unseen(&mut self, interface: InterfaceIndex, secs: u64, packets: u64) {
        self.aggregator.lose_unseen(interface, secs, packets);
        self.book(interface, secs).dropped += packets;
    }

    /// Takes the books since the last time, by window and interface.
    pub(crate) fn take_books(&mut self) -> BTreeMap<(u64, InterfaceIndex), InterfaceLedger> {
        for (index, cell) in (0..).zip(&mut self.seen) {
            let now = cell.start;
            turn(cell, &mut self.books, InterfaceIndex(index), now, self.length);
        }
        let books = std::mem::take(&mut self.books);
        for ((_, interface), book) in &books {
            self.settled.entry(*interface).or_default().add(book);
        }
        books
    }

    /// Returns the books of every interface that has had packets, over all windows.
    pub(crate) fn ledgers(&self) -> BTreeMap<InterfaceIndex, InterfaceLedger> {
        let mut ledgers = self.settled.clone();
        for ((_, interface), book) in &self.books {
            ledgers.entry(*interface).or_default().add(book);
        }
        for (index, cell) in (0..).zip(&self.seen).filter(|(_, cell)| cell.packets > 0) {
            ledgers.entry(InterfaceIndex(index)).or_default().seen += cell.packets;
        }
        ledgers
    }

    pub(crate) const fn orphans(&self) -> u64 {
        self.orphans
    }

    pub(crate) fn untracked(&self) -> u64 {
        self.connections.untracked_for_lack_of_room()
    }
}

/// Moves what a cell has counted into the books, and lets it count for the window of another second.
#[cold]
fn turn(
    cell: &mut Seen,
    books: &mut BTreeMap<(u64, InterfaceIndex), InterfaceLedger>,
    interface: InterfaceIndex,
    secs: u64,
    length: WindowLength,
) {
    if cell.packets > 0 {
        let window = CaptureWindow::containing(cell.start, length).number();
        books.entry((window, interface)).or_default().seen += cell.packets;
    }
    *cell = Seen { start: CaptureWindow::containing(secs, length).start(), packets: 0 };
}

/// A packet at an interface.
struct Case<'a> {
    rules: &'a Ruleset,
    generation: Generation,
    interface: InterfaceIndex,
    direction: Direction,
    seen: &'a Sighting,
}

impl Case<'_> {
    /// Asks the rules, or as little of them as what the flow table knows leaves open.
    fn judge(
        &self,
        connections: &mut ConnectionTable,
        key: impl PackedKey,
        prior: Prior,
        header: impl Fn() -> PacketHeader,
    ) -> Judgement {
        let Self { rules, interface, direction, seen, .. } = *self;
        match prior {
            Prior::Accepted(hint) => {
                let key = key.unpack();
                let flow = FlowOfConnection {
                    addresses: key.addresses,
                    protocol: key.protocol,
                    srcport: key.srcport,
                    dstport: key.dstport,
                    tcp_flags: seen.tcp_flags,
                };
                if let Some(verdict) = rules.evaluate_accepted(
                    connections,
                    &flow,
                    hint,
                    interface,
                    direction,
                    seen.tick,
                ) {
                    return Judgement::Decided(verdict);
                }
            }
            Prior::RefusedByRules(refusal) => {
                return rules.evaluate_refused(
                    connections,
                    &header(),
                    interface,
                    direction,
                    seen.tick,
                    refusal,
                );
            }
            Prior::Unknown => {}
        }
        rules.evaluate(connections, &header(), interface, direction, seen.tick)
    }
}

/// Returns the point at which a packet is judged first.
#[inline]
fn first_point(packet: &QueuedPacket, round: &Round<'_>) -> (InterfaceIndex, Direction) {
    let Points { egress, ingress } = packet.points;
    if let Some(interface) = egress.single() {
        return (interface, Direction::Egress);
    }
    if let Some(interface) = ingress.single()
        && egress.is_empty()
    {
        return (interface, Direction::Ingress);
    }
    let members = |set| round.rules.map_or(&[][..], |(rules, _)| rules.members(set));
    match (members(egress), members(ingress)) {
        ([interface, ..], _) => (*interface, Direction::Egress),
        ([], [interface, ..]) => (*interface, Direction::Ingress),
        ([], []) => (InterfaceIndex(0), Direction::Ingress),
    }
}

/// Returns the hash of a key at the point at which it is judged first.
fn hash_at<K: PackedKey>(key: K, packet: &QueuedPacket, round: &Round<'_>) -> u64 {
    let (interface, direction) = first_point(packet, round);
    key.at(interface, direction).hash()
}

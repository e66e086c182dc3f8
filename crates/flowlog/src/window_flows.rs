//! The flows of a window that were taken out of the tables, and what is done with them until they are
//! records: put together, moved into a longer window, written into a journal.

use std::collections::BTreeMap;

use flowlogd_packet::Addresses;
use flowlogd_vpc::InterfaceIndex;

use crate::key::{FlowKey, KeyV4, KeyV6, PackedKey, at_point};
use crate::table::Entry;
use crate::tally::Tally;
use crate::window::CaptureWindow;

/// Flows of one window, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowFlows {
    /// IPv4 flows.
    pub v4: Vec<Entry<KeyV4>>,
    /// IPv6 flows.
    pub v6: Vec<Entry<KeyV6>>,
    /// Packets that found no room, by interface.
    pub lost: BTreeMap<InterfaceIndex, u64>,
}

/// Bytes that are no flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journaled flows are damaged")]
pub struct DamagedFlows;

impl WindowFlows {
    /// Adds flows in any order, those of the same key as pieces of one.
    pub fn gather(flows: impl IntoIterator<Item = (FlowKey, Tally)>) -> Self {
        let mut gathered = Self::default();
        for (key, tally) in flows {
            let (ports, protocol) = ((key.srcport, key.dstport), key.protocol);
            match key.addresses {
                Addresses::V4 { src, dst } => {
                    let packed = KeyV4::new(src, dst, ports.0, ports.1, protocol);
                    gathered.v4.push(Entry { key: at_point(packed, &key), tally });
                }
                Addresses::V6 { src, dst } => {
                    let packed = KeyV6::new(src, dst, ports.0, ports.1, protocol);
                    gathered.v6.push(Entry { key: at_point(packed, &key), tally });
                }
            }
        }
        unite(&mut gathered.v4);
        unite(&mut gathered.v6);
        gathered
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.lost.is_empty()
    }

    /// Returns the number of flows.
    pub const fn flows(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Returns the packets in flows, by interface.
    pub fn packets(&self) -> BTreeMap<InterfaceIndex, u64> {
        let mut packets = BTreeMap::new();
        let mut count = |head: u32, tally: &Tally| {
            let sum: &mut u64 = packets.entry(InterfaceIndex(head >> 1)).or_default();
            *sum = sum.saturating_add(tally.packets());
        };
        self.v4.iter().for_each(|entry| count(entry.key.head(), &entry.tally));
        self.v6.iter().for_each(|entry| count(entry.key.head(), &entry.tally));
        packets
    }

    /// Adds flows of the same window; equal keys become one flow.
    pub fn absorb(&mut self, other: Self) {
        absorb(&mut self.v4, other.v4);
        absorb(&mut self.v6, other.v6);
        for (interface, packets) in other.lost {
            let lost = self.lost.entry(interface).or_default();
            *lost = lost.saturating_add(packets);
        }
    }

    /// The same, where at most so many flows can be added: the packets of others become lost ones. Returns how many
    /// those were, by interface.
    pub fn absorb_within(&mut self, mut other: Self, room: usize) -> BTreeMap<InterfaceIndex, u64> {
        let mut without_room = BTreeMap::new();
        if other.flows() > room {
            let mut lose = |head: u32, packets: u64| {
                *without_room.entry(InterfaceIndex(head >> 1)).or_default() += packets;
            };
            let mut room = room;
            keep_within(&mut other.v4, &self.v4, &mut room, &mut lose);
            keep_within(&mut other.v6, &self.v6, &mut room, &mut lose);
        }
        for (interface, packets) in &without_room {
            *other.lost.entry(*interface).or_default() += packets;
        }
        self.absorb(other);
        without_room
    }

    /// Makes them flows of a longer window that contains the one they are of.
    #[must_use]
    pub fn moved(mut self, from: CaptureWindow, to: CaptureWindow) -> Self {
        let later = u16::try_from(from.start().saturating_sub(to.start())).unwrap_or(u16::MAX);
        self.v4.iter_mut().for_each(|entry| entry.tally.delay(later));
        self.v6.iter_mut().for_each(|entry| entry.tally.delay(later));
        self
    }

    /// Appends them as bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes();
        out.extend(count(self.v4.len()));
        out.extend(count(self.v6.len()));
        out.extend(count(self.lost.len()));
        for entry in &self.v4 {
            entry.key.encode(out);
            entry.tally.encode(out);
        }
        for entry in &self.v6 {
            entry.key.encode(out);
            entry.tally.encode(out);
        }
        for (interface, packets) in &self.lost {
            out.extend(interface.0.to_le_bytes());
            out.extend(packets.to_le_bytes());
        }
    }

    /// Reads what [`encode`](Self::encode) wrote, to the last byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, DamagedFlows> {
        let mut rest = bytes;
        let (v4, v6, lost) = (count(&mut rest)?, count(&mut rest)?, count(&mut rest)?);
        let v4 = entries(&mut rest, v4)?;
        let v6 = entries(&mut rest, v6)?;
        let mut losses = BTreeMap::new();
        for _ in 0..lost {
            let interface = u32::from_le_bytes(take(&mut rest)?);
            losses.insert(InterfaceIndex(interface), u64::from_le_bytes(take(&mut rest)?));
        }
        if rest.is_empty() { Ok(Self { v4, v6, lost: losses }) } else { Err(DamagedFlows) }
    }
}

/// Sorts flows, and makes one of those with the same key. Of two that began at the same time the one that was there first
/// counts as the earlier.
fn unite<K: PackedKey>(flows: &mut Vec<Entry<K>>) {
    flows.sort_by_key(|entry| entry.key);
    flows.dedup_by(|later, earlier| {
        let same = later.key == earlier.key;
        if same {
            earlier.tally.merge(&later.tally);
        }
        same
    });
}

/// Keeps of some flows those that are there already, and as many others as there is room for.
fn keep_within<K: PackedKey>(
    more: &mut Vec<Entry<K>>,
    there: &[Entry<K>],
    room: &mut usize,
    mut lose: impl FnMut(u32, u64),
) {
    more.retain(|entry| {
        if there.binary_search_by_key(&entry.key, |entry| entry.key).is_ok() {
            return true;
        }
        if *room == 0 {
            lose(entry.key.head(), entry.tally.packets());
            return false;
        }
        *room -= 1;
        true
    });
}

fn absorb<K: PackedKey>(into: &mut Vec<Entry<K>>, more: Vec<Entry<K>>) {
    if into.is_empty() {
        *into = more;
        return;
    }
    if more.is_empty() {
        return;
    }
    let mut merged = Vec::with_capacity(into.len() + more.len());
    let mut left = std::mem::take(into).into_iter().peekable();
    let mut right = more.into_iter().peekable();
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a.key == b.key => {
                let same = right.next();
                left.next().map(|mut entry| {
                    if let Some(same) = same {
                        entry.tally.merge(&same.tally);
                    }
                    entry
                })
            }
            (Some(a), Some(b)) => {
                if a.key < b.key {
                    left.next()
                } else {
                    right.next()
                }
            }
            (Some(_), None) => left.next(),
            (None, _) => right.next(),
        };
        let Some(entry) = next else { break };
        merged.push(entry);
    }
    merged.shrink_to_fit();
    *into = merged;
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], DamagedFlows> {
    let (taken, left) = rest.split_first_chunk().ok_or(DamagedFlows)?;
    *rest = left;
    Ok(*taken)
}

fn count(rest: &mut &[u8]) -> Result<usize, DamagedFlows> {
    usize::try_from(u64::from_le_bytes(take(rest)?)).map_err(|_| DamagedFlows)
}

fn entries<K: PackedKey>(rest: &mut &[u8], count: usize) -> Result<Vec<Entry<K>>, DamagedFlows> {
    let size = K::ENCODED + Tally::ENCODED;
    let length =
        count.checked_mul(size).filter(|length| *length <= rest.len()).ok_or(DamagedFlows)?;
    let (mine, left) = rest.split_at(length);
    *rest = left;
    let entries: Vec<Entry<K>> = mine
        .chunks_exact(size)
        .map(|entry| {
            let (key, tally) = entry.split_at(K::ENCODED);
            let key = K::decode(key).ok_or(DamagedFlows)?;
            let tally = tally.try_into().map_err(|_| DamagedFlows)?;
            Ok(Entry { key, tally: Tally::decode(tally) })
        })
        .collect::<Result<_, _>>()?;
    let is_sorted = entries.is_sorted_by(|a, b| a.key < b.key);
    let has_packets = entries.iter().all(|entry| !entry.tally.is_empty());
    if is_sorted && has_packets { Ok(entries) } else { Err(DamagedFlows) }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use flowlogd_vpc::{
        Action, ConnectionHint, Decision, Direction, GroundIndex, Initiator, Judgement, Reuse,
        Tick, Verdict,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::aggregator::Aggregator;
    use crate::tally::{Generation, Sighting};
    use crate::window::WindowLength;

    /// Host, whether IPv6, interface, second, ground.
    type Packet = (u8, bool, u32, u64, u32);

    fn observe(aggregator: &mut Aggregator, sequence: u64, packet: Packet) {
        let (host, v6, interface, secs, ground) = packet;
        let seen = Sighting {
            secs,
            tick: Tick(secs),
            sequence,
            packets: 1,
            bytes: 40 + u64::from(host),
            protocol: 6,
            tcp_flags: Some(2),
        };
        let decision = Decision { ground: GroundIndex(ground), tracked: false, nearest_miss: None };
        let verdict = Verdict {
            action: Action::Reject,
            decision,
            initiator: Initiator::Source,
            reuse: Reuse::Never,
            connection: ConnectionHint::NONE,
        };
        let point = InterfaceIndex(interface);
        if v6 {
            let key = KeyV6::new(Ipv6Addr::from_bits(host.into()), Ipv6Addr::LOCALHOST, 1, 2, 6)
                .at(point, Direction::Egress);
            aggregator
                .observe(key, key.hash(), &seen, Generation(3), |_| Judgement::Decided(verdict));
        } else {
            let key = KeyV4::new(Ipv4Addr::new(10, 0, 0, host), Ipv4Addr::LOCALHOST, 1, 2, 6)
                .at(point, Direction::Ingress);
            aggregator
                .observe(key, key.hash(), &seen, Generation(3), |_| Judgement::Decided(verdict));
        }
    }

    /// What a record can tell of a flow.
    fn told(flows: &WindowFlows) -> Vec<String> {
        let tell = |key: FlowKey, tally: &Tally| {
            format!(
                "{key:?} {} {} {:?} {:?} {:?} {} {:?} {}",
                tally.packets(),
                tally.bytes(),
                tally.offsets(),
                tally.tcp_flags(),
                tally.decision(),
                tally.is_mixed(),
                tally.initiator(),
                tally.first_sequence()
            )
        };
        let v4 = flows.v4.iter().map(|entry| tell(entry.key.unpack(), &entry.tally));
        let v6 = flows.v6.iter().map(|entry| tell(entry.key.unpack(), &entry.tally));
        v4.chain(v6).chain([format!("{:?}", flows.lost)]).collect()
    }

    fn packets() -> impl Strategy<Value = Vec<Packet>> {
        prop::collection::vec((0..6_u8, any::<bool>(), 0..3_u32, 0..60_u64, 0..3_u32), 0..120)
    }

    proptest! {
        #[test]
        fn draining_in_between_changes_nothing(packets in packets(), drains in prop::collection::vec(0..120_usize, 0..6)) {
            let mut pieces = Aggregator::new(WindowLength::ONE_MINUTE, 1000);
            let mut roomy = Aggregator::new(WindowLength::ONE_MINUTE, 1000);
            let mut sum = WindowFlows::default();
            for (place, packet) in packets.iter().enumerate() {
                if drains.contains(&place) {
                    for (_, flows) in pieces.drain() {
                        sum.absorb(flows);
                    }
                }
                observe(&mut pieces, place as u64, *packet);
                observe(&mut roomy, place as u64, *packet);
            }
            for (_, flows) in pieces.close_all() {
                sum.absorb(flows);
            }

            let expected = roomy.close_all().remove(&0).unwrap_or_default();
            prop_assert_eq!(told(&sum), told(&expected));
        }

        #[test]
        fn what_finds_no_room_is_lost_and_nothing_else_is(first in packets(), second in packets(), room in 0..12_usize) {
            let table = |packets: &[Packet]| {
                let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 1000);
                for (place, packet) in packets.iter().enumerate() {
                    observe(&mut aggregator, place as u64, *packet);
                }
                aggregator.close_all().remove(&0).unwrap_or_default()
            };
            let (mut bounded, mut roomy) = (table(&first), table(&first));
            let before = bounded.flows();

            let lost = bounded.absorb_within(table(&second), room);
            roomy.absorb(table(&second));

            prop_assert_eq!(bounded.flows(), roomy.flows().min(before + room));
            prop_assert_eq!(&bounded.lost, &lost);
            let mut packets = bounded.packets();
            for (interface, packet) in lost {
                *packets.entry(interface).or_default() += packet;
            }
            prop_assert_eq!(packets, roomy.packets());
        }

        #[test]
        fn what_is_journaled_is_read_again(packets in packets()) {
            let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 9);
            for (place, packet) in packets.iter().enumerate() {
                observe(&mut aggregator, place as u64, *packet);
            }
            for flows in aggregator.close_all().into_values() {
                let mut bytes = Vec::new();
                flows.encode(&mut bytes);
                prop_assert_eq!(told(&WindowFlows::decode(&bytes).unwrap()), told(&flows));
                for cut in 0..bytes.len().min(80) {
                    prop_assert_eq!(WindowFlows::decode(&bytes[..cut]), Err(DamagedFlows));
                }
            }
        }

        #[test]
        fn damaged_bytes_are_no_flows_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = WindowFlows::decode(&bytes);
        }
    }

    #[test]
    fn in_a_longer_window_packets_keep_their_time() {
        let mut aggregator = Aggregator::new(WindowLength::ONE_MINUTE, 9);
        observe(&mut aggregator, 0, (1, false, 0, 605, 0));
        observe(&mut aggregator, 1, (1, false, 0, 661, 0));
        let long = CaptureWindow::containing(605, WindowLength::TEN_MINUTES);
        let mut sum = WindowFlows::default();
        for (number, flows) in aggregator.close_all() {
            sum.absorb(
                flows.moved(CaptureWindow::numbered(number, WindowLength::ONE_MINUTE), long),
            );
        }

        assert_eq!(sum.flows(), 1);
        assert_eq!(sum.v4[0].tally.offsets(), (5, 61));
        assert_eq!(sum.packets()[&InterfaceIndex(0)], 2);
    }
}

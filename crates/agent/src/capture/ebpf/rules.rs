//! Rules in the kernel's form: which sets of peers and lists of conditions there are, and what is free.
//!
//! A generation of an interface's rules is put in place whole. Its sets are written before anything refers to them, and
//! what only the generation before referred to goes afterwards; what several interfaces have in common is there once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use flowlogd_vpc::{Cidr, FlatBlocks, FlatCondition, FlatRules};

use super::EbpfError;
use super::layout::{
    self, Address, CHUNK, Chunk, Condition, KnownAddress, List, PeerKey, Ruleset, V4, V6,
};
use super::map::Map;
use super::program::Tables;
use super::sys::kind;

/// A rule set that needs more than there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules need {needed} {what}, and {free} are free (the limit is {limit})")]
pub struct RulesDoNotFit {
    /// Of what.
    pub what: &'static str,
    /// So many.
    pub needed: usize,
    /// So many are not taken by others.
    pub free: usize,
    /// So many there are.
    pub limit: usize,
}

/// Rules that are to be put in force at a slot.
#[derive(Clone, Copy, Debug)]
pub struct SlotRules<'a> {
    /// The interface's slot.
    pub slot: u32,
    /// Their number in the rule timeline.
    pub generation: u16,
    /// What they say.
    pub rules: &'a FlatRules,
    /// Whether the size of the slot's table of connections is an allowance.
    pub has_allowance: bool,
    /// Whether what they refuse is dropped.
    pub is_enforced: bool,
    /// TCP that may have been open before is let on before this second since boot.
    pub grace_until: u32,
}

/// What of the kernel's tables is taken by whom.
#[derive(Debug)]
pub(super) struct RuleStore {
    sets: HashMap<Arc<FlatBlocks>, Set>,
    by_slot: BTreeMap<u32, Vec<Arc<FlatBlocks>>>,
    next_set: u32,
    peers: usize,
    most_peers: usize,
    chunks: Chunks,
    /// What an earlier process has left in use.
    stale: Vec<(PeerKey, List)>,
}

#[derive(Debug)]
struct Set {
    number: u32,
    uses: usize,
    /// First chunk and number of chunks of all its lists.
    chunks: (u32, u32),
}

impl RuleStore {
    /// Takes over tables. What is in them belongs to rules that are in force until they are replaced.
    pub(super) fn new(tables: &Tables, most_peers: u32, most_chunks: u32) -> io::Result<Self> {
        let mut stale = Vec::new();
        tables
            .peers
            .read(|keys, values| stale.extend(keys.iter().copied().zip(values.iter().copied())))?;
        let mut chunks = Chunks::new(most_chunks);
        let ranges: HashSet<(u32, u32)> =
            stale.iter().map(|(_, list)| (list.first_chunk, list.chunks)).collect();
        for (first, count) in ranges {
            chunks.take_at(first, count);
        }
        let next_set = stale.iter().map(|(key, _)| key.set).max().unwrap_or(0) + 1;
        Ok(Self {
            sets: HashMap::new(),
            by_slot: BTreeMap::new(),
            next_set,
            peers: stale.len(),
            most_peers: most_peers as usize,
            chunks,
            stale,
        })
    }

    /// Puts the rules of a slot in force. If they do not fit, those before stay.
    pub(super) fn set(
        &mut self,
        tables: &Tables,
        slot: u32,
        generation: u16,
        rules: &FlatRules,
        has_allowance: bool,
    ) -> Result<(), EbpfError> {
        let one = SlotRules {
            slot,
            generation,
            rules,
            has_allowance,
            is_enforced: false,
            grace_until: 0,
        };
        match self.set_all(tables, &[one])?.pop() {
            Some((_, refusal)) => Err(EbpfError::Rules(refusal)),
            None => Ok(()),
        }
    }

    /// Puts the rules of many slots in force, and waits but once until those before are out of use. Returns the
    /// slots whose rules do not fit: there those before stay.
    pub(super) fn set_all(
        &mut self,
        tables: &Tables,
        all: &[SlotRules<'_>],
    ) -> Result<Vec<(u32, RulesDoNotFit)>, EbpfError> {
        let (mut refused, mut slots) = (Vec::new(), Vec::new());
        let (mut rulesets, mut used_by) = (Vec::new(), Vec::new());
        for one in all {
            match self.prepare(tables, one) {
                Ok((ruleset, used)) => {
                    slots.push(one.slot);
                    rulesets.push(ruleset);
                    used_by.push(used);
                }
                Err(EbpfError::Rules(refusal)) => refused.push((one.slot, refusal)),
                Err(error) => {
                    self.release_all(tables, &used_by)?;
                    return Err(error);
                }
            }
        }
        if let Err(error) = put_in_force(tables, &slots, &rulesets) {
            self.release_all(tables, &used_by)?;
            return Err(EbpfError::io("put rules in force")(error));
        }
        let before: Vec<_> = slots
            .into_iter()
            .zip(used_by)
            .filter_map(|(slot, used)| self.by_slot.insert(slot, used))
            .collect();
        self.release_all(tables, &before)?;
        Ok(refused)
    }

    /// Writes down what the rules of a slot refer to, and returns them and the sets that they use.
    fn prepare(
        &mut self,
        tables: &Tables,
        one: &SlotRules<'_>,
    ) -> Result<(Ruleset, Vec<Arc<FlatBlocks>>), EbpfError> {
        let SlotRules { generation, rules, has_allowance, is_enforced, grace_until, .. } = *one;
        let mut own = known_addresses(rules);
        let reserved = rules
            .reserved
            .iter()
            .map(|(address, why)| KnownAddress { exclusion: *why as u8, ..known(*address) });
        let reserved: Vec<KnownAddress> = reserved.collect();
        if reserved.len() > layout::RESERVED_ADDRESSES {
            return Err(EbpfError::Rules(RulesDoNotFit {
                what: "reserved addresses",
                needed: reserved.len(),
                free: layout::RESERVED_ADDRESSES,
                limit: layout::RESERVED_ADDRESSES,
            }));
        }
        let own_blocks = own.split_off(own.len().min(layout::OWN_ADDRESSES));
        let own_blocks = blocks_of(
            own_blocks.into_iter().map(|own| own.0).chain(delegated(rules)).collect::<Vec<_>>(),
        );
        let counterparts = blocks_of(rules.counterparts.clone());

        let mut use_of = Uses { store: self, tables, used: Vec::new() };
        let result = (|| -> Result<Ruleset, EbpfError> {
            let mut ruleset = Ruleset {
                generation,
                implicit_deny: rules.implicit_deny.0,
                never_filtered: rules.never_filtered.0,
                allowance: rules.allowance.0,
                tcp_established: rules.timeouts.tcp_established,
                udp_stream: rules.timeouts.udp_stream,
                udp: rules.timeouts.udp,
                grace_until,
                grace: rules.grace.0,
                own: use_of.set(&own_blocks)?,
                counterparts: use_of.set(&counterparts)?,
                ..Ruleset::default()
            };
            for (family, flat) in rules.families.iter().enumerate() {
                for direction in [0, 1] {
                    let place = |of: &mut [[u32; 2]; 2], value| {
                        if let Some(cell) = of.get_mut(family).and_then(|of| of.get_mut(direction))
                        {
                            *cell = value;
                        }
                    };
                    let groups = flat.groups.get(direction).cloned().unwrap_or_default();
                    place(&mut ruleset.groups, use_of.set(&groups)?);
                    if let Some(Some(acl)) = flat.acl.get(direction) {
                        place(&mut ruleset.acl, use_of.set_even_if_empty(&acl.entries)?);
                        place(&mut ruleset.acl_last, acl.last.0);
                    }
                    let (tcp, udp) = flat.open.get(direction).copied().unwrap_or_default();
                    if let Some(cell) =
                        ruleset.open.get_mut(family).and_then(|of| of.get_mut(direction))
                    {
                        *cell = u8::from(tcp) | u8::from(udp) << 1;
                    }
                }
            }
            Ok(ruleset)
        })();
        let used = std::mem::take(&mut use_of.used);
        let mut ruleset = match result {
            Ok(ruleset) => ruleset,
            Err(error) => {
                self.release(tables, &used)?;
                return Err(error);
            }
        };
        ruleset.marks = marks([
            (rules.own.is_some(), layout::rules::CHECKS_SOURCE_AND_DESTINATION),
            (rules.always_tracked, layout::rules::ALWAYS_TRACKED),
            (has_allowance, layout::rules::HAS_ALLOWANCE),
            (is_enforced, layout::rules::ENFORCED),
        ]);
        ruleset.own_count = fill(&mut ruleset.own_address, own.into_iter().map(|own| own.1));
        ruleset.reserved_count = fill(&mut ruleset.reserved, reserved);
        Ok((ruleset, used))
    }

    /// Has every packet of a slot counted, without rules.
    pub(super) fn set_unjudged(&mut self, tables: &Tables, slot: u32) -> Result<(), EbpfError> {
        let ruleset = Ruleset { marks: layout::rules::UNJUDGED, ..Ruleset::default() };
        put_in_force(tables, &[slot], &[ruleset]).map_err(EbpfError::io("put rules in force"))?;
        self.remove(tables, slot)
    }

    /// Has every packet of a slot dropped, but what no rules would filter. The ground of that is the number 0.
    pub(super) fn set_closed(&mut self, tables: &Tables, slot: u32) -> Result<(), EbpfError> {
        let marks = layout::rules::ENFORCED | layout::rules::CLOSED;
        let ruleset = Ruleset { marks, ..Ruleset::default() };
        put_in_force(tables, &[slot], &[ruleset]).map_err(EbpfError::io("put rules in force"))?;
        self.remove(tables, slot)
    }

    /// Forgets the rules of a slot, which nothing uses any more.
    pub(super) fn remove(&mut self, tables: &Tables, slot: u32) -> Result<(), EbpfError> {
        let before = self.by_slot.remove(&slot).unwrap_or_default();
        self.release(tables, &before)
    }

    /// Removes what an earlier process has left, once none of its rules are in force any more.
    pub(super) fn forget_stale(&mut self, tables: &Tables) -> Result<(), EbpfError> {
        let stale = std::mem::take(&mut self.stale);
        let keys: Vec<PeerKey> = stale.iter().map(|(key, _)| *key).collect();
        tables.peers.remove_all(&keys).map_err(EbpfError::io("remove old rules"))?;
        self.peers -= keys.len();
        let ranges: HashSet<(u32, u32)> =
            stale.iter().map(|(_, list)| (list.first_chunk, list.chunks)).collect();
        for (first, count) in ranges {
            self.chunks.give_back(first, count);
        }
        Ok(())
    }

    fn release_all(
        &mut self,
        tables: &Tables,
        used_by: &[Vec<Arc<FlatBlocks>>],
    ) -> Result<(), EbpfError> {
        used_by.iter().try_for_each(|used| self.release(tables, used))
    }

    fn release(&mut self, tables: &Tables, used: &[Arc<FlatBlocks>]) -> Result<(), EbpfError> {
        for blocks in used {
            let Some(set) = self.sets.get_mut(blocks) else { continue };
            set.uses -= 1;
            if set.uses > 0 {
                continue;
            }
            let (number, (first, count)) = (set.number, set.chunks);
            self.sets.remove(blocks);
            let keys: Vec<PeerKey> =
                blocks.blocks.iter().map(|(cidr, _)| peer_key(number, *cidr)).collect();
            tables.peers.remove_all(&keys).map_err(EbpfError::io("remove old rules"))?;
            self.peers -= keys.len();
            self.chunks.give_back(first, count);
        }
        Ok(())
    }

    /// Writes a set that is not there yet.
    fn write(&mut self, tables: &Tables, blocks: &Arc<FlatBlocks>) -> Result<u32, EbpfError> {
        let chunks_of = |list: &Vec<FlatCondition>| list.len().div_ceil(CHUNK);
        let needed: usize = blocks.lists.iter().map(chunks_of).sum();
        let free = self.most_peers - self.peers;
        if blocks.blocks.len() > free {
            let (needed, limit) = (blocks.blocks.len(), self.most_peers);
            return Err(EbpfError::Rules(RulesDoNotFit {
                what: "address blocks",
                needed,
                free,
                limit,
            }));
        }
        let count = u32::try_from(needed).unwrap_or(u32::MAX);
        let first = self.chunks.take(count).ok_or_else(|| {
            let (free, limit) =
                (self.chunks.longest() as usize * CHUNK, self.chunks.all as usize * CHUNK);
            EbpfError::Rules(RulesDoNotFit {
                what: "conditions in one piece",
                needed: needed * CHUNK,
                free,
                limit,
            })
        })?;
        let number = self.next_set;
        self.next_set = self.next_set.checked_add(1).unwrap_or(1);

        let mut next = first;
        let (mut places, mut chunks, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for list in &blocks.lists {
            let of_list = u32::try_from(chunks_of(list)).unwrap_or(u32::MAX);
            lists.push(List { first_chunk: next, chunks: of_list });
            for conditions in list.chunks(CHUNK) {
                places.push(next);
                chunks.push(chunk(conditions));
                next += 1;
            }
        }
        let keys: Vec<PeerKey> =
            blocks.blocks.iter().map(|(cidr, _)| peer_key(number, *cidr)).collect();
        let values: Vec<List> = blocks
            .blocks
            .iter()
            .map(|(_, place)| lists.get(*place).copied().unwrap_or_default())
            .collect();
        let write = || -> io::Result<()> {
            tables.lists.set_all(&places, &chunks)?;
            tables.peers.set_all(&keys, &values)
        };
        write().map_err(EbpfError::io("write rules"))?;
        self.peers += keys.len();
        let set = Set { number, uses: 1, chunks: (first, count) };
        self.sets.insert(Arc::clone(blocks), set);
        Ok(number)
    }
}

/// The sets that a slot's new rules use.
struct Uses<'a> {
    store: &'a mut RuleStore,
    tables: &'a Tables,
    used: Vec<Arc<FlatBlocks>>,
}

impl Uses<'_> {
    /// Returns the number of a set; 0 for the empty one.
    fn set(&mut self, blocks: &FlatBlocks) -> Result<u32, EbpfError> {
        if blocks.blocks.is_empty() { Ok(0) } else { self.set_even_if_empty(blocks) }
    }

    /// Returns the number of a set that is there, be it empty.
    fn set_even_if_empty(&mut self, blocks: &FlatBlocks) -> Result<u32, EbpfError> {
        let (number, blocks) = if let Some((known, _)) = self.store.sets.get_key_value(blocks) {
            let known = Arc::clone(known);
            let set = self.store.sets.get_mut(&known);
            (
                set.map_or(0, |set| {
                    set.uses += 1;
                    set.number
                }),
                known,
            )
        } else {
            let blocks = Arc::new(blocks.clone());
            (self.store.write(self.tables, &blocks)?, blocks)
        };
        self.used.push(blocks);
        Ok(number)
    }
}

/// Which chunks are free.
#[derive(Debug)]
struct Chunks {
    all: u32,
    // First free chunk → how many; no two touch.
    free: BTreeMap<u32, u32>,
}

impl Chunks {
    fn new(all: u32) -> Self {
        Self { all, free: BTreeMap::from([(0, all)]) }
    }

    /// Takes chunks in one piece.
    fn take(&mut self, count: u32) -> Option<u32> {
        if count == 0 {
            return Some(0);
        }
        let (first, length) = self
            .free
            .iter()
            .map(|(first, length)| (*first, *length))
            .find(|(_, length)| *length >= count)?;
        self.take_at(first, count);
        debug_assert!(length >= count);
        Some(first)
    }

    /// Takes the free ones of some chunks.
    fn take_at(&mut self, first: u32, count: u32) {
        let end = first.saturating_add(count);
        let touched: Vec<(u32, u32)> = self
            .free
            .range(..end)
            .map(|(start, length)| (*start, start + length))
            .filter(|(_, stop)| *stop > first)
            .collect();
        for (start, stop) in touched {
            self.free.remove(&start);
            if start < first {
                self.free.insert(start, first - start);
            }
            if stop > end {
                self.free.insert(end, stop - end);
            }
        }
    }

    fn give_back(&mut self, first: u32, count: u32) {
        if count == 0 {
            return;
        }
        let (mut start, mut stop) = (first, first + count);
        if let Some((before, length)) = self.free.range(..first).next_back().map(|(a, b)| (*a, *b))
            && before + length == start
        {
            self.free.remove(&before);
            start = before;
        }
        if let Some(length) = self.free.remove(&stop) {
            stop += length;
        }
        self.free.insert(start, stop - start);
    }

    fn longest(&self) -> u32 {
        self.free.values().copied().max().unwrap_or(0)
    }
}

/// Lets rules be those of slots. When this returns nothing uses those before any more.
fn put_in_force(tables: &Tables, slots: &[u32], rulesets: &[Ruleset]) -> io::Result<()> {
    let mut new = Vec::new();
    for ruleset in rulesets {
        let table = Map::<u32, Ruleset>::create(kind::ARRAY, 1, 0, "ruleset")?;
        table.set(&0, ruleset)?;
        new.push(table);
    }
    tables.rulesets.put_all(slots, &new)
}

/// Joins the marks of what holds.
fn marks<const N: usize>(of: [(bool, u16); N]) -> u16 {
    of.iter().filter(|(holds, _)| *holds).fold(0, |sum, (_, mark)| sum | mark)
}

fn chunk(conditions: &[FlatCondition]) -> Chunk {
    let nobodys = Condition { protocol: layout::condition::NOBODYS, ..Condition::default() };
    let mut chunk = Chunk { condition: [nobodys; CHUNK] };
    for (cell, condition) in chunk.condition.iter_mut().zip(conditions) {
        *cell = Condition {
            protocol: condition.protocol,
            marks: marks([
                (condition.allows, layout::condition::ALLOWS),
                (condition.for_everyone, layout::condition::FOR_EVERYONE),
                (condition.code_alone, layout::condition::CODE_ALONE),
            ]),
            low: condition.low,
            span: condition.span,
            ground: condition.ground.0,
        };
    }
    chunk
}

fn peer_key(set: u32, cidr: Cidr) -> PeerKey {
    PeerKey { prefix_len: 32 + u32::from(cidr.prefix_len()), set, block: address(cidr.address()) }
}

/// Returns an address as it is on the wire, IPv4 in the first four bytes.
pub(super) fn address(address: IpAddr) -> Address {
    let mut bytes = Address::default();
    match address {
        IpAddr::V4(v4) => {
            for (cell, octet) in bytes.iter_mut().zip(v4.octets()) {
                *cell = octet;
            }
        }
        IpAddr::V6(v6) => bytes = v6.octets(),
    }
    bytes
}

fn known(of: IpAddr) -> KnownAddress {
    let family = if of.is_ipv4() { V4 } else { V6 };
    KnownAddress { address: address(of), family, exclusion: 0, zero: 0 }
}

/// The interface's own single addresses.
fn known_addresses(rules: &FlatRules) -> Vec<(Cidr, KnownAddress)> {
    let own = rules.own.iter().flatten();
    own.filter(|cidr| is_host(**cidr)).map(|cidr| (*cidr, known(cidr.address()))).collect()
}

/// The blocks of addresses that are its own.
fn delegated(rules: &FlatRules) -> impl Iterator<Item = Cidr> {
    rules.own.iter().flatten().copied().filter(|cidr| !is_host(*cidr))
}

fn is_host(cidr: Cidr) -> bool {
    cidr == Cidr::host(cidr.address())
}

/// A set of addresses of which nothing is said.
fn blocks_of(cidrs: Vec<Cidr>) -> FlatBlocks {
    let lists = if cidrs.is_empty() { Vec::new() } else { vec![Vec::new()] };
    FlatBlocks { blocks: cidrs.into_iter().map(|cidr| (cidr, 0)).collect(), lists }
}

fn fill(cells: &mut [KnownAddress], with: impl IntoIterator<Item = KnownAddress>) -> u8 {
    let mut count = 0_u8;
    for (cell, known) in cells.iter_mut().zip(with) {
        *cell = known;
        count += 1;
    }
    count
}

//! The rules of a set of security groups, pooled and compiled.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use flowlogd_packet::protocol;
use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;

use super::bits::{AddressBits, Block, PerDirection};
use super::ownership::own_addresses;
use super::rule_name::rule_name;
use super::service::{Service, ServiceKey};
use crate::{
    Cidr, Direction, Ground, GroundIndex, Inventory, Lacking, NearestMiss, Peer, RuleBook,
    SecurityGroup, SecurityGroupRule,
};

/// Up to so many pairs of rule and address block are compared one after the other: that costs about
/// a nanosecond each, a look-up per prefix length about five.
const FLAT: usize = 64;

/// Whom the rules of the inventory's security groups mean, and what they are called.
pub(crate) struct GroupCatalogue<'a> {
    inventory: &'a Inventory,
    members: Vec<Vec<Cidr>>,
    grounds: Vec<PerDirection<Vec<(GroundIndex, String)>>>,
}

impl<'a> GroupCatalogue<'a> {
    /// Resolves the groups' members and numbers the rules.
    pub(crate) fn new(inventory: &'a Inventory, book: &mut RuleBook) -> Self {
        let mut members = vec![Vec::new(); inventory.security_groups.len()];
        for interface in &inventory.interfaces {
            for &group in &interface.security_groups {
                if let Some(members) = members.get_mut(group) {
                    members.extend(own_addresses(interface));
                }
            }
        }
        for members in &mut members {
            members.sort_unstable();
            members.dedup();
        }
        let mut grounds_of = |group: &SecurityGroup, direction: Direction| -> Vec<_> {
            rules_of(group, direction)
                .iter()
                .map(|rule| {
                    let name = rule_name(inventory, group, direction, rule);
                    (book.number_ground(Ground::SecurityGroupRule(name.clone())), name)
                })
                .collect()
        };
        let grounds = inventory
            .security_groups
            .iter()
            .map(|group| PerDirection::from_fn(|direction| grounds_of(group, direction)))
            .collect();
        Self { inventory, members, grounds }
    }

    /// Returns the addresses that a rule is about.
    pub(crate) fn addresses_of<'p>(&'p self, peer: &'p Peer) -> &'p [Cidr] {
        match peer {
            Peer::Cidr(cidr) => slice::from_ref(cidr),
            Peer::PrefixList(list) => {
                self.inventory.prefix_lists.get(*list).map_or(&[], |list| &list.entries)
            }
            Peer::SecurityGroup(group) => {
                self.members.get(*group).map_or(&[], |members| members.as_slice())
            }
            Peer::UnknownGroup(_) => &[],
        }
    }

    /// Returns the rules of several groups, each with its name, in no particular order.
    pub(crate) fn rules(
        &self,
        groups: &[usize],
        direction: Direction,
    ) -> impl Iterator<Item = (&SecurityGroupRule, &(GroundIndex, String))> {
        groups.iter().flat_map(move |&group| {
            let rules = self
                .inventory
                .security_groups
                .get(group)
                .map_or(&[][..], |group| rules_of(group, direction));
            let grounds =
                self.grounds.get(group).map_or(&[][..], |grounds| grounds.of(direction).as_slice());
            rules.iter().zip(grounds)
        })
    }
}

/// Returns the rules of a direction.
pub(crate) fn rules_of(group: &SecurityGroup, direction: Direction) -> &[SecurityGroupRule] {
    match direction {
        Direction::Ingress => &group.ingress,
        Direction::Egress => &group.egress,
    }
}

/// Whom a rule means, as far as connection tracking asks (vpc-filtering.md §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// `0.0.0.0/0` or `::/0`.
    Everyone,
    /// A narrower block, a prefix list or a group.
    Some,
}

/// A rule, as far as it concerns one direction and family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) ground: GroundIndex,
    pub(crate) reach: Reach,
    pub(crate) service: Service,
}

/// The pooled rules of a set of groups for one direction and family, in the canonical order:
/// longest prefix, then narrowest ports, then id (semantics.md 10).
#[derive(Debug)]
pub(crate) struct GroupRules<A> {
    // By narrowest ports, then id.
    rules: Box<[Rule]>,
    blocks: Blocks<A>,
    // `rules` by the longest prefix that each has, whether or not it holds the packet's peer.
    by_longest_prefix: Box<[u32]>,
    // Rules of the other family for everyone.
    other_family: Box<[(Service, GroundIndex)]>,
    // Protocols of which some rule allows everyone everything.
    open: Box<[u8]>,
}

/// Where a rule's addresses are.
#[derive(Debug)]
enum Blocks<A> {
    /// Few: in the canonical order.
    Flat(Box<[(Block<A>, u32)]>),
    /// Many: one table per prefix length, the longest first.
    ByLength(Box<[PrefixLength<A>]>),
}

#[derive(Debug)]
struct PrefixLength<A> {
    mask: A,
    // Many addresses have the same rules: the members of a group, the entries of a prefix list.
    rules: HashMap<A, Arc<[u32]>, FxBuildHasher>,
}

impl<A: AddressBits> GroupRules<A> {
    /// Pools and compiles the rules of `groups`.
    pub(crate) fn compile(
        catalogue: &GroupCatalogue<'_>,
        groups: &[usize],
        direction: Direction,
    ) -> Self {
        let mut pooled: Vec<_> = catalogue
            .rules(groups, direction)
            .map(|(rule, (ground, name))| {
                (Service::new(rule.protocol, rule.ports), name, *ground, &rule.peer)
            })
            .collect();
        pooled.sort_by(|a, b| a.0.width().cmp(&b.0.width()).then_with(|| a.1.cmp(b.1)));

        let mut rules = Vec::new();
        let mut other_family = Vec::new();
        let mut by_longest_prefix = Vec::new();
        let mut blocks: BTreeMap<u8, HashMap<A, Vec<u32>, FxBuildHasher>> = BTreeMap::new();
        for (service, _, ground, peer) in pooled {
            let addresses = catalogue.addresses_of(peer);
            let reach = reach(peer);
            if !concerns::<A>(peer, addresses) {
                if reach == Reach::Everyone {
                    other_family.push((service, ground));
                }
                continue;
            }
            let number = u32::try_from(rules.len()).unwrap_or(u32::MAX);
            rules.push(Rule { ground, reach, service: service.in_family::<A>() });
            let mut longest = 0;
            for cidr in addresses {
                let Some(base) = A::from_ip(cidr.address()) else { continue };
                longest = longest.max(cidr.prefix_len());
                let numbers = blocks.entry(cidr.prefix_len()).or_default().entry(base).or_default();
                // A list may hold a block twice.
                if numbers.last() != Some(&number) {
                    numbers.push(number);
                }
            }
            by_longest_prefix.push((longest, number));
        }
        by_longest_prefix.sort_by_key(|&(longest, _)| std::cmp::Reverse(longest));

        let is_open = |protocol: &u8| {
            let covers = |rule: &Rule| rule.service.covers(*protocol);
            rules.iter().any(|rule| rule.reach == Reach::Everyone && covers(rule))
        };
        let open = [protocol::TCP, protocol::UDP].into_iter().filter(is_open).collect();

        Self {
            rules: rules.into(),
            blocks: Blocks::new(blocks),
            open,
            by_longest_prefix: by_longest_prefix.into_iter().map(|(_, number)| number).collect(),
            other_family: other_family.into(),
        }
    }

    /// Returns the rule that decides: the first that allows.
    pub(crate) fn deciding_rule(&self, peer: A, key: ServiceKey) -> Option<&Rule> {
        self.first_about(peer, |rule| rule.service.matches(key))
    }

    /// Returns the rule that came nearest to allowing what no rule allows. A rule for just this service
    /// is most likely the one that was meant, whoever the peer is; then one for this peer that lacks the
    /// port; then one for any service that lacks the peer; then one that lacks the protocol, or the
    /// family.
    pub(crate) fn nearest_miss(&self, peer: A, key: ServiceKey) -> Option<NearestMiss> {
        let miss = |lacking| move |rule: &Rule| NearestMiss { rule: rule.ground, lacking };

        let mut other_protocol = None;
        let other_port = self.first_about(peer, |rule| {
            if other_protocol.is_none() && rule.service.ports_match(key) {
                other_protocol = Some(*rule);
            }
            rule.service.protocol_matches(key)
        });
        let other_peer = |is_wanted: fn(&Rule) -> bool| {
            let mut rules =
                self.by_longest_prefix.iter().filter_map(|&number| self.rules.get(number as usize));
            rules.find(|rule| is_wanted(rule) && rule.service.matches(key))
        };
        let other_family = || {
            let mut rules = self.other_family.iter();
            rules
                .find(|(service, _)| service.matches_across_families(key))
                .map(|&(_, rule)| NearestMiss { rule, lacking: Lacking::Family })
        };
        other_peer(|rule| rule.service.is_narrow())
            .map(miss(Lacking::Peer))
            .or_else(|| other_port.map(miss(Lacking::Port)))
            .or_else(|| other_peer(|rule| !rule.service.is_narrow()).map(miss(Lacking::Peer)))
            .or_else(|| other_protocol.as_ref().map(miss(Lacking::Protocol)))
            .or_else(other_family)
    }

    /// Returns every address block that a rule has, with its rules by number, in the canonical order.
    pub(crate) fn blocks(&self) -> BTreeMap<(u8, A), Vec<u32>> {
        let mut all: BTreeMap<(u8, A), Vec<u32>> = BTreeMap::new();
        match &self.blocks {
            Blocks::Flat(blocks) => {
                for (block, number) in blocks {
                    let (base, len) = block.parts();
                    all.entry((len, base)).or_default().push(*number);
                }
            }
            Blocks::ByLength(lengths) => {
                for length in lengths {
                    for (base, numbers) in &length.rules {
                        all.insert((A::len_of(length.mask), *base), numbers.to_vec());
                    }
                }
            }
        }
        all
    }

    /// Returns the rule with a number.
    pub(crate) fn rule(&self, number: u32) -> Option<&Rule> {
        self.rules.get(number as usize)
    }

    /// Returns whether a rule allows everyone the whole of TCP or UDP.
    pub(crate) fn is_open(&self, protocol: u8) -> bool {
        self.open.contains(&protocol)
    }

    /// Returns the first rule about `peer` that is wanted.
    fn first_about(&self, peer: A, mut wanted: impl FnMut(&Rule) -> bool) -> Option<&Rule> {
        match &self.blocks {
            Blocks::Flat(blocks) => blocks
                .iter()
                .filter(|(block, _)| block.contains(peer))
                .filter_map(|&(_, number)| self.rules.get(number as usize))
                .find(|rule| wanted(rule)),
            Blocks::ByLength(lengths) => lengths
                .iter()
                .filter_map(|length| length.rules.get(&(peer & length.mask)))
                .flat_map(|numbers| numbers.iter())
                .filter_map(|&number| self.rules.get(number as usize))
                .find(|rule| wanted(rule)),
        }
    }
}

impl<A: AddressBits> Blocks<A> {
    fn new(by_length: BTreeMap<u8, HashMap<A, Vec<u32>, FxBuildHasher>>) -> Self {
        let pairs: usize = by_length.values().flat_map(HashMap::values).map(Vec::len).sum();
        let longest_first = by_length.into_iter().rev();
        if pairs > FLAT {
            let mut known = HashSet::default();
            return Self::ByLength(
                longest_first
                    .map(|(len, rules)| PrefixLength::new(len, rules, &mut known))
                    .collect(),
            );
        }
        let mut flat = Vec::with_capacity(pairs);
        for (len, rules) in longest_first {
            let from = flat.len();
            let mask = A::mask(len);
            for (base, numbers) in rules {
                let block = Block::masked(base, mask);
                flat.extend(numbers.into_iter().map(|number| (block, number)));
            }
            if let Some(this_length) = flat.get_mut(from..) {
                this_length.sort_unstable_by_key(|&(_, number)| number);
            }
        }
        Self::Flat(flat.into())
    }
}

impl<A: AddressBits> PrefixLength<A> {
    fn new(
        len: u8,
        rules: HashMap<A, Vec<u32>, FxBuildHasher>,
        known: &mut HashSet<Arc<[u32]>, FxBuildHasher>,
    ) -> Self {
        let rules =
            rules.into_iter().map(|(base, numbers)| (base, shared(numbers, known))).collect();
        Self { mask: A::mask(len), rules }
    }
}

fn shared(numbers: Vec<u32>, known: &mut HashSet<Arc<[u32]>, FxBuildHasher>) -> Arc<[u32]> {
    if let Some(same) = known.get(numbers.as_slice()) {
        return Arc::clone(same);
    }
    let list: Arc<[u32]> = numbers.into();
    known.insert(Arc::clone(&list));
    list
}

fn reach(peer: &Peer) -> Reach {
    match peer {
        Peer::Cidr(cidr) if cidr.prefix_len() == 0 => Reach::Everyone,
        Peer::Cidr(_) | Peer::PrefixList(_) | Peer::SecurityGroup(_) | Peer::UnknownGroup(_) => {
            Reach::Some
        }
    }
}

/// Returns whether a rule is of a family: a block has one, a group has both, a prefix list has its
/// entries' (an empty one has both, like a group without members).
fn concerns<A: AddressBits>(peer: &Peer, addresses: &[Cidr]) -> bool {
    let is_of_family = |cidr: &Cidr| A::from_ip(cidr.address()).is_some();
    match peer {
        Peer::Cidr(cidr) => is_of_family(cidr),
        Peer::PrefixList(_) => addresses.is_empty() || addresses.iter().any(is_of_family),
        Peer::SecurityGroup(_) | Peer::UnknownGroup(_) => true,
    }
}

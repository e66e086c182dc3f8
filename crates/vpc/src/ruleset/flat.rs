//! The rules of an interface without pointers, for a judge that cannot follow them: the kernel's.
//!
//! All that a rule or entry says of peers is told by address blocks. The longest block around a peer's address has
//! the list of everything that holds for it, in the order in which it is tried; so one look-up does for all rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use flowlogd_packet::protocol;

use super::Ruleset;
use super::acl::AclEntries;
use super::bits::{AddressBits, Block};
use super::exclusion::ServiceAddresses;
use super::groups::{GroupRules, Reach};
use super::ownership::own_addresses;
use super::service::Service;
use super::site::{FamilySite, Tracking, counterparts, reserved_addresses};
use crate::{Cidr, Direction, Exclusion, GroundIndex, InterfaceIndex, TrackingTimeouts};

/// All that judging at an interface reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatRules {
    /// How long connections last.
    pub timeouts: TrackingTimeouts,
    /// Whether no flow is left untracked, whatever the rules.
    pub always_tracked: bool,
    /// Ground of a refusal by the security groups.
    pub implicit_deny: GroundIndex,
    /// Ground of what is never filtered.
    pub never_filtered: GroundIndex,
    /// Ground of a refusal for want of allowance.
    pub allowance: GroundIndex,
    /// Ground of what is let on because it was open before.
    pub grace: GroundIndex,
    /// The interface's own addresses, where source or destination are checked to be one of them.
    pub own: Option<Vec<Cidr>>,
    /// Addresses that are AWS's in this VPC; of equal ones the first counts.
    pub reserved: Vec<(IpAddr, Exclusion)>,
    /// Peers whose traffic is not logged.
    pub counterparts: Vec<Cidr>,
    /// IPv4, IPv6.
    pub families: [FlatFamily; 2],
}

/// The rules of a family, by direction: ingress, egress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatFamily {
    /// The pooled rules of the security groups. No match: refused.
    pub groups: [FlatBlocks; 2],
    /// The network ACL, if the subnet has one.
    pub acl: [Option<FlatAcl>; 2],
    /// Whether a rule leaves all of TCP, all of UDP open to everyone.
    pub open: [(bool, bool); 2],
}

/// Entries of a network ACL. An empty list: none is consulted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatAcl {
    /// The numbered entries.
    pub entries: FlatBlocks,
    /// The `*` entry, which denies what no other matches.
    pub last: GroundIndex,
}

/// Address blocks, each with the list that holds for addresses of which it is the longest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlatBlocks {
    /// Blocks and the places of their lists, in ascending order.
    pub blocks: Vec<(Cidr, usize)>,
    /// No list is there twice.
    pub lists: Vec<Vec<FlatCondition>>,
}

/// Protocol and ports, and what follows if a packet has them.
///
/// A packet's selector is its destination port; `0x20000 | type << 8 | code` for ICMP; `0x40000` where there is
/// neither, or it is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlatCondition {
    /// An IANA number; `0xffff` for all; another number above 255 is no packet's.
    pub protocol: u16,
    /// Whether the ICMP type does not count, only the code.
    pub code_alone: bool,
    /// The lowest selector.
    pub low: u32,
    /// How many more selectors there are.
    pub span: u32,
    /// What the decision rests on. Of an allowing ACL entry it means nothing.
    pub ground: GroundIndex,
    /// Whether it allows.
    pub allows: bool,
    /// Whether the rule is for everyone, so that its flows may be left untracked.
    pub for_everyone: bool,
}

impl Ruleset {
    /// Returns the rules of an interface without pointers.
    pub fn flat(&self, index: InterfaceIndex) -> Option<FlatRules> {
        let (site, interface) = (self.site(index)?, self.interface(index)?);
        let reserved =
            reserved_addresses(&self.inventory, interface, self.options.reserved_addresses);
        Some(FlatRules {
            timeouts: site.timeouts,
            always_tracked: site.tracking == Tracking::Always,
            implicit_deny: site.implicit_deny,
            never_filtered: self.never_filtered_ground,
            allowance: self.allowance_ground,
            grace: self.grace_ground,
            own: interface.source_dest_check.then(|| own_addresses(interface)),
            reserved: reserved.into_iter().map(|(cidr, why)| (cidr.address(), why)).collect(),
            counterparts: counterparts(&self.inventory, interface),
            families: [flat_family(&site.v4), flat_family(&site.v6)],
        })
    }
}

fn flat_family<A: ServiceAddresses>(site: &FamilySite<A>) -> FlatFamily {
    let both = [Direction::Ingress, Direction::Egress];
    FlatFamily {
        groups: both.map(|direction| flat_groups(site.rules(direction))),
        acl: both.map(|direction| {
            site.acl(direction).map(|(subnet, entries)| flat_acl(subnet, entries))
        }),
        open: both.map(|direction| {
            let rules = site.rules(direction);
            (rules.is_open(protocol::TCP), rules.is_open(protocol::UDP))
        }),
    }
}

fn flat_groups<A: AddressBits>(rules: &GroupRules<A>) -> FlatBlocks {
    let by_block = rules.blocks();
    let lengths: BTreeSet<u8> = by_block.keys().map(|&(len, _)| len).collect();
    let mut gather = Gather::default();
    for &(len, base) in by_block.keys() {
        // What holds for the block: its own rules, then those of the blocks around it.
        let mut numbers: Vec<u32> = Vec::new();
        for &around in lengths.range(..=len).rev() {
            let block = (around, base & A::mask(around));
            for number in by_block.get(&block).into_iter().flatten() {
                if !numbers.contains(number) {
                    numbers.push(*number);
                }
            }
        }
        let conditions = numbers.iter().filter_map(|number| {
            let rule = rules.rule(*number)?;
            let for_everyone = rule.reach == Reach::Everyone;
            Some(FlatCondition { for_everyone, ..condition(&rule.service, rule.ground, true) })
        });
        gather.add(base, len, conditions.collect());
    }
    gather.flat
}

fn flat_acl<A: AddressBits>(subnet: &[Block<A>], acl: &AclEntries<A>) -> FlatAcl {
    let (entries, last) = acl.entries();
    let blocks: BTreeMap<(u8, A), Block<A>> = subnet
        .iter()
        .chain(entries.iter().map(|entry| &entry.block))
        .map(|block| {
            let (base, len) = block.parts();
            ((len, base), *block)
        })
        .collect();
    let mut gather = Gather::default();
    for (&(len, base), block) in &blocks {
        let is_inside = subnet.iter().any(|subnet| subnet.covers(block));
        let conditions =
            entries.iter().filter(|entry| !is_inside && entry.block.covers(block)).map(|entry| {
                condition(&entry.service, entry.denial.unwrap_or(last), entry.denial.is_none())
            });
        gather.add(base, len, conditions.collect());
    }
    FlatAcl { entries: gather.flat, last }
}

fn condition(service: &Service, ground: GroundIndex, allows: bool) -> FlatCondition {
    let (protocol, mask, low, span) = service.parts();
    FlatCondition {
        protocol,
        code_alone: mask != u32::MAX,
        low,
        span,
        ground,
        allows,
        for_everyone: false,
    }
}

/// Gathers blocks, and each list once.
#[derive(Default)]
struct Gather {
    flat: FlatBlocks,
    known: HashMap<Vec<FlatCondition>, usize>,
}

impl Gather {
    fn add<A: AddressBits>(&mut self, base: A, len: u8, list: Vec<FlatCondition>) {
        let Some(block) = Cidr::new(base.to_ip(), len) else { return };
        let place = *self.known.entry(list).or_insert_with_key(|list| {
            self.flat.lists.push(list.clone());
            self.flat.lists.len() - 1
        });
        self.flat.blocks.push((block, place));
    }
}

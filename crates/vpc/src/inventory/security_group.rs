//! Security groups and their rules.

use std::collections::{HashMap, HashSet};

use super::resolve::Resolver;
use crate::describe::{
    GroupMention, Mention, PeerItem, RuleItem, RuleText, SecurityGroupItem, shown,
};
use crate::{Cidr, Direction};

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Index into [`Inventory::vpcs`](crate::Inventory::vpcs).
    pub vpc: Option<usize>,
    /// Ingress rules, each with exactly one peer.
    pub ingress: Vec<SecurityGroupRule>,
    /// Egress rules.
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule of a security group: always "allow".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// `sgr-…`, where the file gives ids.
    pub id: Option<String>,
    /// `None` is every protocol (`-1`).
    pub protocol: Option<u8>,
    /// Ports, or ICMP type and code.
    pub ports: PortMatch,
    /// Source of an ingress rule, destination of an egress rule.
    pub peer: Peer,
}

/// The port condition of a rule or entry.
///
/// From an inventory file, rules and entries for TCP and UDP have a [`Range`](Self::Range), those for
/// ICMP and `ICMPv6` an [`Icmp`](Self::Icmp), all others [`Any`](Self::Any).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortMatch {
    /// Every port; every ICMP type and code.
    Any,
    /// TCP or UDP destination port, inclusive.
    Range {
        /// Lowest.
        from: u16,
        /// Highest.
        to: u16,
    },
    /// ICMP; `None` is any (`-1`).
    Icmp {
        /// ICMP type.
        kind: Option<u8>,
        /// ICMP code.
        code: Option<u8>,
    },
}

/// Who a security group rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address block.
    Cidr(Cidr),
    /// Index into [`Inventory::prefix_lists`](crate::Inventory::prefix_lists).
    PrefixList(usize),
    /// Index into [`Inventory::security_groups`](crate::Inventory::security_groups): the private addresses of its members.
    SecurityGroup(usize),
    /// A group that is not in the file (of a peer VPC, or stale): matches nothing. `sg-…`.
    UnknownGroup(String),
}

impl Resolver<'_> {
    pub(super) fn security_groups(&self) -> Vec<SecurityGroup> {
        let mut groups: Vec<_> =
            self.document.security_groups.iter().flatten().map(|item| self.group(item)).collect();
        let Some(rules) = &self.document.security_group_rules else {
            for (group, item) in
                groups.iter_mut().zip(self.document.security_groups.iter().flatten())
            {
                group.ingress = self.rules_of(item, item.ingress.as_deref());
                group.egress = self.rules_of(item, item.egress.as_deref());
            }
            return groups;
        };
        // The rules have ids, so they count (`semantics.md` 33).
        for item in rules {
            let Some(index) = self.groups.resolve(&item.group, self.findings) else { continue };
            let group_item = self.group_item(index);
            let owner = group_item.and_then(|group| group.owner).or(item.group_owner);
            let (Some(rule), Some(group)) = (
                self.rule(Some(item.id), &item.rule, owner, self.group_vpc(index)),
                groups.get_mut(index),
            ) else {
                continue;
            };
            match item.direction {
                Direction::Ingress => group.ingress.push(rule),
                Direction::Egress => group.egress.push(rule),
            }
        }
        // A rule that could not be read would be missing on one side only.
        if self.document.all_rules_are_read {
            self.check_both_answers(rules);
        }
        groups
    }

    fn group(&self, item: &SecurityGroupItem<'_>) -> SecurityGroup {
        let vpc = item.vpc.as_ref().and_then(|mention| self.vpcs.resolve(mention, self.findings));
        SecurityGroup { id: item.id.to_owned(), vpc, ingress: Vec::new(), egress: Vec::new() }
    }

    fn rules_of(
        &self,
        item: &SecurityGroupItem<'_>,
        texts: Option<&[RuleText<'_>]>,
    ) -> Vec<SecurityGroupRule> {
        let vpc = item.vpc.as_ref().and_then(|mention| self.vpcs.index(mention.id));
        let texts = texts.unwrap_or_default().iter();
        texts.filter_map(|text| self.rule(None, text, item.owner, vpc)).collect()
    }

    fn rule(
        &self,
        id: Option<&str>,
        text: &RuleText<'_>,
        owner: Option<&str>,
        vpc: Option<usize>,
    ) -> Option<SecurityGroupRule> {
        let peer = match &text.peer {
            PeerItem::Cidr(cidr) => Peer::Cidr(*cidr),
            PeerItem::PrefixList(mention) => Peer::PrefixList(self.known_prefix_list(mention)?),
            PeerItem::Group(mention) => self.group_peer(mention, owner, vpc)?,
        };
        let condition = text.condition;
        let id = id.map(str::to_owned);
        Some(SecurityGroupRule { id, protocol: condition.protocol, ports: condition.ports, peer })
    }

    /// Resolves a reference to a group, by a rule of a group of `owner`'s in `vpc`
    /// (vpc-filtering.md §2.4).
    ///
    /// A group elsewhere, or behind a peering that does not carry references, has no members here;
    /// a group that ought to be in the file and is not is a fault.
    fn group_peer(
        &self,
        mention: &GroupMention<'_>,
        owner: Option<&str>,
        vpc: Option<usize>,
    ) -> Option<Peer> {
        let known = self.groups.index(mention.id);
        if let Some(why) = self.closed_way(mention, known, vpc) {
            return Some(self.unknown_group(mention, why));
        }
        let Some(index) = known else {
            if self.is_elsewhere(mention, owner) {
                return Some(self.unknown_group(mention, "of another VPC that is not in the file"));
            }
            let mention = Mention { path: mention.path.clone(), id: mention.id };
            self.groups.resolve(&mention, self.findings);
            return None;
        };
        if let Some(peering) = &mention.peering
            && mention.peering_status.is_none()
        {
            self.peerings.resolve(peering, self.findings)?;
        }
        Some(Peer::SecurityGroup(index))
    }

    /// Returns why a group cannot be referred to, where the file says so.
    fn closed_way(
        &self,
        mention: &GroupMention<'_>,
        known: Option<usize>,
        vpc: Option<usize>,
    ) -> Option<&'static str> {
        const INACTIVE: &str = "over a peering that is not active";
        const OTHER_REGION: &str = "in another region";

        if mention.peering_status.is_some_and(|status| status != "active") {
            return Some(INACTIVE);
        }
        let peering = mention.peering.as_ref().and_then(|peering| self.peering(peering.id));
        if let Some(peering) = peering {
            return match (peering.active, peering.same_region) {
                (false, _) => Some(INACTIVE),
                (true, false) => Some(OTHER_REGION),
                (true, true) => None,
            };
        }
        if mention.peering.is_some() || mention.peering_status.is_some() {
            return None;
        }
        // The reference does not say how the other VPC is reached. Without a peering between the two
        // it is a transit gateway.
        let (ours, theirs) = (vpc?, known.and_then(|known| self.group_vpc(known))?);
        if ours == theirs || self.may_refer(ours, theirs)? { None } else { Some(INACTIVE) }
    }

    fn is_elsewhere(&self, mention: &GroupMention<'_>, owner: Option<&str>) -> bool {
        let other_owner = mention.user.is_some_and(|user| owner.is_some_and(|owner| owner != user));
        let other_vpc = mention.vpc.is_some_and(|vpc| self.vpcs.index(vpc).is_none());
        mention.peering.is_some() || mention.peering_status.is_some() || other_owner || other_vpc
    }

    fn unknown_group(&self, mention: &GroupMention<'_>, why: &str) -> Peer {
        if self.unknown_groups.borrow_mut().insert(mention.id.to_owned()) {
            self.findings.note(
                &mention.path,
                format_args!("{} is a group {why}: rules for it match nothing", shown(mention.id)),
            );
        }
        Peer::UnknownGroup(mention.id.to_owned())
    }

    /// Reports every rule that one of the two answers has and the other has not.
    fn check_both_answers(&self, rules: &[RuleItem<'_>]) {
        let mut by_rules: HashMap<_, HashSet<_>> = HashMap::new();
        for item in rules {
            by_rules.entry((item.group.id, item.direction)).or_default().insert(key(&item.rule));
        }
        let mut by_groups: HashMap<_, HashSet<_>> = HashMap::new();
        for group in self.document.security_groups.iter().flatten() {
            let lists = [(Direction::Ingress, &group.ingress), (Direction::Egress, &group.egress)];
            for (direction, texts) in lists {
                let Some(texts) = texts else { continue };
                let side = (group.id, direction);
                for text in texts {
                    if !by_rules.get(&side).is_some_and(|rules| rules.contains(&key(text))) {
                        self.findings.fault(
                            &text.path,
                            format_args!(
                                "SecurityGroupRules has no such rule of {}: both must be of one moment",
                                shown(group.id)
                            ),
                        );
                    }
                }
                by_groups.entry(side).or_default().extend(texts.iter().map(key));
            }
        }
        for item in rules {
            let group = by_groups.get(&(item.group.id, item.direction));
            if group.is_some_and(|texts| !texts.contains(&key(&item.rule))) {
                self.findings.fault(
                    &item.path,
                    format_args!(
                        "SecurityGroups has no such rule of {}: both must be of one moment",
                        shown(item.group.id)
                    ),
                );
            }
        }
    }
}

/// What makes two rules of a group and direction the same one.
type Key<'n> = (Option<u8>, PortMatch, PeerKey<'n>);

#[derive(PartialEq, Eq, Hash)]
enum PeerKey<'n> {
    Cidr(Cidr),
    Id(&'n str),
}

fn key<'n>(text: &RuleText<'n>) -> Key<'n> {
    let peer = match &text.peer {
        PeerItem::Cidr(cidr) => PeerKey::Cidr(*cidr),
        PeerItem::PrefixList(mention) => PeerKey::Id(mention.id),
        PeerItem::Group(mention) => PeerKey::Id(mention.id),
    };
    (text.condition.protocol, text.condition.ports, peer)
}

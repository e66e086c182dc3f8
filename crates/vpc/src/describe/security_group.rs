//! `describe-security-groups`, `describe-security-group-rules`, and
//! `describe-security-group-vpc-associations`.

use super::address::Family;
use super::item::{Item, Mention};
use super::protocol::{Condition, rule_condition};
use crate::{Cidr, Direction};

/// An element of `SecurityGroups`.
pub(crate) struct SecurityGroupItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) owner: Option<&'n str>,
    pub(crate) vpc: Option<Mention<'n>>,
    /// `None` where the group has no `IpPermissions` at all: it says nothing, not "no rules".
    pub(crate) ingress: Option<Vec<RuleText<'n>>>,
    pub(crate) egress: Option<Vec<RuleText<'n>>>,
}

/// An element of `SecurityGroupRules`.
pub(crate) struct RuleItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) group: Mention<'n>,
    pub(crate) group_owner: Option<&'n str>,
    pub(crate) direction: Direction,
    pub(crate) rule: RuleText<'n>,
}

/// What a rule says, whichever of the two answers it is from.
pub(crate) struct RuleText<'n> {
    pub(crate) path: String,
    pub(crate) condition: Condition,
    pub(crate) peer: PeerItem<'n>,
}

/// The peer of a rule as it is written.
pub(crate) enum PeerItem<'n> {
    Cidr(Cidr),
    PrefixList(Mention<'n>),
    Group(GroupMention<'n>),
}

/// A group that a rule refers to, and what the answer says of the way to it.
pub(crate) struct GroupMention<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) user: Option<&'n str>,
    pub(crate) vpc: Option<&'n str>,
    pub(crate) peering: Option<Mention<'n>>,
    pub(crate) peering_status: Option<&'n str>,
}

/// An element of `SecurityGroupVpcAssociations`: a group that may be used in another VPC too.
pub(crate) struct GroupVpcItem<'n> {
    pub(crate) group: &'n str,
    pub(crate) vpc: &'n str,
}

impl<'n> SecurityGroupItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let owner = item.account("OwnerId");
        let vpc = item.mention("VpcId", "vpc-");
        let ingress = item.list("IpPermissions").map(|list| permissions(&list));
        let egress = item.list("IpPermissionsEgress").map(|list| permissions(&list));
        let id = item.required_id("GroupId", "sg-")?;
        Some(Self { path: item.path.clone(), id, owner, vpc, ingress, egress })
    }
}

/// A permission with several peers is one rule for each (vpc-filtering.md §2.3).
pub(super) fn permissions<'n>(list: &[Item<'n, '_>]) -> Vec<RuleText<'n>> {
    list.iter().flat_map(permission).collect()
}

fn permission<'n>(item: &Item<'n, '_>) -> Vec<RuleText<'n>> {
    let condition = rule_condition(item);
    let lists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"]
        .map(|name| item.list(name).unwrap_or_default());
    if lists.iter().all(Vec::is_empty) {
        item.findings.fault(
            &item.path,
            "the permission is for nobody: expected an element in IpRanges, Ipv6Ranges, \
             PrefixListIds or UserIdGroupPairs",
        );
    }
    let [ipv4, ipv6, prefix_lists, groups] = lists;
    let peers = ipv4
        .iter()
        .map(|peer| (peer, cidr_peer(peer, "CidrIp", Family::Ipv4)))
        .chain(ipv6.iter().map(|peer| (peer, cidr_peer(peer, "CidrIpv6", Family::Ipv6))))
        .chain(prefix_lists.iter().map(|peer| {
            (peer, peer.required_mention("PrefixListId", "pl-").map(PeerItem::PrefixList))
        }))
        .chain(groups.iter().map(|peer| (peer, GroupMention::read(peer).map(PeerItem::Group))));
    // All peers are read before the condition is looked at, so that the faults of both are told.
    let peers: Vec<_> = peers.collect();
    let Some(condition) = condition else { return Vec::new() };
    peers
        .into_iter()
        .filter_map(|(item, peer)| {
            Some(RuleText { path: item.path.clone(), condition, peer: peer? })
        })
        .collect()
}

/// Reads the one rule for an IPv4 block that an operation's parameters themselves are.
pub(super) fn single_permission<'n>(item: &Item<'n, '_>) -> Option<RuleText<'n>> {
    let condition = rule_condition(item);
    let peer = cidr_peer(item, "CidrIp", Family::Ipv4);
    Some(RuleText { path: item.path.clone(), condition: condition?, peer: peer? })
}

fn cidr_peer<'n>(item: &Item<'n, '_>, name: &str, family: Family) -> Option<PeerItem<'n>> {
    if item.node(name).is_none() {
        item.missing(name, format_args!("expected an {} block", family.name()));
    }
    item.cidr(name, family).map(PeerItem::Cidr)
}

impl<'n> GroupMention<'n> {
    fn read(item: &Item<'n, '_>) -> Option<Self> {
        let user = item.text("UserId");
        let vpc = item.id("VpcId", "vpc-");
        let peering = item.mention("VpcPeeringConnectionId", "pcx-");
        let peering_status = item.text("PeeringStatus");
        let id = item.required_id("GroupId", "sg-")?;
        Some(Self { path: item.at("GroupId"), id, user, vpc, peering, peering_status })
    }
}

impl<'n> RuleItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let condition = rule_condition(item);
        let peer = rule_peer(item);
        let group = item.required_mention("GroupId", "sg-");
        let group_owner = item.text("GroupOwnerId");
        let direction = direction(item, "IsEgress");
        let id = item.required_id("SecurityGroupRuleId", "sgr-")?;
        let path = item.path.clone();
        let rule = RuleText { path: path.clone(), condition: condition?, peer: peer? };
        Some(Self { path, id, group: group?, group_owner, direction: direction?, rule })
    }
}

/// The one peer that a rule must have.
fn rule_peer<'n>(item: &Item<'n, '_>) -> Option<PeerItem<'n>> {
    const PEERS: [&str; 4] = ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupInfo"];

    let given: Vec<_> = PEERS.into_iter().filter(|name| item.node(name).is_some()).collect();
    let [name] = given.as_slice() else {
        let given = if given.is_empty() { "none of them".to_owned() } else { given.join(" and ") };
        item.findings.fault(
            &item.path,
            format_args!("expected exactly one of {}, got {given}", PEERS.join(", ")),
        );
        return None;
    };
    match *name {
        "CidrIpv4" => item.cidr(name, Family::Ipv4).map(PeerItem::Cidr),
        "CidrIpv6" => item.cidr(name, Family::Ipv6).map(PeerItem::Cidr),
        "PrefixListId" => item.mention(name, "pl-").map(PeerItem::PrefixList),
        _ => GroupMention::read(&item.object(name)?).map(PeerItem::Group),
    }
}

/// Reads a member that says whether a rule or entry is for egress.
pub(super) fn direction(item: &Item<'_, '_>, name: &str) -> Option<Direction> {
    if item.node(name).is_none() {
        item.missing(name, "expected true or false");
    }
    Some(if item.boolean(name)? { Direction::Egress } else { Direction::Ingress })
}

impl<'n> GroupVpcItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let group = item.required_id("GroupId", "sg-");
        let vpc = item.required_id("VpcId", "vpc-");
        if matches!(item.text("State"), Some("disassociated" | "association-failed")) {
            return None;
        }
        Some(Self { group: group?, vpc: vpc? })
    }
}

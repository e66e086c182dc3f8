//! How mentions become indexes, and what items may not say of each other.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::peering::{Peering, peerings, referable};
use crate::describe::{Document, Findings, Mention, SecurityGroupItem, SubnetItem, VpcItem, shown};
use crate::{Cidr, Inventory};

/// Turns a document into an inventory.
///
/// After a fault the inventory is thrown away, so what could not be resolved may stand in it as
/// anything: the aim is to go on and find the other faults.
pub(super) fn resolve(document: &Document<'_>, findings: &Findings) -> Inventory {
    let peerings = peerings(document);
    let resolver = Resolver::new(document, &peerings, findings);
    note_silence(document, findings);
    let acls_of_subnets = resolver.subnet_network_acls();
    let tables_of_subnets = resolver.subnet_route_tables();
    Inventory {
        vpcs: resolver.vpcs(),
        subnets: resolver.subnets(&acls_of_subnets, &tables_of_subnets),
        interfaces: resolver.interfaces(),
        security_groups: resolver.security_groups(),
        network_acls: resolver.network_acls(),
        prefix_lists: resolver.prefix_lists(),
        route_tables: resolver.route_tables(),
        ignored: Vec::new(),
        peerings,
    }
}

/// Notes what `describe-*` always prints and a file written by hand may lack, by oversight or by a slip of
/// the pen: it is taken as none, and changes every verdict.
fn note_silence(document: &Document<'_>, findings: &Findings) {
    let interfaces = document.interfaces.as_deref().unwrap_or_default();
    for item in interfaces {
        let is_addressed = item.primary_ipv4.is_some()
            || !item.ipv4_addresses.is_empty()
            || !item.ipv6_addresses.is_empty()
            || !item.prefixes.is_empty();
        if !is_addressed {
            findings.note(&item.path, format_args!("{} has no private address", item.id));
        }
        // A NAT gateway and its like have none.
        if item.groups.is_empty() && item.interface_type == "interface" {
            let id = item.id;
            findings
                .note(&item.path, format_args!("{id} has no Groups: all its traffic is refused"));
        }
    }
    if document.security_group_rules.is_some() {
        return;
    }
    for item in document.security_groups.as_deref().unwrap_or_default() {
        for (rules, member) in
            [(&item.ingress, "IpPermissions"), (&item.egress, "IpPermissionsEgress")]
        {
            if rules.is_none() {
                let id = item.id;
                findings.note(
                    &item.path,
                    format_args!("{id} has no {member}: it allows nothing there"),
                );
            }
        }
    }
}

/// A document with its ids indexed. The order of items is the order of the inventory's lists.
pub(super) struct Resolver<'n> {
    pub(super) document: &'n Document<'n>,
    pub(super) findings: &'n Findings,
    pub(super) vpcs: Ids<'n>,
    pub(super) subnets: Ids<'n>,
    pub(super) groups: Ids<'n>,
    pub(super) lists: Ids<'n>,
    pub(super) peerings: Ids<'n>,
    pub(super) peering_list: &'n [Peering],
    pub(super) referable: HashMap<[&'n str; 2], bool>,
    /// Groups of which a note has been made.
    pub(super) unknown_groups: RefCell<HashSet<String>>,
    /// The VPCs that a group was associated with besides its own.
    group_vpcs: HashSet<(&'n str, &'n str)>,
}

impl<'n> Resolver<'n> {
    fn new(document: &'n Document<'n>, peerings: &'n [Peering], findings: &'n Findings) -> Self {
        // Nothing mentions these, but their ids must be unique as well.
        Ids::new(
            "NetworkInterfaces",
            "NetworkInterfaceId",
            document.interfaces.as_deref(),
            |item| (item.id, &item.path),
            findings,
        );
        Ids::new(
            "NetworkAcls",
            "NetworkAclId",
            document.network_acls.as_deref(),
            |item| (item.id, &item.path),
            findings,
        );
        Ids::new(
            "RouteTables",
            "RouteTableId",
            document.route_tables.as_deref(),
            |item| (item.id, &item.path),
            findings,
        );
        Ids::new(
            "SecurityGroupRules",
            "SecurityGroupRuleId",
            document.security_group_rules.as_deref(),
            |item| (item.id, &item.path),
            findings,
        );
        let associations = document.security_group_vpcs.iter().flatten();
        Self {
            document,
            findings,
            vpcs: Ids::new(
                "Vpcs",
                "VpcId",
                document.vpcs.as_deref(),
                |item| (item.id, &item.path),
                findings,
            ),
            subnets: Ids::new(
                "Subnets",
                "SubnetId",
                document.subnets.as_deref(),
                |item| (item.id, &item.path),
                findings,
            ),
            groups: Ids::new(
                "SecurityGroups",
                "GroupId",
                document.security_groups.as_deref(),
                |item| (item.id, &item.path),
                findings,
            ),
            lists: Ids::new(
                "PrefixLists",
                "PrefixListId",
                document.prefix_lists.as_deref(),
                |item| (item.id, &item.path),
                findings,
            ),
            peerings: Ids::new(
                "VpcPeeringConnections",
                "VpcPeeringConnectionId",
                document.peerings.as_deref(),
                |item| (item.id, &item.path),
                findings,
            ),
            peering_list: peerings,
            referable: referable(peerings),
            unknown_groups: RefCell::default(),
            group_vpcs: associations.map(|item| (item.group, item.vpc)).collect(),
        }
    }

    pub(super) fn vpc_item(&self, index: usize) -> Option<&'n VpcItem<'n>> {
        self.document.vpcs.as_ref()?.get(index)
    }

    pub(super) fn subnet_item(&self, index: usize) -> Option<&'n SubnetItem<'n>> {
        self.document.subnets.as_ref()?.get(index)
    }

    pub(super) fn group_item(&self, index: usize) -> Option<&'n SecurityGroupItem<'n>> {
        self.document.security_groups.as_ref()?.get(index)
    }

    /// Returns the VPC of a subnet.
    pub(super) fn subnet_vpc(&self, subnet: usize) -> Option<usize> {
        self.vpcs.index(self.subnet_item(subnet)?.vpc.as_ref()?.id)
    }

    /// Returns the VPC of a security group.
    pub(super) fn group_vpc(&self, group: usize) -> Option<usize> {
        self.vpcs.index(self.group_item(group)?.vpc.as_ref()?.id)
    }

    /// Reports a group that an interface in `vpc` cannot have.
    pub(super) fn check_group_vpc(&self, mention: &Mention<'_>, group: usize, vpc: Option<usize>) {
        let theirs = self.group_vpc(group).and_then(|vpc| self.vpc_item(vpc));
        let ours = vpc.and_then(|vpc| self.vpc_item(vpc));
        let (Some(theirs), Some(ours)) = (theirs, ours) else { return };
        if theirs.id != ours.id && !self.group_vpcs.contains(&(mention.id, ours.id)) {
            self.findings.fault(
                &mention.path,
                format_args!("{} is of {}, the interface of {}", mention.id, theirs.id, ours.id),
            );
        }
    }

    /// Gives every subnet what is associated with it, else its VPC's `default`.
    pub(super) fn assign<'a>(
        &self,
        claims: impl Iterator<Item = Claim<'a, 'n>>,
        noun: &str,
        default: &str,
    ) -> Vec<Option<usize>>
    where
        'n: 'a,
    {
        let subnets = self.document.subnets.as_ref().map_or(0, Vec::len);
        let mut chosen: Vec<Option<(usize, &str)>> = vec![None; subnets];
        let mut defaults: HashMap<usize, (usize, &str)> = HashMap::new();
        for (index, claim) in claims.enumerate() {
            let vpc = claim.vpc.and_then(|mention| self.vpcs.resolve(mention, self.findings));
            if let (Some(path), Some(vpc)) = (claim.default, vpc)
                && let Some((_, other)) = defaults.insert(vpc, (index, claim.id))
            {
                self.findings.fault(
                    path,
                    format_args!(
                        "{} has {other} as its {default} {noun} already",
                        self.vpc_id(vpc)
                    ),
                );
            }
            for mention in claim.subnets {
                let Some(subnet) = self.subnets.resolve(mention, self.findings) else { continue };
                let theirs = self.subnet_vpc(subnet);
                if let (Some(theirs), Some(ours)) = (theirs, vpc)
                    && theirs != ours
                {
                    self.findings.fault(
                        &mention.path,
                        format_args!(
                            "{} is of {}, the {noun} of {}",
                            mention.id,
                            self.vpc_id(theirs),
                            self.vpc_id(ours)
                        ),
                    );
                }
                let Some(slot) = chosen.get_mut(subnet) else { continue };
                if let Some((_, other)) = slot.replace((index, claim.id)) {
                    self.findings.fault(
                        &mention.path,
                        format_args!("{} is associated with {other} already", mention.id),
                    );
                }
            }
        }
        let fallback = |subnet| defaults.get(&self.subnet_vpc(subnet)?).copied();
        chosen
            .into_iter()
            .enumerate()
            .map(|(subnet, chosen)| chosen.or_else(|| fallback(subnet)).map(|(index, _)| index))
            .collect()
    }

    fn vpc_id(&self, vpc: usize) -> &'n str {
        self.vpc_item(vpc).map_or("", |item| item.id)
    }
}

/// What a network ACL or a route table wants to be for.
pub(super) struct Claim<'a, 'n> {
    pub(super) id: &'n str,
    pub(super) vpc: Option<&'a Mention<'n>>,
    /// Where it says that it is its VPC's default one, if it does.
    pub(super) default: Option<&'a String>,
    pub(super) subnets: &'a [Mention<'n>],
}

/// The ids of one section.
pub(super) struct Ids<'n> {
    section: &'static str,
    given: bool,
    indexes: HashMap<&'n str, usize>,
}

impl<'n> Ids<'n> {
    /// Takes the ids of a section's items, and reports those that are taken. `name` is an item's id
    /// and path.
    fn new<T>(
        section: &'static str,
        member: &str,
        items: Option<&'n [T]>,
        name: impl Fn(&'n T) -> (&'n str, &'n str),
        findings: &Findings,
    ) -> Self {
        let given = items.is_some();
        let items = items.unwrap_or_default();
        let mut indexes = HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let (id, path) = name(item);
            let first = *indexes.entry(id).or_insert(index);
            if let Some(first) = items.get(first).filter(|_| first != index) {
                findings.fault(
                    &format!("{path}.{member}"),
                    format_args!("{} is the id of {} already", shown(id), name(first).1),
                );
            }
        }
        Self { section, given, indexes }
    }

    pub(super) fn index(&self, id: &str) -> Option<usize> {
        self.indexes.get(id).copied()
    }

    /// Returns the index of what is mentioned, or reports that it is not there.
    pub(super) fn resolve(&self, mention: &Mention<'_>, findings: &Findings) -> Option<usize> {
        let index = self.index(mention.id);
        if index.is_none() {
            let id = shown(mention.id);
            let section = self.section;
            if self.given {
                findings.fault(&mention.path, format_args!("{id} is not in {section}"));
            } else {
                findings.fault(
                    &mention.path,
                    format_args!("{id} is not in the file, which has no {section}"),
                );
            }
        }
        index
    }
}

/// An address block and whose it is.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) vpc: usize,
    pub(super) cidr: Cidr,
    pub(super) owner: usize,
    pub(super) path: &'a str,
}

/// Reports every block that shares an address with an earlier or wider one of the same VPC.
pub(super) fn overlaps(mut blocks: Vec<Block<'_>>, report: impl Fn(&Block<'_>, &Block<'_>)) {
    // Blocks nest or are apart, and a wider one sorts before what is in it: one look back suffices.
    blocks.sort_by_key(|block| (block.vpc, block.cidr));
    let mut widest: Option<Block<'_>> = None;
    for block in blocks {
        match &widest {
            Some(wide) if wide.vpc == block.vpc && wide.cidr.covers(block.cidr) => {
                report(wide, &block);
            }
            _ => widest = Some(block),
        }
    }
}

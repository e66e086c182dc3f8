//! Changes of rules, made to an inventory.

use super::{
    Interface, Inventory, InventoryError, NetworkAcl, NetworkAclEntry, Peer, SecurityGroup,
    SecurityGroupRule,
};
use crate::Direction;
use crate::describe::{
    Change, ChangeItem, ChangeList, EntryItem, Findings, GroupMention, Mention, PeerItem, RuleText,
    shown,
};

/// What rules are called that EC2 has not named yet, with a number from 1 on.
const PROPOSED: &str = "sgr-proposed-";

impl Inventory {
    /// Returns the inventory as a list of EC2's operations would make it, one after the other.
    ///
    /// `changes` is a JSON list of objects with one member each, the operation with its parameters as the AWS
    /// CLI and boto3 take them (`docs/what-if.md`). Rules that it adds are called `sgr-proposed-1` and so on.
    /// Everything wrong is reported at once, by position in the list; an operation that fails changes nothing
    /// for those after it.
    pub fn changed(&self, changes: &str) -> Result<Self, Vec<InventoryError>> {
        let findings = Findings::default();
        let mut inventory = self.clone();
        if let Some(list) = ChangeList::parse(changes, &findings) {
            let mut editor = Editor { inventory, findings: &findings };
            for item in list.read(&findings) {
                editor.make(&item);
            }
            inventory = editor.inventory;
        }
        inventory.ignored.extend(findings.into_notes()?);
        Ok(inventory)
    }
}

struct Editor<'f> {
    inventory: Inventory,
    findings: &'f Findings,
}

impl Editor<'_> {
    fn make(&mut self, item: &ChangeItem<'_>) {
        // Each reports why it cannot be made.
        let _ = match &item.change {
            Change::AuthorizeRules { group, direction, rules } => {
                self.authorize(group, *direction, rules)
            }
            Change::RevokeRules { group, direction, ids, rules } => {
                self.revoke(group.as_ref(), *direction, ids, rules)
            }
            Change::CreateEntry { acl, entry } => self.create_entry(acl, entry),
            Change::ReplaceEntry { acl, entry } => self.replace_entry(acl, entry),
            Change::DeleteEntry { acl, direction, number } => {
                self.delete_entry(acl, *direction, *number, &item.path)
            }
            Change::SetGroups { interface, groups } => self.set_groups(interface, groups),
            Change::SetSourceDestCheck { interface, is_on } => {
                self.set_source_dest_check(interface, *is_on)
            }
        };
    }

    fn authorize(
        &mut self,
        group: &Mention<'_>,
        direction: Direction,
        texts: &[RuleText<'_>],
    ) -> Option<()> {
        let index = self.group_index(group)?;
        for text in texts {
            let mut rule = self.rule(text, index)?;
            let present = self.rules_mut(index, direction)?;
            if let Some(same) = present.iter().find(|other| says_the_same(other, &rule)) {
                let named = same.id.as_ref().map(|id| format!(": {id}")).unwrap_or_default();
                let fault = format_args!("{} has this {direction} rule already{named}", group.id)
                    .to_string();
                self.findings.fault(&text.path, fault);
                continue;
            }
            rule.id = Some(self.next_id());
            self.rules_mut(index, direction)?.push(rule);
        }
        Some(())
    }

    fn revoke(
        &mut self,
        group: Option<&Mention<'_>>,
        direction: Direction,
        ids: &[Mention<'_>],
        texts: &[RuleText<'_>],
    ) -> Option<()> {
        let index = match group {
            Some(group) => Some(self.group_index(group)?),
            None => None,
        };
        for id in ids {
            self.revoke_by_id(index, direction, id);
        }
        // Without a group there are ids.
        let index = index?;
        for text in texts {
            let rule = self.rule(text, index)?;
            let rules = self.rules_mut(index, direction)?;
            let Some(place) = rules.iter().position(|other| says_the_same(other, &rule)) else {
                let group = group.map_or("", |group| group.id);
                let fault = format!("{group} has no such {direction} rule");
                self.findings.fault(&text.path, fault);
                continue;
            };
            rules.remove(place);
        }
        Some(())
    }

    fn revoke_by_id(&mut self, group: Option<usize>, direction: Direction, id: &Mention<'_>) {
        let places = self.inventory.security_groups.iter_mut().enumerate();
        for (_, candidate) in places.filter(|(index, _)| group.is_none_or(|only| only == *index)) {
            let rules = rules_of(candidate, direction);
            if let Some(place) = rules.iter().position(|rule| rule.id.as_deref() == Some(id.id)) {
                rules.remove(place);
                return;
            }
        }
        let whose = group.and_then(|group| self.inventory.security_groups.get(group));
        let whose = whose.map_or("any security group", |group| &group.id);
        let fault = format!("{} is no {direction} rule of {whose}", shown(id.id));
        self.findings.fault(&id.path, fault);
    }

    fn create_entry(&mut self, acl: &Mention<'_>, entry: &EntryItem) -> Option<()> {
        let findings = self.findings;
        let entries = entries_of(self.acl(acl)?, entry.direction);
        if entries.iter().any(|present| present.number == entry.number) {
            findings.fault(
                &format!("{}.RuleNumber", entry.path),
                format_args!(
                    "{} has an {} entry {} already: ReplaceNetworkAclEntry changes it",
                    acl.id, entry.direction, entry.number
                ),
            );
            return None;
        }
        entries.push(entry_of(entry));
        entries.sort_by_key(|entry| entry.number);
        Some(())
    }

    fn replace_entry(&mut self, acl: &Mention<'_>, entry: &EntryItem) -> Option<()> {
        let (number, direction) = (entry.number, entry.direction);
        let place = self.entry_place(acl, direction, number, &entry.path)?;
        *entries_of(self.acl(acl)?, direction).get_mut(place)? = entry_of(entry);
        Some(())
    }

    fn delete_entry(
        &mut self,
        acl: &Mention<'_>,
        direction: Direction,
        number: u16,
        path: &str,
    ) -> Option<()> {
        let place = self.entry_place(acl, direction, number, path)?;
        entries_of(self.acl(acl)?, direction).remove(place);
        Some(())
    }

    fn entry_place(
        &mut self,
        acl: &Mention<'_>,
        direction: Direction,
        number: u16,
        path: &str,
    ) -> Option<usize> {
        let findings = self.findings;
        let entries = entries_of(self.acl(acl)?, direction);
        let place = entries.iter().position(|entry| entry.number == number);
        if place.is_none() {
            findings.fault(
                &format!("{path}.RuleNumber"),
                format_args!("{} has no {direction} entry {number}", acl.id),
            );
        }
        place
    }

    fn set_groups(&mut self, interface: &Mention<'_>, groups: &[Mention<'_>]) -> Option<()> {
        let vpc = self.interface(interface)?.vpc;
        let mut chosen = Vec::new();
        for mention in groups {
            let group = self.group_index(mention)?;
            if !self.may_have(vpc, group) {
                let theirs = self.inventory.security_groups.get(group).and_then(|group| group.vpc);
                let id =
                    |vpc: usize| self.inventory.vpcs.get(vpc).map_or("", |vpc| vpc.id.as_str());
                let (theirs, ours) = (theirs.map_or("", id), id(vpc));
                self.findings.fault(
                    &mention.path,
                    format_args!("{} is of {theirs}, the interface of {ours}", mention.id),
                );
                return None;
            }
            chosen.push(group);
        }
        let groups = &self.inventory.security_groups;
        chosen.sort_by_key(|group| groups.get(*group).map(|group| &group.id));
        chosen.dedup();
        self.interface(interface)?.security_groups = chosen;
        Some(())
    }

    /// Returns whether interfaces of a VPC may have a group: its own ones, and those that are associated
    /// with it, of which an inventory tells no more than that some interface has them.
    fn may_have(&self, vpc: usize, group: usize) -> bool {
        let theirs = self.inventory.security_groups.get(group).and_then(|group| group.vpc);
        let mut neighbours = self.inventory.interfaces.iter().filter(|other| other.vpc == vpc);
        theirs.is_none_or(|theirs| theirs == vpc)
            || neighbours.any(|neighbour| neighbour.security_groups.contains(&group))
    }

    fn set_source_dest_check(&mut self, interface: &Mention<'_>, is_on: bool) -> Option<()> {
        self.interface(interface)?.source_dest_check = is_on;
        Some(())
    }

    /// Resolves what a rule says, for a group.
    fn rule(&self, text: &RuleText<'_>, group: usize) -> Option<SecurityGroupRule> {
        let peer = match &text.peer {
            PeerItem::Cidr(cidr) => Peer::Cidr(*cidr),
            PeerItem::PrefixList(mention) => {
                let mut lists = self.inventory.prefix_lists.iter();
                let place = lists.position(|list| list.id == mention.id);
                Peer::PrefixList(self.known(place, mention, "PrefixLists")?)
            }
            PeerItem::Group(mention) => self.group_peer(mention, group)?,
        };
        let condition = text.condition;
        Some(SecurityGroupRule {
            id: None,
            protocol: condition.protocol,
            ports: condition.ports,
            peer,
        })
    }

    /// Resolves a reference to a group (vpc-filtering.md §2.4).
    fn group_peer(&self, mention: &GroupMention<'_>, group: usize) -> Option<Peer> {
        let vpc_of = |group: usize| self.inventory.security_groups.get(group)?.vpc;
        let place = self.inventory.security_groups.iter().position(|group| group.id == mention.id);
        let Some(peer) = place else {
            let is_elsewhere = mention.peering.is_some()
                || mention
                    .vpc
                    .is_some_and(|id| !self.inventory.vpcs.iter().any(|vpc| vpc.id == id));
            if is_elsewhere {
                return Some(Peer::UnknownGroup(mention.id.to_owned()));
            }
            let mention = Mention { path: mention.path.clone(), id: mention.id };
            self.known(None, &mention, "SecurityGroups");
            return None;
        };
        if let (Some(ours), Some(theirs)) = (vpc_of(group), vpc_of(peer))
            && ours != theirs
            && !self.are_peered(ours, theirs)
        {
            self.findings.fault(
                &mention.path,
                format_args!("{} is of another VPC, and no active peering joins it", mention.id),
            );
            return None;
        }
        Some(Peer::SecurityGroup(peer))
    }

    fn are_peered(&self, ours: usize, theirs: usize) -> bool {
        let id = |vpc: usize| self.inventory.vpcs.get(vpc).map(|vpc| &vpc.id);
        let (Some(ours), Some(theirs)) = (id(ours), id(theirs)) else { return false };
        self.inventory.peerings.iter().any(|peering| {
            peering.active
                && peering.same_region
                && peering.vpc_ids.contains(ours)
                && peering.vpc_ids.contains(theirs)
        })
    }

    fn group_index(&self, mention: &Mention<'_>) -> Option<usize> {
        let place = self.inventory.security_groups.iter().position(|group| group.id == mention.id);
        self.known(place, mention, "SecurityGroups")
    }

    fn acl(&mut self, mention: &Mention<'_>) -> Option<&mut NetworkAcl> {
        let place = self.inventory.network_acls.iter().position(|acl| acl.id == mention.id);
        let place = self.known(place, mention, "NetworkAcls")?;
        self.inventory.network_acls.get_mut(place)
    }

    fn interface(&mut self, mention: &Mention<'_>) -> Option<&mut Interface> {
        let mut interfaces = self.inventory.interfaces.iter();
        let place = interfaces.position(|interface| interface.id == mention.id);
        let place = self.known(place, mention, "NetworkInterfaces")?;
        self.inventory.interfaces.get_mut(place)
    }

    fn rules_mut(
        &mut self,
        group: usize,
        direction: Direction,
    ) -> Option<&mut Vec<SecurityGroupRule>> {
        Some(rules_of(self.inventory.security_groups.get_mut(group)?, direction))
    }

    /// Reports what the inventory does not have.
    fn known(&self, place: Option<usize>, mention: &Mention<'_>, section: &str) -> Option<usize> {
        if place.is_none() {
            let id = shown(mention.id);
            self.findings.fault(&mention.path, format_args!("{id} is not in {section}"));
        }
        place
    }

    /// Returns an id that no rule has.
    fn next_id(&self) -> String {
        let groups = self.inventory.security_groups.iter();
        let rules = groups.flat_map(|group| group.ingress.iter().chain(&group.egress));
        let taken =
            rules.filter_map(|rule| rule.id.as_deref()?.strip_prefix(PROPOSED)?.parse().ok());
        let last: u64 = taken.max().unwrap_or(0);
        format!("{PROPOSED}{}", last.saturating_add(1))
    }
}

fn rules_of(group: &mut SecurityGroup, direction: Direction) -> &mut Vec<SecurityGroupRule> {
    match direction {
        Direction::Ingress => &mut group.ingress,
        Direction::Egress => &mut group.egress,
    }
}

fn entries_of(acl: &mut NetworkAcl, direction: Direction) -> &mut Vec<NetworkAclEntry> {
    match direction {
        Direction::Ingress => &mut acl.ingress,
        Direction::Egress => &mut acl.egress,
    }
}

fn entry_of(item: &EntryItem) -> NetworkAclEntry {
    NetworkAclEntry {
        number: item.number,
        allow: item.allow,
        protocol: item.condition.protocol,
        ports: item.condition.ports,
        cidr: item.cidr,
    }
}

/// Returns whether two rules are the same to EC2, which compares everything but the id and the description.
fn says_the_same(one: &SecurityGroupRule, other: &SecurityGroupRule) -> bool {
    (one.protocol, one.ports, &one.peer) == (other.protocol, other.ports, &other.peer)
}

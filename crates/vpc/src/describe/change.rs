//! Changes of rules: operations of EC2's with their parameters, as the AWS CLI and the SDKs take them.

use serde::de::Deserialize;

use super::item::{Item, Mention};
use super::network_acl::{EntryItem, LAST_NUMBER};
use super::node::Node;
use super::security_group::{RuleText, direction, permissions, single_permission};
use super::{Findings, not_json, position, shown};
use crate::Direction;

/// The operations that are read.
const OPERATIONS: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "CreateNetworkAclEntry",
    "ReplaceNetworkAclEntry",
    "DeleteNetworkAclEntry",
    "ModifyNetworkInterfaceAttribute",
];

/// Parameters that change nothing of what is judged.
const READ_OVER: &[&str] = &["DryRun", "TagSpecifications"];

/// The members of an element of `IpPermissions`.
const PERMISSION: &[&str] = &[
    "IpProtocol",
    "FromPort",
    "ToPort",
    "IpRanges",
    "Ipv6Ranges",
    "PrefixListIds",
    "UserIdGroupPairs",
];

/// A list of changes as parsed, not yet looked into.
pub(crate) struct ChangeList<'t>(Vec<Node<'t>>);

/// One change, checked by itself.
pub(crate) struct ChangeItem<'n> {
    /// `[2].AuthorizeSecurityGroupIngress`.
    pub(crate) path: String,
    pub(crate) change: Change<'n>,
}

/// What is changed.
pub(crate) enum Change<'n> {
    AuthorizeRules {
        group: Mention<'n>,
        direction: Direction,
        rules: Vec<RuleText<'n>>,
    },
    /// The group may be missing where rules are named by their ids.
    RevokeRules {
        group: Option<Mention<'n>>,
        direction: Direction,
        ids: Vec<Mention<'n>>,
        rules: Vec<RuleText<'n>>,
    },
    CreateEntry {
        acl: Mention<'n>,
        entry: EntryItem,
    },
    ReplaceEntry {
        acl: Mention<'n>,
        entry: EntryItem,
    },
    DeleteEntry {
        acl: Mention<'n>,
        direction: Direction,
        number: u16,
    },
    SetGroups {
        interface: Mention<'n>,
        groups: Vec<Mention<'n>>,
    },
    SetSourceDestCheck {
        interface: Mention<'n>,
        is_on: bool,
    },
}

impl<'t> ChangeList<'t> {
    /// Parses a text; one that is not a JSON list is one fault.
    pub(crate) fn parse(text: &'t str, findings: &Findings) -> Option<Self> {
        // PowerShell's `>` begins a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let node = Node::deserialize(&mut deserializer)
            .and_then(|node| deserializer.end().map(|()| node))
            .map_err(|error| findings.fault(&position(&error), not_json(&error)))
            .ok()?;
        let Node::List(nodes) = node else {
            findings.fault(
                "changes",
                format_args!(
                    "expected a list of operations, such as \
                     [{{\"RevokeSecurityGroupIngress\": {{…}}}}], got {}",
                    node.kind()
                ),
            );
            return None;
        };
        Some(Self(nodes))
    }

    /// Reads every change.
    pub(crate) fn read<'n>(&'n self, findings: &'n Findings) -> Vec<ChangeItem<'n>> {
        let nodes = self.0.iter().enumerate();
        nodes.filter_map(|(i, node)| ChangeItem::read(node, format!("[{i}]"), findings)).collect()
    }
}

impl<'n> ChangeItem<'n> {
    fn read(node: &'n Node<'_>, path: String, findings: &'n Findings) -> Option<Self> {
        let element = Item::of(node, path, findings)?;
        let mut members = element.members();
        let (Some((name, parameters)), None) = (members.next(), members.next()) else {
            findings.fault(
                &element.path,
                "expected one member, the operation, with its parameters as an object",
            );
            return None;
        };
        if !OPERATIONS.contains(&name) {
            findings.fault(
                &element.path,
                format_args!(
                    "unknown operation {}: expected one of {}",
                    shown(name),
                    OPERATIONS.join(", ")
                ),
            );
            return None;
        }
        let item = Item::of(parameters, element.at(name), findings)?;
        let faults = findings.count();
        let change = match name {
            "AuthorizeSecurityGroupIngress" => authorize(&item, Direction::Ingress),
            "AuthorizeSecurityGroupEgress" => authorize(&item, Direction::Egress),
            "RevokeSecurityGroupIngress" => revoke(&item, Direction::Ingress),
            "RevokeSecurityGroupEgress" => revoke(&item, Direction::Egress),
            "CreateNetworkAclEntry" => {
                entry(&item).map(|(acl, entry)| Change::CreateEntry { acl, entry })
            }
            "ReplaceNetworkAclEntry" => {
                entry(&item).map(|(acl, entry)| Change::ReplaceEntry { acl, entry })
            }
            "DeleteNetworkAclEntry" => delete_entry(&item),
            _ => modify_interface(&item),
        };
        // Half a change is none.
        (findings.count() == faults).then_some(Self { path: item.path, change: change? })
    }
}

fn authorize<'n>(item: &Item<'n, '_>, direction: Direction) -> Option<Change<'n>> {
    know(item, &["GroupId", "IpPermissions", "IpProtocol", "FromPort", "ToPort", "CidrIp"]);
    let group = item.required_mention("GroupId", "sg-");
    let rules = rules(item);
    Some(Change::AuthorizeRules { group: group?, direction, rules })
}

fn revoke<'n>(item: &Item<'n, '_>, direction: Direction) -> Option<Change<'n>> {
    know(
        item,
        &[
            "GroupId",
            "SecurityGroupRuleIds",
            "IpPermissions",
            "IpProtocol",
            "FromPort",
            "ToPort",
            "CidrIp",
        ],
    );
    let ids = item.ids("SecurityGroupRuleIds", "sgr-");
    if item.node("SecurityGroupRuleIds").is_some() {
        let others = ["IpPermissions", "IpProtocol"].into_iter();
        for other in others.filter(|name| item.node(name).is_some()) {
            item.fault(other, "rules are named by SecurityGroupRuleIds already");
        }
        let group = item.mention("GroupId", "sg-");
        return Some(Change::RevokeRules { group, direction, ids, rules: Vec::new() });
    }
    let group = item.required_mention("GroupId", "sg-");
    let rules = rules(item);
    Some(Change::RevokeRules { group: Some(group?), direction, ids, rules })
}

/// Reads `IpPermissions`, or the one rule that the parameters themselves are.
fn rules<'n>(item: &Item<'n, '_>) -> Vec<RuleText<'n>> {
    if item.node("IpPermissions").is_none() && item.node("IpProtocol").is_some() {
        return single_permission(item).into_iter().collect();
    }
    if item.node("IpPermissions").is_none() {
        item.missing("IpPermissions", "expected a list of permissions");
    }
    if item.node("IpProtocol").is_some() {
        item.fault("IpProtocol", "the rules are in IpPermissions already");
    }
    let list = item.list("IpPermissions").unwrap_or_default();
    for permission in &list {
        know(permission, PERMISSION);
    }
    permissions(&list)
}

fn entry<'n>(item: &Item<'n, '_>) -> Option<(Mention<'n>, EntryItem)> {
    know(
        item,
        &[
            "NetworkAclId",
            "RuleNumber",
            "Egress",
            "RuleAction",
            "Protocol",
            "CidrBlock",
            "Ipv6CidrBlock",
            "PortRange",
            "IcmpTypeCode",
        ],
    );
    let acl = item.required_mention("NetworkAclId", "acl-");
    let number = own_number(item);
    let entry = EntryItem::read(item);
    number?;
    Some((acl?, entry?))
}

fn delete_entry<'n>(item: &Item<'n, '_>) -> Option<Change<'n>> {
    know(item, &["NetworkAclId", "RuleNumber", "Egress"]);
    let acl = item.required_mention("NetworkAclId", "acl-");
    let direction = direction(item, "Egress");
    let number = own_number(item);
    Some(Change::DeleteEntry { acl: acl?, direction: direction?, number: number? })
}

/// Reads the number of an entry that is not a final one.
fn own_number(item: &Item<'_, '_>) -> Option<u16> {
    if item.node("RuleNumber").is_none() {
        item.missing("RuleNumber", format_args!("expected 1 to {LAST_NUMBER}"));
    }
    let value = item.integer("RuleNumber")?;
    let number = u16::try_from(value).ok().filter(|number| (1..=LAST_NUMBER).contains(number));
    if number.is_none() {
        item.fault(
            "RuleNumber",
            format_args!("rule number {value} is out of range: expected 1 to {LAST_NUMBER}"),
        );
    }
    number
}

fn modify_interface<'n>(item: &Item<'n, '_>) -> Option<Change<'n>> {
    know(item, &["NetworkInterfaceId", "Groups", "SourceDestCheck"]);
    let interface = item.required_mention("NetworkInterfaceId", "eni-");
    match (item.node("Groups").is_some(), item.object("SourceDestCheck")) {
        (true, None) => {
            let groups = item.ids("Groups", "sg-");
            if groups.is_empty() {
                item.fault("Groups", "an interface needs a security group: expected sg-…");
            }
            Some(Change::SetGroups { interface: interface?, groups })
        }
        (false, Some(check)) => {
            if check.node("Value").is_none() {
                check.missing("Value", "expected true or false");
            }
            let is_on = check.boolean("Value");
            Some(Change::SetSourceDestCheck { interface: interface?, is_on: is_on? })
        }
        (true, Some(_)) | (false, None) => {
            item.findings.fault(&item.path, "expected either Groups or SourceDestCheck");
            None
        }
    }
}

/// Reports parameters that the operation does not have, or that cannot be weighed here.
fn know(item: &Item<'_, '_>, known: &[&str]) {
    for (name, _) in item.members() {
        if !known.contains(&name) && !READ_OVER.contains(&name) {
            let known = known.join(", ");
            item.fault(name, format_args!("unknown parameter: expected one of {known}"));
        }
    }
}

//! The wire shapes of `describe-*`, read by [`crate::Inventory::from_json`] and nobody else.
//!
//! Text becomes typed items here, and every item is checked by itself. What items say of each other
//! is checked in `inventory`, where they are resolved.

mod address;
mod change;
mod findings;
mod interface;
mod item;
mod network_acl;
mod node;
mod peering;
mod prefix_list;
mod protocol;
mod route_table;
mod security_group;
mod vpc;

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

pub(crate) use self::change::{Change, ChangeItem, ChangeList};
pub(crate) use self::findings::{Findings, shown};
pub(crate) use self::interface::InterfaceItem;
use self::item::Item;
pub(crate) use self::item::Mention;
pub(crate) use self::network_acl::{EntryItem, NetworkAclItem};
use self::node::{Node, Text};
pub(crate) use self::peering::PeeringItem;
pub(crate) use self::prefix_list::PrefixListItem;
pub(crate) use self::route_table::{Destination, RouteTableItem};
pub(crate) use self::security_group::{
    GroupMention, GroupVpcItem, PeerItem, RuleItem, RuleText, SecurityGroupItem,
};
pub(crate) use self::vpc::{SubnetItem, VpcItem};

/// The members that are read.
const READ: &[&str] = &[
    "Vpcs",
    "Subnets",
    "NetworkInterfaces",
    "SecurityGroups",
    "SecurityGroupRules",
    "SecurityGroupVpcAssociations",
    "NetworkAcls",
    "PrefixLists",
    "PrefixListEntries",
    "VpcPeeringConnections",
    "RouteTables",
];

/// The members of other answers, which a whole dump of an account has too: they are read over, and
/// told. `docs/inventory.md` has the same list.
const READ_OVER: &[&str] = &[
    "AccountAttributes",
    "Addresses",
    "AvailabilityZones",
    "CarrierGateways",
    "ClientVpnEndpoints",
    "CustomerGateways",
    "DhcpOptions",
    "EgressOnlyInternetGateways",
    "FlowLogs",
    "Hosts",
    "Images",
    "InstanceConnectEndpoints",
    "InstanceStatuses",
    "InstanceTypes",
    "Instances",
    "InterfaceAssociations",
    "InternetGateways",
    "Ipams",
    "KeyPairs",
    "LaunchTemplates",
    "LocalGatewayRouteTables",
    "LocalGateways",
    "NatGateways",
    "NetworkInsightsAnalyses",
    "NetworkInsightsPaths",
    "NetworkInterfacePermissions",
    "PlacementGroups",
    "Regions",
    "Reservations",
    "ResponseMetadata",
    "Snapshots",
    "StaleSecurityGroupSet",
    "Tags",
    "TrafficMirrorFilters",
    "TrafficMirrorSessions",
    "TrafficMirrorTargets",
    "TransitGatewayAttachments",
    "TransitGatewayPeeringAttachments",
    "TransitGatewayRouteTables",
    "TransitGatewayVpcAttachments",
    "TransitGateways",
    "Volumes",
    "VpcBlockPublicAccessExclusions",
    "VpcEncryptionControls",
    "VpcEndpointAssociations",
    "VpcEndpointConnections",
    "VpcEndpoints",
    "VpnConnections",
    "VpnGateways",
];

/// What a truncated answer ends with.
const NEXT_TOKEN: &str = "NextToken";

/// The members of a file as parsed, not yet looked into.
pub(crate) struct Dump<'t> {
    read: Vec<(Text<'t>, Node<'t>)>,
    read_over: Vec<Text<'t>>,
    unknown: Vec<Text<'t>>,
}

/// A file's items, each checked by itself. `None` is a section that the file does not have.
pub(crate) struct Document<'n> {
    pub(crate) vpcs: Option<Vec<VpcItem<'n>>>,
    pub(crate) subnets: Option<Vec<SubnetItem<'n>>>,
    pub(crate) interfaces: Option<Vec<InterfaceItem<'n>>>,
    pub(crate) security_groups: Option<Vec<SecurityGroupItem<'n>>>,
    pub(crate) security_group_rules: Option<Vec<RuleItem<'n>>>,
    /// Whether nothing is wrong with the items of the two sections above.
    pub(crate) all_rules_are_read: bool,
    pub(crate) security_group_vpcs: Option<Vec<GroupVpcItem<'n>>>,
    pub(crate) network_acls: Option<Vec<NetworkAclItem<'n>>>,
    pub(crate) prefix_lists: Option<Vec<PrefixListItem<'n>>>,
    pub(crate) peerings: Option<Vec<PeeringItem<'n>>>,
    pub(crate) route_tables: Option<Vec<RouteTableItem<'n>>>,
}

impl<'t> Dump<'t> {
    /// Parses the text of a file; a text that is not one JSON object is one fault.
    pub(crate) fn parse(text: &'t str, findings: &Findings) -> Option<Self> {
        // PowerShell's `>` begins a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some(fault) = not_an_object(text) {
            findings.fault("inventory", fault);
            return None;
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let dump = Self::deserialize(&mut deserializer)
            .map_err(|error| findings.fault(&position(&error), not_json(&error)))
            .ok()?;
        if let Err(error) = deserializer.end() {
            findings.fault(
                &position(&error),
                "something follows the object: the file must hold one object that has all \
                 members, as `jq -s add` makes of several",
            );
        }
        Some(dump)
    }

    /// Reads every item of every section.
    pub(crate) fn read<'n>(&'n self, findings: &'n Findings) -> Document<'n> {
        for name in &self.unknown {
            findings.fault(
                &shown(name),
                format_args!("unknown member: expected {}, or another of EC2's", READ.join(", ")),
            );
        }
        for name in &self.read_over {
            findings.note(name, "is not used");
        }
        let file = Item::new(&self.read, String::new(), findings);
        file.note_if_truncated();
        let vpcs = section(&file, "Vpcs", VpcItem::read);
        let subnets = section(&file, "Subnets", SubnetItem::read);
        let interfaces = section(&file, "NetworkInterfaces", InterfaceItem::read);
        let faults = findings.count();
        let security_groups = section(&file, "SecurityGroups", SecurityGroupItem::read);
        let security_group_rules = section(&file, "SecurityGroupRules", RuleItem::read);
        let all_rules_are_read = findings.count() == faults;
        Document {
            vpcs,
            subnets,
            interfaces,
            security_groups,
            security_group_rules,
            all_rules_are_read,
            security_group_vpcs: section(&file, "SecurityGroupVpcAssociations", GroupVpcItem::read),
            network_acls: section(&file, "NetworkAcls", NetworkAclItem::read),
            prefix_lists: prefix_list::read(&file),
            peerings: section(&file, "VpcPeeringConnections", PeeringItem::read),
            route_tables: section(&file, "RouteTables", RouteTableItem::read),
        }
    }
}

/// Reads one section; an item that cannot even be named is left out, its fault reported.
fn section<'n, 't, T>(
    file: &Item<'n, 't>,
    name: &str,
    read: impl Fn(&Item<'n, 't>) -> Option<T>,
) -> Option<Vec<T>> {
    // A section of the wrong type is there all the same.
    file.node(name)?;
    Some(file.list(name).unwrap_or_default().iter().filter_map(read).collect())
}

fn not_an_object(text: &str) -> Option<&'static str> {
    match text.trim_start().bytes().next() {
        None => {
            Some("the file is empty: expected one JSON object, what `aws ec2 describe-*` prints")
        }
        Some(b'[') => Some(
            "the file holds a list: expected one JSON object with members such as Vpcs and \
             NetworkInterfaces",
        ),
        Some(b'"' | b'-' | b'0'..=b'9') => {
            Some("the file holds a single value: expected one JSON object")
        }
        Some(_) => None,
    }
}

fn position(error: &serde_json::Error) -> String {
    format!("line {} column {}", error.line(), error.column())
}

/// The error without its position, which is the fault's path.
fn not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.strip_suffix(&format!(" at {}", position(error))).unwrap_or(&message);
    format!("cannot be read as JSON: {message}")
}

impl<'de> Deserialize<'de> for Dump<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DumpVisitor)
    }
}

struct DumpVisitor;

impl<'de> Visitor<'de> for DumpVisitor {
    type Value = Dump<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut dump = Dump { read: Vec::new(), read_over: Vec::new(), unknown: Vec::new() };
        while let Some(name) = map.next_key::<Text<'de>>()? {
            if READ.contains(&&*name) || &*name == NEXT_TOKEN {
                dump.read.push((name, map.next_value()?));
                continue;
            }
            // What is not used is not kept: instances alone can be most of a dump.
            map.next_value::<IgnoredAny>()?;
            if READ_OVER.contains(&&*name) {
                dump.read_over.push(name);
            } else {
                dump.unknown.push(name);
            }
        }
        Ok(dump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_the_same_lists_of_members() {
        let documentation = include_str!("../../../docs/inventory.md");
        let (read, rest) = documentation.split_once("**not used**").unwrap();
        let (_, read) = read.split_once("## What is read").unwrap();
        let (read_over, _) = rest.split_once("Any other member").unwrap();
        let first_cell = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());

        let read: Vec<_> = read.lines().filter_map(first_cell).collect();
        let read_over: Vec<_> = read_over.split('`').skip(1).step_by(2).collect();

        assert_eq!(read, READ);
        assert_eq!(read_over, READ_OVER);
    }
}

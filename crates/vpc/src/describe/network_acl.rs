//! `describe-network-acls`.

use super::address::Family;
use super::item::{Item, Mention};
use super::protocol::{Condition, entry_condition};
use super::security_group::direction;
use super::shown;
use crate::{Cidr, Direction, PortMatch};

/// The highest number that an entry of one's own may have.
pub(super) const LAST_NUMBER: u16 = 32_766;
/// The numbers under which the final deny-all entries are printed, for IPv4 and IPv6
/// (vpc-filtering.md §4).
const FINAL_NUMBERS: [u16; 2] = [32_767, 32_768];

/// An element of `NetworkAcls`.
pub(crate) struct NetworkAclItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) vpc: Option<Mention<'n>>,
    pub(crate) is_default: bool,
    pub(crate) subnets: Vec<Mention<'n>>,
    /// Without the final ones.
    pub(crate) entries: Vec<EntryItem>,
}

/// An element of `Entries`.
pub(crate) struct EntryItem {
    pub(crate) path: String,
    pub(crate) number: u16,
    pub(crate) direction: Direction,
    pub(crate) allow: bool,
    pub(crate) condition: Condition,
    pub(crate) cidr: Cidr,
}

impl<'n> NetworkAclItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let vpc = item.required_mention("VpcId", "vpc-");
        let is_default = item.boolean("IsDefault").unwrap_or(false);
        let associations = item.list("Associations").unwrap_or_default();
        let subnets = associations
            .iter()
            .filter_map(|association| association.required_mention("SubnetId", "subnet-"))
            .collect();
        let entries = item.list("Entries").unwrap_or_default();
        let entries = entries.iter().filter_map(EntryItem::read).collect();
        let id = item.required_id("NetworkAclId", "acl-")?;
        Some(Self { path: item.path.clone(), id, vpc, is_default, subnets, entries })
    }
}

impl EntryItem {
    /// Returns an entry, unless it is one of the final ones.
    pub(super) fn read(item: &Item<'_, '_>) -> Option<Self> {
        let number = number(item);
        let direction = direction(item, "Egress");
        let allow = action(item);
        let cidr = cidr(item);
        // A malformed block leaves the family open, but not whether ports are missing.
        let family = cidr.map_or_else(
            || {
                let ipv6 = item.node("Ipv6CidrBlock").is_some();
                if ipv6 { Family::Ipv6 } else { Family::Ipv4 }
            },
            |cidr| Family::of(cidr.address()),
        );
        let condition = entry_condition(item, family);
        let (number, direction, allow) = (number?, direction?, allow?);
        let (cidr, condition) = (cidr?, condition?);
        if FINAL_NUMBERS.contains(&number) {
            let denies_all = !allow
                && cidr.prefix_len() == 0
                && condition == Condition { protocol: None, ports: PortMatch::Any };
            if !denies_all {
                item.fault(
                    "RuleNumber",
                    format_args!(
                        "{number} is kept for the final entry, which denies everything: expected \
                         1 to {LAST_NUMBER}"
                    ),
                );
            }
            return None;
        }
        Some(Self { path: item.path.clone(), number, direction, allow, condition, cidr })
    }
}

fn number(item: &Item<'_, '_>) -> Option<u16> {
    if item.node("RuleNumber").is_none() {
        item.missing("RuleNumber", format_args!("expected 1 to {LAST_NUMBER}"));
    }
    let value = item.integer("RuleNumber")?;
    let number = u16::try_from(value)
        .ok()
        .filter(|number| (1..=LAST_NUMBER).contains(number) || FINAL_NUMBERS.contains(number));
    if number.is_none() {
        item.fault(
            "RuleNumber",
            format_args!("rule number {value} is out of range: expected 1 to {LAST_NUMBER}"),
        );
    }
    number
}

/// Returns whether the entry allows.
fn action(item: &Item<'_, '_>) -> Option<bool> {
    if item.node("RuleAction").is_none() {
        item.missing("RuleAction", "expected allow or deny");
    }
    match item.text("RuleAction")? {
        "allow" => Some(true),
        "deny" => Some(false),
        other => {
            item.fault(
                "RuleAction",
                format_args!("unknown action {}: expected allow or deny", shown(other)),
            );
            None
        }
    }
}

/// The one block that an entry must have.
fn cidr(item: &Item<'_, '_>) -> Option<Cidr> {
    match (item.node("CidrBlock").is_some(), item.node("Ipv6CidrBlock").is_some()) {
        (true, false) => item.cidr("CidrBlock", Family::Ipv4),
        (false, true) => item.cidr("Ipv6CidrBlock", Family::Ipv6),
        (both, _) => {
            let given = if both { "both" } else { "neither" };
            item.findings.fault(
                &item.path,
                format_args!("expected either CidrBlock or Ipv6CidrBlock, got {given}"),
            );
            None
        }
    }
}

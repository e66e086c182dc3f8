//! What the rules of a VPC become when it gets its first IPv6 block.

use crate::ids;
use crate::model::{AclEntry, NetworkAcl, Peer, SecurityGroup, SecurityGroupRule, Tags};

pub(in crate::ops::ec2) const ANYWHERE: &str = "::/0";

/// A rule that lets everything out over IPv6.
pub(in crate::ops::ec2) fn egress_rule() -> SecurityGroupRule {
    SecurityGroupRule {
        id: ids::resource("sgr"),
        is_egress: true,
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer: Peer::Ipv6(ANYWHERE.to_owned()),
        description: None,
        tags: Tags::new(),
    }
}

/// Lets a group's members out over IPv6 too, unless its outbound rules are no longer those that it was made
/// with (`vpc-filtering.md` §2.2). Returns whether it did.
pub(super) fn open_group(group: &mut SecurityGroup) -> bool {
    let is_original = |rule: &SecurityGroupRule| {
        rule.protocol == "-1" && matches!(&rule.peer, Peer::Ipv4(cidr) if cidr == "0.0.0.0/0")
    };
    let mut outbound = group.rules.iter().filter(|rule| rule.is_egress);
    let is_unchanged = outbound.next().is_some_and(is_original) && outbound.next().is_none();
    if is_unchanged {
        group.rules.push(egress_rule());
    }
    is_unchanged
}

/// Adds rule 101 to a default network ACL, in each direction whose rules are those that it was made with
/// (`vpc-filtering.md` §4.1). Returns whether it did in one.
pub(super) fn open_acl(acl: &mut NetworkAcl) -> bool {
    let mut is_opened = false;
    for is_egress in [true, false] {
        let mut entries = acl.entries.iter().filter(|entry| entry.is_egress == is_egress);
        let is_original = |entry: &AclEntry| *entry == default_entry(100, is_egress, "0.0.0.0/0");
        if entries.next().is_some_and(is_original) && entries.next().is_none() {
            acl.entries.push(default_entry(101, is_egress, ANYWHERE));
            is_opened = true;
        }
    }
    is_opened
}

/// An entry that allows everything.
pub(super) fn default_entry(number: u16, is_egress: bool, cidr: &str) -> AclEntry {
    AclEntry {
        number,
        is_egress,
        protocol: "-1".to_owned(),
        cidr: cidr.to_owned(),
        allow: true,
        ports: None,
        icmp: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(entries: Vec<AclEntry>) -> NetworkAcl {
        NetworkAcl {
            id: "acl-0123456789abcdef0".to_owned(),
            vpc_id: "vpc-0123456789abcdef0".to_owned(),
            is_default: true,
            entries,
            associations: Vec::new(),
            tags: Tags::new(),
        }
    }

    #[test]
    fn only_the_direction_that_was_not_changed_gets_rule_101() {
        let mut denied = default_entry(90, false, "10.0.0.0/8");
        denied.allow = false;
        let mut changed = acl(vec![
            default_entry(100, true, "0.0.0.0/0"),
            denied.clone(),
            default_entry(100, false, "0.0.0.0/0"),
        ]);

        assert!(open_acl(&mut changed));
        assert!(!open_acl(&mut changed), "a second block adds nothing");

        let added: Vec<_> = changed.entries.iter().filter(|entry| entry.number == 101).collect();
        assert_eq!(added, [&default_entry(101, true, "::/0")]);
    }
}

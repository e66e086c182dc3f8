//! Security group rules for a list: what they count as, and what judges by them.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;
use flowlogd_vpc::{CompileOptions, Peer, ReservedAddresses, RuleBook, Ruleset};

use super::super::super::answers::{
    all, at, inventory, new_subnet, new_vpc, refused, refused_with, text,
};
use super::{described, modify, new_list, on};
use crate::testing::TestDoor;

fn new_group(door: &TestDoor) -> String {
    let vpc = new_vpc(door, "10.0.0.0/16");
    let parameters = [("GroupName", "web"), ("GroupDescription", "web"), ("VpcId", vpc.as_str())];
    text(&door.ec2("CreateSecurityGroup", &parameters).unwrap(), "groupId").to_owned()
}

/// Lets HTTP in from a list.
fn allow(door: &TestDoor, group: &str, list: &str) -> Result<Node, Fault> {
    let parameters = [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "80"),
        ("IpPermissions.1.ToPort", "80"),
        ("IpPermissions.1.PrefixListIds.1.PrefixListId", list),
        ("IpPermissions.1.PrefixListIds.1.Description", "offices"),
    ];
    door.ec2("AuthorizeSecurityGroupIngress", &parameters)
}

#[test]
fn a_rule_for_a_list_is_printed_modified_and_revoked() {
    let door = TestDoor::new();
    let (group, list) = (new_group(&door), new_list(&door, &["10.1.0.0/16"]));
    let other = new_list(&door, &[]);
    let rule = allow(&door, &group, &list).unwrap();
    let id = text(&rule, "securityGroupRuleSet.0.securityGroupRuleId").to_owned();
    assert_eq!(text(&rule, "securityGroupRuleSet.0.prefixListId"), list);
    refused(
        allow(&door, &group, &list),
        "InvalidPermission.Duplicate",
        &format!(
            "the specified rule \"peer: {list}, TCP, from port: 80, to port: 80, ALLOW\" already exists"
        ),
    );

    let change = [
        ("GroupId", group.as_str()),
        ("SecurityGroupRule.1.SecurityGroupRuleId", &id),
        ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "-1"),
        ("SecurityGroupRule.1.SecurityGroupRule.PrefixListId", &other),
    ];
    door.ec2("ModifySecurityGroupRules", &change).unwrap();
    let filter =
        [("Filter.1.Name", "ip-permission.prefix-list-id"), ("Filter.1.Value.1", other.as_str())];
    let found = door.ec2("DescribeSecurityGroups", &filter).unwrap();
    assert_eq!(all(&found, "securityGroupInfo", "groupId"), [group.as_str()]);
    let revoke = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.PrefixListIds.1.PrefixListId", &other),
    ];
    let revoked = door.ec2("RevokeSecurityGroupIngress", &revoke).unwrap();
    assert_eq!(text(&revoked, "revokedSecurityGroupRuleSet.0.prefixListId"), other);
}

#[test]
fn a_list_that_is_not_there_has_no_rules() {
    let door = TestDoor::new();
    let group = new_group(&door);
    for (id, code) in [
        ("pl-0123456789abcdef0", "InvalidPrefixListID.NotFound"),
        ("pl-x", "InvalidPrefixListID.Malformed"),
    ] {
        refused_with(allow(&door, &group, id), code, id);
    }
}

#[test]
fn a_list_that_a_rule_names_stays() {
    let door = TestDoor::new();
    let (group, list) = (new_group(&door), new_list(&door, &[]));
    let rule = allow(&door, &group, &list).unwrap();

    let associations = on(&door, "GetManagedPrefixListAssociations", &list, &[]).unwrap();
    assert_eq!(text(&associations, "prefixListAssociationSet.0.resourceId"), group);
    assert_eq!(text(&associations, "prefixListAssociationSet.0.resourceOwner"), "123456789012");
    refused(
        on(&door, "DeleteManagedPrefixList", &list, &[]),
        "DependencyViolation",
        &format!("resource {list} has a dependent object"),
    );
    let id = text(&rule, "securityGroupRuleSet.0.securityGroupRuleId");
    let revoke = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", id)];
    door.ec2("RevokeSecurityGroupIngress", &revoke).unwrap();
    let associations = on(&door, "GetManagedPrefixListAssociations", &list, &[]).unwrap();
    assert!(at(&associations, "prefixListAssociationSet").unwrap().elements().is_empty());
    on(&door, "DeleteManagedPrefixList", &list, &[]).unwrap();
}

#[test]
fn a_rule_counts_as_the_lists_maximum_in_both_families() {
    let door = TestDoor::new();
    let (group, list) = (new_group(&door), new_list(&door, &[]));
    modify(&door, &list, &[("MaxEntries", "61")]).unwrap();
    let full = "The maximum number of rules per security group has been reached.";
    refused(allow(&door, &group, &list), "RulesPerSecurityGroupLimitExceeded", full);
    modify(&door, &list, &[("MaxEntries", "60")]).unwrap();
    allow(&door, &group, &list).unwrap();
    for (member, cidr) in [("IpRanges.1.CidrIp", "0.0.0.0/0"), ("Ipv6Ranges.1.CidrIpv6", "::/0")] {
        let peer = format!("IpPermissions.1.{member}");
        let rule =
            [("GroupId", group.as_str()), ("IpPermissions.1.IpProtocol", "-1"), (&peer, cidr)];
        refused(
            door.ec2("AuthorizeSecurityGroupIngress", &rule),
            "RulesPerSecurityGroupLimitExceeded",
            full,
        );
    }
}

#[test]
fn a_list_cannot_outgrow_the_groups_that_name_it() {
    let door = TestDoor::new();
    let (group, list) = (new_group(&door), new_list(&door, &[]));
    allow(&door, &group, &list).unwrap();

    let answer = modify(&door, &list, &[("MaxEntries", "61")]).unwrap();
    assert_eq!(text(&answer, "prefixList.state"), "modify-in-progress");
    let found = described(&door, &list);
    assert_eq!((text(&found, "state"), text(&found, "maxEntries")), ("modify-failed", "10"));
    assert_eq!(
        text(&found, "stateMessage"),
        format!("The following resources do not support the new maximum size: {group}")
    );
    modify(&door, &list, &[("MaxEntries", "60")]).unwrap();
    let found = described(&door, &list);
    assert_eq!((text(&found, "state"), text(&found, "maxEntries")), ("modify-complete", "60"));
    assert!(at(&found, "stateMessage").is_none());
}

#[test]
fn what_judges_has_the_current_entries_and_names_the_rule() {
    let door = TestDoor::new();
    let (group, list) = (new_group(&door), new_list(&door, &["10.1.0.0/16"]));
    let rule = allow(&door, &group, &list).unwrap();
    let rule = text(&rule, "securityGroupRuleSet.0.securityGroupRuleId");
    let groups = door.ec2("DescribeSecurityGroups", &[("GroupId.1", &group)]).unwrap();
    let subnet = new_subnet(&door, text(&groups, "securityGroupInfo.0.vpcId"), "10.0.1.0/24");
    let eni = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", &group)];
    let eni = door.ec2("CreateNetworkInterface", &eni).unwrap();
    let eni = text(&eni, "networkInterface.networkInterfaceId");

    let before = judged(&door, eni, rule);
    modify(&door, &list, &[("AddEntry.1.Cidr", "10.2.0.0/16")]).unwrap();
    let after = judged(&door, eni, rule);

    assert_eq!(before.0, ["10.1.0.0/16"]);
    assert_eq!(after.0, ["10.1.0.0/16", "10.2.0.0/16"]);
    assert_ne!(before.1, after.1, "other entries are other rules");
}

/// The blocks that a rule lets in as what judges reads them, and the revision of an interface's rules.
fn judged(door: &TestDoor, eni: &str, rule: &str) -> (Vec<String>, String) {
    let inventory = inventory(door);
    let mut rules = inventory.security_groups.iter().flat_map(|group| &group.ingress);
    let found = rules.find(|it| it.id.as_deref() == Some(rule)).unwrap();
    let Peer::PrefixList(list) = found.peer else { panic!("{:?}", found.peer) };
    let blocks = inventory.prefix_lists[list].entries.iter().map(ToString::to_string).collect();
    let mut book = RuleBook::default();
    let options = CompileOptions { reserved_addresses: ReservedAddresses::Aws };
    let ruleset = Ruleset::compile(inventory, options, &mut book);
    let revision = ruleset.revision(book.interface_index(eni).unwrap()).unwrap();
    (blocks, revision.to_string())
}

use super::super::answers::{all, new_vpc, refused, text};
use crate::testing::TestDoor;

fn new_acl(door: &TestDoor, vpc: &str) -> String {
    let answer = door.ec2("CreateNetworkAcl", &[("VpcId", vpc)]).unwrap();
    text(&answer, "networkAcl.networkAclId").to_owned()
}

fn entry<'a>(
    acl: &'a str,
    number: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![
        ("NetworkAclId", acl),
        ("RuleNumber", number),
        ("RuleAction", "deny"),
        ("Egress", "false"),
        ("CidrBlock", "198.51.100.7/24"),
    ];
    all.extend(more);
    all
}

const RDP: &[(&str, &str)] =
    &[("Protocol", "6"), ("PortRange.From", "3389"), ("PortRange.To", "3389")];

#[test]
fn an_acl_begins_closed_and_its_entries_are_in_order() {
    let door = TestDoor::new();
    let acl = new_acl(&door, &new_vpc(&door, "10.0.0.0/16"));
    for number in ["110", "100"] {
        door.ec2("CreateNetworkAclEntry", &entry(&acl, number, RDP)).unwrap();
    }
    let answer = door.ec2("DescribeNetworkAcls", &[("NetworkAclId.1", &acl)]).unwrap();
    let list = "networkAclSet.0.entrySet";
    assert_eq!(all(&answer, list, "ruleNumber"), ["32767", "100", "110", "32767"]);
    assert_eq!(all(&answer, list, "egress"), ["true", "false", "false", "false"]);
    assert_eq!(text(&answer, &format!("{list}.1.cidrBlock")), "198.51.100.0/24");
    assert_eq!(text(&answer, &format!("{list}.1.portRange.from")), "3389");
    assert_eq!(text(&answer, "networkAclSet.0.default"), "false");
}

#[test]
fn an_entry_is_there_once_and_replaced_or_deleted_by_its_number() {
    let door = TestDoor::new();
    let acl = new_acl(&door, &new_vpc(&door, "10.0.0.0/16"));
    door.ec2("CreateNetworkAclEntry", &entry(&acl, "100", RDP)).unwrap();
    refused(
        door.ec2("CreateNetworkAclEntry", &entry(&acl, "100", RDP)),
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 100 already exists.",
    );
    let ping = &[("Protocol", "1"), ("Icmp.Type", "8"), ("Icmp.Code", "-1")];
    door.ec2("ReplaceNetworkAclEntry", &entry(&acl, "100", ping)).unwrap();
    refused(
        door.ec2("ReplaceNetworkAclEntry", &entry(&acl, "101", ping)),
        "InvalidNetworkAclEntry.NotFound",
        "The network acl entry identified by 101 does not exist.",
    );
    let answer = door.ec2("DescribeNetworkAcls", &[("NetworkAclId.1", &acl)]).unwrap();
    assert_eq!(text(&answer, "networkAclSet.0.entrySet.1.icmpTypeCode.type"), "8");
    let gone = [("NetworkAclId", acl.as_str()), ("RuleNumber", "100"), ("Egress", "false")];
    door.ec2("DeleteNetworkAclEntry", &gone).unwrap();
    assert!(door.ec2("DeleteNetworkAclEntry", &gone).is_err());
}

#[test]
fn what_is_no_entry_is_refused() {
    let door = TestDoor::new();
    let acl = new_acl(&door, &new_vpc(&door, "10.0.0.0/16"));
    for (number, more, code) in [
        ("0", RDP, "InvalidParameterValue"),
        ("32767", RDP, "InvalidParameterValue"),
        ("1", &[("Protocol", "6")][..], "MissingParameter"),
        ("1", &[("Protocol", "1")][..], "MissingParameter"),
        ("1", &[("Protocol", "x")][..], "InvalidParameterValue"),
        ("1", &[("Protocol", "-1"), ("Ipv6CidrBlock", "::/0")][..], "InvalidParameterCombination"),
    ] {
        let refused = door.ec2("CreateNetworkAclEntry", &entry(&acl, number, more)).unwrap_err();
        assert_eq!(refused.code, code, "{number} {more:?}: {}", refused.message);
    }
}

#[test]
fn a_subnet_moves_to_another_acl_under_a_new_association() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24")];
    let subnet = text(&door.ec2("CreateSubnet", &subnet).unwrap(), "subnet.subnetId").to_owned();
    let acl = new_acl(&door, &vpc);
    let of_subnet = || {
        let filter =
            [("Filter.1.Name", "association.subnet-id"), ("Filter.1.Value.1", subnet.as_str())];
        let answer = door.ec2("DescribeNetworkAcls", &filter).unwrap();
        let id = text(&answer, "networkAclSet.0.networkAclId").to_owned();
        let list = "networkAclSet.0.associationSet";
        (id, all(&answer, list, "networkAclAssociationId").remove(0))
    };
    let (default, association) = of_subnet();
    let parameters = [("AssociationId", association.as_str()), ("NetworkAclId", acl.as_str())];
    let answer = door.ec2("ReplaceNetworkAclAssociation", &parameters).unwrap();
    let new = text(&answer, "newAssociationId").to_owned();
    assert_eq!(of_subnet(), (acl.clone(), new));
    refused(
        door.ec2("ReplaceNetworkAclAssociation", &parameters),
        "InvalidAssociationID.NotFound",
        &format!("The association ID '{association}' does not exist"),
    );
    refused(
        door.ec2("DeleteNetworkAcl", &[("NetworkAclId", &acl)]),
        "DependencyViolation",
        &format!("The network ACL '{acl}' has dependencies and cannot be deleted."),
    );
    refused(
        door.ec2("DeleteNetworkAcl", &[("NetworkAclId", &default)]),
        "InvalidParameterValue",
        &format!("cannot delete default network ACL {default}"),
    );
}

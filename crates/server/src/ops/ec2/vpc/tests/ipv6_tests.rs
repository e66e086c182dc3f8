//! IPv6 blocks of VPCs, and what comes with the first one.

use super::super::super::answers::{
    all, new_ipv6_vpc, new_vpc, refused, refused_with, stored, text,
};
use crate::model::{NetworkAcl, Peer, RouteTable, SecurityGroup};
use crate::testing::TestDoor;

const POOL: &str = "ipv6pool-ec2-0123456789abcdef0";

fn create(
    door: &TestDoor,
    parameters: &[(&str, &str)],
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    let mut all = vec![("CidrBlock", "10.0.0.0/16")];
    all.extend(parameters);
    door.ec2("CreateVpc", &all)
}

/// Numbers, directions and blocks of the entries of a VPC's default ACL, as answers print them.
fn entries(door: &TestDoor, vpc: &str) -> Vec<(String, String)> {
    let filter = [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", vpc)];
    let found = door.ec2("DescribeNetworkAcls", &filter).unwrap();
    let numbers = all(&found, "networkAclSet.0.entrySet", "ruleNumber");
    numbers.into_iter().zip(all(&found, "networkAclSet.0.entrySet", "egress")).collect()
}

/// Whom the rules of a VPC's default group let out to.
fn egress(door: &TestDoor, vpc: &str) -> Vec<Peer> {
    let groups: Vec<SecurityGroup> = stored(door);
    let group = groups.into_iter().find(|it| it.vpc_id == vpc && it.name == "default").unwrap();
    group.rules.into_iter().filter(|rule| rule.is_egress).map(|rule| rule.peer).collect()
}

fn ipv4() -> Peer {
    Peer::Ipv4("0.0.0.0/0".to_owned())
}

fn ipv6() -> Peer {
    Peer::Ipv6("::/0".to_owned())
}

#[test]
fn a_chosen_block_is_local_and_of_one_vpc() {
    let door = TestDoor::new();

    let first = create(&door, &[("AmazonProvidedIpv6CidrBlock", "true")]).unwrap();
    let second = create(&door, &[("AmazonProvidedIpv6CidrBlock", "true")]).unwrap();

    let set = "vpc.ipv6CidrBlockAssociationSet.0";
    for (member, value) in [
        ("ipv6CidrBlockState.state", "associating"),
        ("networkBorderGroup", "us-east-1"),
        ("ipv6Pool", "Amazon"),
        ("ipv6AddressAttribute", "private"),
        ("ipSource", "amazon"),
    ] {
        assert_eq!(text(&first, &format!("{set}.{member}")), value, "{member}");
    }
    let block = |made| text(made, &format!("{set}.ipv6CidrBlock")).to_owned();
    assert!(block(&first).starts_with("fd") && block(&first).ends_with("::/56"));
    assert_ne!(block(&first), block(&second));
}

#[test]
fn a_block_of_ones_own_is_taken_with_any_pool() {
    let door = TestDoor::new();

    let made =
        create(&door, &[("Ipv6CidrBlock", "2001:db8:1:2ff::7/56"), ("Ipv6Pool", POOL)]).unwrap();
    let id = text(&made, "vpc.vpcId");
    let found = door.ec2("DescribeVpcs", &[("VpcId.1", id)]).unwrap();

    let set = "vpcSet.0.ipv6CidrBlockAssociationSet.0";
    for (member, value) in [
        ("ipv6CidrBlock", "2001:db8:1:200::/56"),
        ("ipv6CidrBlockState.state", "associated"),
        ("ipv6Pool", POOL),
        ("ipv6AddressAttribute", "public"),
        ("ipSource", "byoip"),
    ] {
        assert_eq!(text(&found, &format!("{set}.{member}")), value, "{member}");
    }
}

#[test]
fn an_ipv6_block_that_no_vpc_can_have_is_refused() {
    let door = TestDoor::new();
    let own = |cidr: &str| create(&door, &[("Ipv6CidrBlock", cidr), ("Ipv6Pool", POOL)]);
    own("fd00:1:2:300::/56").unwrap();

    let sizes = ["fd00::/40", "fd00::/46", "fd00::/64", "fd00::/61"];
    for cidr in sizes.into_iter().chain(["::/48", "fe80::/48", "ff02::/48"]) {
        let message = format!("The IPv6 CIDR '{cidr}' is invalid.");
        refused(own(cidr), "InvalidVpc.Range", &message);
    }
    for cidr in ["fd00::", "10.0.0.0/16", "fd00::/129"] {
        let message = format!(
            "Value ({cidr}) for parameter ipv6CidrBlock is invalid. This is not a valid CIDR block."
        );
        refused(own(cidr), "InvalidParameterValue", &message);
    }
    for cidr in ["fd00:1:2:300::/60", "fd00:1:2::/48"] {
        refused_with(own(cidr), "InvalidCidrBlock.InUse", cidr);
    }
    refused(
        create(&door, &[("Ipv6CidrBlock", "fd00:2::/56"), ("Ipv6Pool", "mine")]),
        "InvalidPoolID.Malformed",
        "Invalid id: \"mine\" (expecting \"ipv6pool-ec2-...\")",
    );
    refused_with(create(&door, &[("Ipv6Pool", POOL)]), "MissingParameter", "ipv6CidrBlock");
    refused_with(
        create(&door, &[("Ipv6CidrBlock", "fd00:2::/56")]),
        "MissingParameter",
        "ipv6Pool",
    );
    for both in [("Ipv6CidrBlock", "fd00:2::/56"), ("Ipv6Pool", POOL)] {
        refused_with(
            create(&door, &[("AmazonProvidedIpv6CidrBlock", "true"), both]),
            "InvalidParameterCombination",
            "AmazonProvidedIpv6CidrBlock",
        );
    }
    let group = ("Ipv6CidrBlockNetworkBorderGroup", "us-east-1");
    refused_with(create(&door, &[group]), "InvalidParameterCombination", group.0);
    refused(
        create(&door, &[("AmazonProvidedIpv6CidrBlock", "true"), ("DryRun", "true")]),
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    );
    create(&door, &[("AmazonProvidedIpv6CidrBlock", "true"), group]).unwrap();
}

#[test]
fn a_vpc_that_is_made_with_ipv6_is_open_to_it() {
    let door = TestDoor::new();

    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");

    let numbers = ["100", "101", "32767", "32768"];
    let expected: Vec<_> = ["true", "false"]
        .iter()
        .flat_map(|egress| numbers.map(|number| (number.to_owned(), (*egress).to_owned())))
        .collect();
    assert_eq!(entries(&door, &vpc), expected);
    assert_eq!(egress(&door, &vpc), [ipv4(), ipv6()]);
    let tables: Vec<RouteTable> = stored(&door);
    let table = tables.iter().find(|table| table.vpc_id == vpc).unwrap();
    let routes: Vec<_> =
        table.routes.iter().map(|it| (it.destination.as_str(), it.is_local())).collect();
    assert_eq!(routes, [("10.0.0.0/16", true), ("fd00:1:2:300::/56", true)]);

    let group = [("GroupName", "web"), ("GroupDescription", "web"), ("VpcId", vpc.as_str())];
    let group = door.ec2("CreateSecurityGroup", &group).unwrap();
    let found =
        door.ec2("DescribeSecurityGroups", &[("GroupId.1", text(&group, "groupId"))]).unwrap();
    let egress = "securityGroupInfo.0.ipPermissionsEgress";
    assert_eq!(all(&found, egress, "ipProtocol"), ["-1"], "one permission holds both rules");
    assert_eq!(text(&found, &format!("{egress}.0.ipRanges.0.cidrIp")), "0.0.0.0/0");
    assert_eq!(text(&found, &format!("{egress}.0.ipv6Ranges.0.cidrIpv6")), "::/0");
}

#[test]
fn the_first_ipv6_block_opens_what_was_not_changed() {
    let door = TestDoor::new();
    let (plain, changed) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.0.0.0/16"));
    let acls: Vec<NetworkAcl> = stored(&door);
    let acl = &acls.iter().find(|acl| acl.vpc_id == changed).unwrap().id;
    let deny = [
        ("NetworkAclId", acl.as_str()),
        ("RuleNumber", "90"),
        ("Protocol", "-1"),
        ("RuleAction", "deny"),
        ("Egress", "false"),
        ("CidrBlock", "10.9.0.0/16"),
    ];
    door.ec2("CreateNetworkAclEntry", &deny).unwrap();
    let groups: Vec<SecurityGroup> = stored(&door);
    let group = groups.iter().find(|group| group.vpc_id == changed).unwrap();
    let revoke = [
        ("GroupId", group.id.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    door.ec2("RevokeSecurityGroupEgress", &revoke).unwrap();
    assert!(entries(&door, &plain).iter().all(|(number, _)| number != "32768"));

    for vpc in [&plain, &changed, &plain] {
        let parameters = [("VpcId", vpc.as_str()), ("AmazonProvidedIpv6CidrBlock", "true")];
        door.ec2("AssociateVpcCidrBlock", &parameters).unwrap();
    }

    let added = |vpc: &str| -> Vec<String> {
        let entries = entries(&door, vpc);
        entries.into_iter().filter(|(number, _)| number == "101").map(|(_, to)| to).collect()
    };
    assert_eq!(added(&plain), ["true", "false"]);
    assert_eq!(added(&changed), ["true"], "the inbound rules were changed");
    assert_eq!(egress(&door, &plain), [ipv4(), ipv6()]);
    assert_eq!(egress(&door, &changed), []);
}

mod attribute_tests;
mod describe_tests;
mod ipv6_tests;

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::answers::{
    check_refusal, new_interface, new_subnet, new_vpc, refused, refused_with, stored, text,
};
use crate::config::{Config, Quotas};
use crate::model::{NetworkAcl, Subnet};
use crate::testing::TestDoor;

fn create(door: &TestDoor, vpc: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
    let mut all = vec![("VpcId", vpc)];
    all.extend(parameters);
    door.ec2("CreateSubnet", &all)
}

/// The subnets that a VPC's ACL is of.
fn associated(door: &TestDoor, vpc: &str) -> Vec<String> {
    let acls = stored::<NetworkAcl>(door);
    let acl = acls.iter().find(|acl| acl.vpc_id == vpc).unwrap();
    acl.associations.iter().map(|it| it.subnet_id.clone()).collect()
}

#[test]
fn a_new_subnet_is_available_and_under_the_default_acl() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");

    let made = create(&door, &vpc, &[("CidrBlock", "10.0.1.7/24")]).unwrap();

    let id = text(&made, "subnet.subnetId");
    for (member, value) in [
        ("subnetArn", format!("arn:aws:ec2:us-east-1:123456789012:subnet/{id}").as_str()),
        ("vpcId", vpc.as_str()),
        ("state", "available"),
        ("cidrBlock", "10.0.1.0/24"),
        ("availableIpAddressCount", "251"),
        ("availabilityZone", "us-east-1a"),
        ("availabilityZoneId", "use1-az1"),
        ("defaultForAz", "false"),
        ("mapPublicIpOnLaunch", "false"),
        ("assignIpv6AddressOnCreation", "false"),
        ("enableDns64", "false"),
        ("ipv6Native", "false"),
        ("privateDnsNameOptionsOnLaunch.hostnameType", "ip-name"),
        ("privateDnsNameOptionsOnLaunch.enableResourceNameDnsARecord", "false"),
        ("privateDnsNameOptionsOnLaunch.enableResourceNameDnsAAAARecord", "false"),
        ("ownerId", "123456789012"),
    ] {
        assert_eq!(text(&made, &format!("subnet.{member}")), value, "{member}");
    }
    assert_eq!(associated(&door, &vpc), [id]);
}

#[test]
fn five_addresses_of_a_subnet_are_reserved() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");

    for (cidr, available) in
        [("10.0.0.0/28", "11"), ("10.0.1.0/24", "251"), ("10.0.16.0/20", "4091")]
    {
        let made = create(&door, &vpc, &[("CidrBlock", cidr)]).unwrap();
        assert_eq!(text(&made, "subnet.availableIpAddressCount"), available, "{cidr}");
    }
}

#[test]
fn addresses_in_use_are_not_available() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.0.0/28");
    let count = || {
        let answer = door.ec2("DescribeSubnets", &[("SubnetId.1", &subnet)]).unwrap();
        text(&answer, "subnetSet.0.availableIpAddressCount").to_owned()
    };

    let interface = new_interface(&door, &subnet);
    let three = [("SubnetId", subnet.as_str()), ("SecondaryPrivateIpAddressCount", "2")];
    door.ec2("CreateNetworkInterface", &three).unwrap();
    assert_eq!(count(), "7");

    door.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]).unwrap();
    assert_eq!(count(), "8");
}

#[test]
fn a_block_that_the_vpc_cannot_give_is_refused() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    new_subnet(&door, &vpc, "10.0.1.0/24");

    for cidr in ["10.1.0.0/24", "10.0.0.0/15", "10.0.0.0/29", "192.168.0.0/24"] {
        refused(
            create(&door, &vpc, &[("CidrBlock", cidr)]),
            "InvalidSubnet.Range",
            &format!("The CIDR '{cidr}' is invalid."),
        );
    }
    for cidr in ["10.0.1.0/24", "10.0.1.16/28", "10.0.0.0/16"] {
        refused(
            create(&door, &vpc, &[("CidrBlock", cidr)]),
            "InvalidSubnet.Conflict",
            &format!("The CIDR '{cidr}' conflicts with another subnet"),
        );
    }
    refused(
        create(&door, &vpc, &[("CidrBlock", "10.0.0.0")]),
        "InvalidParameterValue",
        "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
    );
    refused(
        create(&door, &vpc, &[]),
        "MissingParameter",
        "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
    );
    let other = new_vpc(&door, "10.0.0.0/16");
    create(&door, &other, &[("CidrBlock", "10.0.1.0/24")]).unwrap();
}

#[test]
fn a_zone_is_named_by_name_or_id() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let with = |zone: &[(&str, &str)], cidr: &str| {
        let mut parameters = vec![("CidrBlock", cidr)];
        parameters.extend(zone);
        create(&door, &vpc, &parameters)
    };

    let by_name = with(&[("AvailabilityZone", "us-east-1b")], "10.0.1.0/24").unwrap();
    let by_id = with(&[("AvailabilityZoneId", "use1-az3")], "10.0.2.0/24").unwrap();

    assert_eq!(text(&by_name, "subnet.availabilityZoneId"), "use1-az2");
    assert_eq!(text(&by_id, "subnet.availabilityZone"), "us-east-1c");
    refused(
        with(&[("AvailabilityZone", "us-east-1z")], "10.0.3.0/24"),
        "InvalidParameterValue",
        "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c.",
    );
    refused_with(
        with(&[("AvailabilityZoneId", "use1-az9")], "10.0.3.0/24"),
        "InvalidParameterValue",
        "Value (use1-az9) for parameter availabilityZoneId is invalid.",
    );
    refused_with(
        with(
            &[("AvailabilityZone", "us-east-1a"), ("AvailabilityZoneId", "use1-az1")],
            "10.0.3.0/24",
        ),
        "InvalidParameterCombination",
        "Only one of",
    );
}

#[test]
fn what_a_subnet_cannot_have_is_refused() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let with = |name: &str, value: &str| {
        create(&door, &vpc, &[("CidrBlock", "10.0.1.0/24"), (name, value)])
    };

    for (name, value) in [
        ("Ipv6Native", "true"),
        ("OutpostArn", "arn:aws:outposts:us-east-1:1:outpost/op-1"),
        ("Ipv4IpamPoolId", "x"),
        ("Ipv4NetmaskLength", "24"),
        ("Ipv6IpamPoolId", "x"),
        ("Ipv6NetmaskLength", "64"),
    ] {
        let message = format!("The parameter {name} is not supported here: leave it out.");
        refused(with(name, value), "UnsupportedOperation", &message);
    }
    refused(
        with("TagSpecification.1.ResourceType", "vpc"),
        "InvalidParameter",
        "'vpc' is not a valid taggable resource type for this operation.",
    );
    with("Ipv6Native", "false").unwrap();
}

#[test]
fn a_vpc_has_no_more_subnets_than_the_quota() {
    let quotas = Quotas { subnets_per_vpc: 2, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    let vpc = new_vpc(&door, "10.0.0.0/16");
    new_subnet(&door, &vpc, "10.0.1.0/24");
    new_subnet(&door, &vpc, "10.0.2.0/24");

    refused(
        create(&door, &vpc, &[("CidrBlock", "10.0.3.0/24")]),
        "SubnetLimitExceeded",
        "The maximum number of subnets has been reached.",
    );
    assert_eq!(Quotas::default().subnets_per_vpc, 200);
}

#[test]
fn a_deleted_subnet_leaves_its_acl() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let (gone, stays) =
        (new_subnet(&door, &vpc, "10.0.1.0/24"), new_subnet(&door, &vpc, "10.0.2.0/24"));

    door.ec2("DeleteSubnet", &[("SubnetId", &gone)]).unwrap();

    assert_eq!(associated(&door, &vpc), [stays]);
    refused(
        door.ec2("DeleteSubnet", &[("SubnetId", &gone)]),
        "InvalidSubnetID.NotFound",
        &format!("The subnet ID '{gone}' does not exist"),
    );
    create(&door, &vpc, &[("CidrBlock", "10.0.1.0/24")]).unwrap();
}

#[test]
fn a_subnet_with_an_interface_is_not_deleted() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    new_interface(&door, &subnet);

    refused(
        door.ec2("DeleteSubnet", &[("SubnetId", &subnet)]),
        "DependencyViolation",
        &format!("The subnet '{subnet}' has dependencies and cannot be deleted."),
    );
}

#[test]
fn a_dry_run_of_subnets_changes_nothing() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    let before = stored::<Subnet>(&door);
    let message = "Request would have succeeded, but DryRun flag is set.";

    let parameters = [("CidrBlock", "10.0.2.0/24"), ("DryRun", "true")];
    refused(create(&door, &vpc, &parameters), "DryRunOperation", message);
    for (action, name) in [("DeleteSubnet", "SubnetId"), ("DescribeSubnets", "SubnetId.1")] {
        let result = door.ec2(action, &[(name, &subnet), ("DryRun", "true")]);
        refused(result, "DryRunOperation", message);
    }

    assert_eq!(stored::<Subnet>(&door), before);
}

#[test]
fn who_may_not_is_told_so_of_subnets() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:subnet/{subnet}");
    let any = "arn:aws:ec2:us-east-1:123456789012:subnet/*";
    let id = [("SubnetId", subnet.as_str())];

    check_refusal(&mut door, "CreateSubnet", &[("VpcId", &vpc)], Some(any));
    check_refusal(&mut door, "DescribeSubnets", &[], None);
    check_refusal(&mut door, "DeleteSubnet", &id, Some(&arn));
    check_refusal(&mut door, "ModifySubnetAttribute", &id, Some(&arn));
}

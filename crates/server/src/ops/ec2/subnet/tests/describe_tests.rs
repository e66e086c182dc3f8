use super::super::super::answers::{
    all, check_filters, new_ipv6_vpc, new_subnet, new_vpc, refused, refused_with, stored, text,
};
use super::create;
use crate::model::Subnet;
use crate::testing::TestDoor;

#[test]
fn every_documented_filter_of_subnets_finds_what_it_names() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let parameters = [
        ("CidrBlock", "10.0.1.0/24"),
        ("Ipv6CidrBlock", "fd00:1:2:301::/64"),
        ("AvailabilityZone", "us-east-1b"),
        ("TagSpecification.1.ResourceType", "subnet"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "web"),
    ];
    let made = create(&door, &vpc, &parameters).unwrap();
    let id = text(&made, "subnet.subnetId");
    let association = text(&made, "subnet.ipv6CidrBlockAssociationSet.0.associationId");

    let options = "private-dns-name-options-on-launch";
    let cases = [
        ("availability-zone", "us-east-1b"),
        ("availabilityZone", "us-east-1b"),
        ("availability-zone-id", "use1-az2"),
        ("availabilityZoneId", "use1-az2"),
        ("available-ip-address-count", "251"),
        ("cidr-block", "10.0.1.0/24"),
        ("cidr", "10.0.1.0/24"),
        ("cidrBlock", "10.0.1.0/24"),
        ("customer-owned-ipv4-pool", ""),
        ("default-for-az", "false"),
        ("defaultForAz", "false"),
        ("enable-dns64", "false"),
        ("enable-lni-at-device-index", ""),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "fd00:1:2:301::/64"),
        ("ipv6-cidr-block-association.association-id", association),
        ("ipv6-cidr-block-association.state", "associated"),
        ("ipv6-native", "false"),
        ("map-customer-owned-ip-on-launch", "false"),
        ("map-public-ip-on-launch", "false"),
        ("outpost-arn", ""),
        ("owner-id", "123456789012"),
        (&format!("{options}.hostname-type"), "ip-name"),
        (&format!("{options}.enable-resource-name-dns-a-record"), "false"),
        (&format!("{options}.enable-resource-name-dns-aaaa-record"), "false"),
        ("state", "available"),
        ("subnet-arn", text(&made, "subnet.subnetArn")),
        ("subnet-id", id),
        ("tag:Name", "w?b"),
        ("tag-key", "Name"),
        ("vpc-id", &vpc),
    ];
    check_filters(&door, "DescribeSubnets", "subnetSet", "subnetId", id, &cases);
}

#[test]
fn pages_of_subnets_follow_each_other() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    for number in 0..4 {
        new_subnet(&door, &vpc, &format!("10.0.{number}.0/24"));
    }

    let first = door.ec2("DescribeSubnets", &[("MaxResults", "5")]).unwrap();
    let token = text(&first, "nextToken");
    let second = door.ec2("DescribeSubnets", &[("MaxResults", "5"), ("NextToken", token)]).unwrap();

    let mut ids = all(&first, "subnetSet", "subnetId");
    ids.extend(all(&second, "subnetSet", "subnetId"));
    let mut expected: Vec<_> = stored::<Subnet>(&door).into_iter().map(|it| it.id).collect();
    expected.sort();
    assert_eq!(expected.len(), 7);
    assert_eq!(ids, expected);
}

#[test]
fn ids_of_subnets_are_checked() {
    let door = TestDoor::new();

    refused(
        create(&door, "vpc-0123456789abcdef0", &[("CidrBlock", "10.0.0.0/24")]),
        "InvalidVpcID.NotFound",
        "The vpc ID 'vpc-0123456789abcdef0' does not exist",
    );
    refused_with(
        create(&door, "lab", &[("CidrBlock", "10.0.0.0/24")]),
        "InvalidVpcID.Malformed",
        "Invalid id: \"lab\"",
    );
    for (action, name) in [
        ("DeleteSubnet", "SubnetId"),
        ("DescribeSubnets", "SubnetId.1"),
        ("ModifySubnetAttribute", "SubnetId"),
    ] {
        let with = |id: &str| {
            let mut parameters = vec![(name, id)];
            if action == "ModifySubnetAttribute" {
                parameters.push(("MapPublicIpOnLaunch.Value", "true"));
            }
            door.ec2(action, &parameters)
        };
        refused(
            with("lab"),
            "InvalidSubnetID.Malformed",
            "Invalid id: \"lab\" (expecting \"subnet-...\")",
        );
        refused(
            with("subnet-0123456789abcdef0"),
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0123456789abcdef0' does not exist",
        );
    }
}

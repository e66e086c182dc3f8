use super::super::super::answers::{
    all, at, check_filters, new_vpc, refused, refused_with, stored, text,
};
use crate::config::{Config, Quotas};
use crate::model::Vpc;
use crate::testing::TestDoor;

#[test]
fn every_documented_filter_of_vpcs_finds_what_it_names() {
    let door = TestDoor::new();
    let parameters = [
        ("CidrBlock", "10.0.0.0/16"),
        ("Ipv6CidrBlock", "fd00:1:2:300::/56"),
        ("Ipv6Pool", "ipv6pool-ec2-0123456789abcdef0"),
        ("TagSpecification.1.ResourceType", "vpc"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    let made = door.ec2("CreateVpc", &parameters).unwrap();
    let id = text(&made, "vpc.vpcId");
    let dhcp = text(&made, "vpc.dhcpOptionsId");
    let association = text(&made, "vpc.cidrBlockAssociationSet.0.associationId");
    let ipv6_association = text(&made, "vpc.ipv6CidrBlockAssociationSet.0.associationId");

    let cases = [
        ("cidr", "10.0.*"),
        ("cidrBlock", "10.0.0.0/16"),
        ("cidr-block-association.cidr-block", "10.0.0.0/16"),
        ("cidr-block-association.association-id", association),
        ("cidr-block-association.state", "associated"),
        ("dhcp-options-id", dhcp),
        ("dhcpOptionsId", dhcp),
        ("ipv6-cidr-block-association.ipv6-cidr-block", "fd00:1:2:300::/56"),
        ("ipv6-cidr-block-association.ipv6-pool", "ipv6pool-ec2-0123456789abcdef0"),
        ("ipv6-cidr-block-association.association-id", ipv6_association),
        ("ipv6-cidr-block-association.state", "associated"),
        ("is-default", "false"),
        ("isDefault", "false"),
        ("owner-id", "123456789012"),
        ("state", "available"),
        ("tag:Name", "lab"),
        ("tag-key", "Name"),
        ("vpc-id", id),
    ];
    check_filters(&door, "DescribeVpcs", "vpcSet", "vpcId", id, &cases);
    let other = [("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")];
    let other = door.ec2("DescribeVpcs", &other).unwrap();
    assert_eq!(all(&other, "vpcSet", "cidrBlock"), ["172.31.0.0/16"]);
}

#[test]
fn ids_and_filters_are_both_to_be_met() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");

    let parameters = [
        ("VpcId.1", id.as_str()),
        ("Filter.1.Name", "cidr"),
        ("Filter.1.Value.1", "172.31.0.0/16"),
    ];
    let answer = door.ec2("DescribeVpcs", &parameters).unwrap();

    assert_eq!(all(&answer, "vpcSet", "vpcId"), Vec::<String>::new());
}

#[test]
fn pages_list_every_vpc_once() {
    let quotas = Quotas { vpcs_per_region: 20, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    for _ in 0..11 {
        new_vpc(&door, "10.0.0.0/16");
    }

    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    let mut token = None::<String>;
    loop {
        let mut parameters = vec![("MaxResults", "5")];
        parameters.extend(token.as_deref().map(|token| ("NextToken", token)));
        let answer = door.ec2("DescribeVpcs", &parameters).unwrap();
        let page = all(&answer, "vpcSet", "vpcId");
        sizes.push(page.len());
        seen.extend(page);
        token = at(&answer, "nextToken").and_then(|it| it.text()).map(str::to_owned);
        if token.is_none() {
            break;
        }
    }

    let mut all: Vec<String> = stored::<Vpc>(&door).into_iter().map(|vpc| vpc.id).collect();
    all.sort();
    assert_eq!((seen, sizes), (all, vec![5, 5, 2]));
    refused(
        door.ec2("DescribeVpcs", &[("MaxResults", "3")]),
        "InvalidParameterValue",
        "Value ( 3 ) for parameter maxResults is invalid. Expecting a value greater than 5.",
    );
    refused_with(door.ec2("DescribeVpcs", &[("NextToken", "?")]), "InvalidNextToken", "invalid");
}

#[test]
fn an_id_is_checked_for_its_form_before_its_existence() {
    let door = TestDoor::new();

    for (action, name) in [("DeleteVpc", "VpcId"), ("DescribeVpcs", "VpcId.1")] {
        refused(
            door.ec2(action, &[(name, "lab")]),
            "InvalidVpcID.Malformed",
            "Invalid id: \"lab\" (expecting \"vpc-...\")",
        );
        refused(
            door.ec2(action, &[(name, "vpc-0123456789abcdef0")]),
            "InvalidVpcID.NotFound",
            "The vpc ID 'vpc-0123456789abcdef0' does not exist",
        );
    }
    refused(
        door.ec2("DeleteVpc", &[]),
        "MissingParameter",
        "The request must contain the parameter VpcId",
    );
}

//! Further blocks of a VPC, of either family.

use super::super::super::answers::{
    all, check_refusal, inventory, new_ipv6_subnet, new_ipv6_vpc, new_subnet, new_vpc, refused,
    refused_with, stored, text,
};
use crate::config::{Config, Quotas};
use crate::model::{RouteTable, Vpc};
use crate::testing::TestDoor;

fn associate(
    door: &TestDoor,
    vpc: &str,
    parameters: &[(&str, &str)],
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    let mut all = vec![("VpcId", vpc)];
    all.extend(parameters);
    door.ec2("AssociateVpcCidrBlock", &all)
}

fn disassociate(
    door: &TestDoor,
    id: &str,
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    door.ec2("DisassociateVpcCidrBlock", &[("AssociationId", id)])
}

fn routes(door: &TestDoor, vpc: &str) -> Vec<String> {
    let tables: Vec<RouteTable> = stored(door);
    let table = tables.into_iter().find(|table| table.vpc_id == vpc).unwrap();
    table.routes.into_iter().map(|route| route.destination).collect()
}

#[test]
fn a_second_block_gives_room_for_subnets_until_it_goes() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");

    let made = associate(&door, &vpc, &[("CidrBlock", "10.1.0.9/16")]).unwrap();

    assert_eq!(text(&made, "vpcId"), vpc);
    let id = text(&made, "cidrBlockAssociation.associationId");
    assert_eq!(text(&made, "cidrBlockAssociation.cidrBlock"), "10.1.0.0/16");
    assert_eq!(text(&made, "cidrBlockAssociation.cidrBlockState.state"), "associating");
    let found = door.ec2("DescribeVpcs", &[("VpcId.1", &vpc)]).unwrap();
    let set = "vpcSet.0.cidrBlockAssociationSet";
    assert_eq!(all(&found, set, "cidrBlock"), ["10.0.0.0/16", "10.1.0.0/16"]);
    assert_eq!(text(&found, "vpcSet.0.cidrBlock"), "10.0.0.0/16");
    assert_eq!(routes(&door, &vpc), ["10.0.0.0/16", "10.1.0.0/16"]);
    let judged = inventory(&door).vpcs.into_iter().find(|it| it.id == vpc).unwrap();
    assert_eq!(judged.cidrs.len(), 2);

    let subnet = new_subnet(&door, &vpc, "10.1.1.0/24");
    refused(
        disassociate(&door, id),
        "InvalidCidrBlock.InUse",
        &format!("The vpc {vpc} currently has a subnet within CIDR block 10.1.0.0/16"),
    );
    door.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).unwrap();
    let gone = disassociate(&door, id).unwrap();
    assert_eq!(text(&gone, "cidrBlockAssociation.cidrBlockState.state"), "disassociating");
    assert_eq!(routes(&door, &vpc), ["10.0.0.0/16"]);
}

#[test]
fn an_ipv6_block_in_which_a_subnet_is_stays() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let own = [("Ipv6CidrBlock", "fd00:9::/56"), ("Ipv6Pool", "ipv6pool-ec2-0123456789abcdef0")];
    let second = associate(&door, &vpc, &own).unwrap();
    let first = stored::<Vpc>(&door).into_iter().find(|it| it.id == vpc).unwrap();
    let first = first.ipv6_cidrs[0].id.clone();
    let subnet = new_ipv6_subnet(&door, &vpc, "10.0.1.0/24", "fd00:1:2:301::/64");

    refused(
        disassociate(&door, &first),
        "InvalidCidrBlock.InUse",
        &format!("The vpc {vpc} currently has a subnet within CIDR block fd00:1:2:300::/56"),
    );
    let gone =
        disassociate(&door, text(&second, "ipv6CidrBlockAssociation.associationId")).unwrap();
    door.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).unwrap();
    disassociate(&door, &first).unwrap();

    assert_eq!(text(&gone, "ipv6CidrBlockAssociation.ipv6CidrBlock"), "fd00:9::/56");
    assert_eq!(text(&gone, "ipv6CidrBlockAssociation.ipv6CidrBlockState.state"), "disassociating");
    assert_eq!(routes(&door, &vpc), ["10.0.0.0/16"]);
    let judged = inventory(&door).vpcs.into_iter().find(|it| it.id == vpc).unwrap();
    assert_eq!(judged.cidrs.len(), 1, "what came with IPv6 is no fault without it");
}

#[test]
fn a_further_block_that_the_vpc_cannot_have_is_refused() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");

    for cidr in ["10.1.0.0/15", "10.1.0.0/29"] {
        let message = format!("The CIDR '{cidr}' is invalid.");
        refused(associate(&door, &vpc, &[("CidrBlock", cidr)]), "InvalidVpc.Range", &message);
    }
    refused_with(
        associate(&door, &vpc, &[("CidrBlock", "10.0.128.0/20")]),
        "InvalidVpc.Range",
        "conflicts with another CIDR block of the VPC",
    );
    refused_with(associate(&door, &vpc, &[]), "MissingParameter", "cidrBlock");
    refused_with(
        associate(
            &door,
            &vpc,
            &[("CidrBlock", "10.1.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")],
        ),
        "InvalidParameterCombination",
        "one call",
    );
    for name in ["Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"] {
        let result = associate(&door, &vpc, &[(name, "20")]);
        refused_with(result, "UnsupportedOperation", name);
    }
    refused_with(
        associate(&door, "vpc-0123456789abcdef0", &[("CidrBlock", "10.1.0.0/16")]),
        "InvalidVpcID.NotFound",
        "does not exist",
    );
}

#[test]
fn the_primary_block_and_unknown_ones_are_not_disassociated() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let primary = stored::<Vpc>(&door).into_iter().find(|it| it.id == vpc).unwrap();
    let primary = primary.cidrs[0].id.clone();

    refused(
        disassociate(&door, &primary),
        "OperationNotPermitted",
        &format!(
            "The vpc CIDR block with association ID {primary} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
        ),
    );
    refused(
        disassociate(&door, "vpc-cidr-assoc-0123456789abcdef0"),
        "InvalidVpcCidrBlockAssociationID.NotFound",
        "The vpc CIDR block with association ID 'vpc-cidr-assoc-0123456789abcdef0' does not exist",
    );
    refused_with(
        disassociate(&door, "assoc"),
        "InvalidVpcCidrBlockAssociationId.Malformed",
        "assoc is malformed",
    );
}

#[test]
fn a_vpc_has_five_blocks_of_each_family_unless_the_configuration_says_otherwise() {
    let quotas =
        Quotas { ipv4_cidr_blocks_per_vpc: 2, ipv6_cidr_blocks_per_vpc: 1, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    let vpc = new_vpc(&door, "10.0.0.0/16");

    associate(&door, &vpc, &[("CidrBlock", "10.1.0.0/16")]).unwrap();
    associate(&door, &vpc, &[("AmazonProvidedIpv6CidrBlock", "true")]).unwrap();

    refused(
        associate(&door, &vpc, &[("CidrBlock", "10.2.0.0/16")]),
        "CidrLimitExceeded",
        &format!("This network {vpc} has met its maximum number of allowed CIDRs: 2"),
    );
    refused_with(
        associate(&door, &vpc, &[("AmazonProvidedIpv6CidrBlock", "true")]),
        "CidrLimitExceeded",
        "CIDRs: 1",
    );
    let quotas = Quotas::default();
    assert_eq!((quotas.ipv4_cidr_blocks_per_vpc, quotas.ipv6_cidr_blocks_per_vpc), (5, 5));
}

#[test]
fn who_may_not_is_told_so_of_blocks() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let found = stored::<Vpc>(&door).into_iter().find(|it| it.id == vpc).unwrap();
    let association = found.cidrs[0].id.clone();
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:vpc/{vpc}");

    check_refusal(&mut door, "AssociateVpcCidrBlock", &[("VpcId", &vpc)], Some(&arn));
    let parameters = [("AssociationId", association.as_str())];
    check_refusal(&mut door, "DisassociateVpcCidrBlock", &parameters, Some(&arn));
}

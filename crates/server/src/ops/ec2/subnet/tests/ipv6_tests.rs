//! The IPv6 block of a subnet.

use super::super::super::answers::{
    all, check_refusal, new_ipv6_subnet, new_ipv6_vpc, new_subnet, new_vpc, refused, refused_with,
    stored, text,
};
use super::create;
use crate::model::Subnet;
use crate::testing::TestDoor;

fn associate(
    door: &TestDoor,
    subnet: &str,
    cidr: &str,
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    door.ec2("AssociateSubnetCidrBlock", &[("SubnetId", subnet), ("Ipv6CidrBlock", cidr)])
}

fn disassociate(
    door: &TestDoor,
    id: &str,
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    door.ec2("DisassociateSubnetCidrBlock", &[("AssociationId", id)])
}

fn assign_on_creation(
    door: &TestDoor,
    subnet: &str,
    value: &str,
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    let parameters = [("SubnetId", subnet), ("AssignIpv6AddressOnCreation.Value", value)];
    door.ec2("ModifySubnetAttribute", &parameters)
}

#[test]
fn a_subnet_is_made_with_an_ipv6_block_of_its_vpc() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "2001:db8:1:200::/56");

    let parameters = [("CidrBlock", "10.0.1.0/24"), ("Ipv6CidrBlock", "2001:db8:1:201::9/64")];
    let made = create(&door, &vpc, &parameters).unwrap();
    let id = text(&made, "subnet.subnetId");
    let found = door.ec2("DescribeSubnets", &[("SubnetId.1", id)]).unwrap();

    let state = "ipv6CidrBlockAssociationSet.0.ipv6CidrBlockState.state";
    assert_eq!(text(&made, &format!("subnet.{state}")), "associating");
    let set = "subnetSet.0.ipv6CidrBlockAssociationSet";
    assert_eq!(all(&found, set, "ipv6CidrBlock"), ["2001:db8:1:201::/64"]);
    for (member, value) in [
        ("ipv6CidrBlockState.state", "associated"),
        ("ipv6AddressAttribute", "public"),
        ("ipSource", "byoip"),
    ] {
        assert_eq!(text(&found, &format!("{set}.0.{member}")), value, "{member}");
    }
    assert!(text(&found, &format!("{set}.0.associationId")).starts_with("subnet-cidr-assoc-"));
    assert_eq!(text(&found, "subnetSet.0.assignIpv6AddressOnCreation"), "false");
}

#[test]
fn an_ipv6_block_that_the_vpc_cannot_give_is_refused() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    new_ipv6_subnet(&door, &vpc, "10.0.1.0/24", "fd00:1:2:301::/64");
    let with =
        |cidr: &str| create(&door, &vpc, &[("CidrBlock", "10.0.2.0/24"), ("Ipv6CidrBlock", cidr)]);

    for cidr in ["fd00:1:2:400::/64", "fd00:1:2::/52"] {
        let message = format!("The IPv6 CIDR '{cidr}' is invalid.");
        refused(with(cidr), "InvalidSubnet.Range", &message);
    }
    for cidr in ["fd00:1:2:302::/65", "fd00:1:2:302::/62", "fd00:1:2:302::/80", "fd00::/40"] {
        let message = format!("invalid value for parameter ipv6-cidr-block: {cidr}");
        refused(with(cidr), "InvalidParameterValue", &message);
    }
    for cidr in ["fd00:1:2:301::/64", "fd00:1:2:300::/60", "fd00:1:2:300::/56"] {
        let message = format!("The IPv6 CIDR '{cidr}' conflicts with another subnet");
        refused(with(cidr), "InvalidSubnet.Conflict", &message);
    }
    refused_with(with("10.0.0.0/24"), "InvalidParameterValue", "ipv6CidrBlock");
    let ipv4 = new_vpc(&door, "10.0.0.0/16");
    let parameters = [("CidrBlock", "10.0.2.0/24"), ("Ipv6CidrBlock", "fd00:1:2:302::/64")];
    refused_with(create(&door, &ipv4, &parameters), "InvalidSubnet.Range", "is invalid");
    with("fd00:1:2:302::/64").unwrap();
}

#[test]
fn a_subnet_gets_and_loses_one_ipv6_block() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");

    let made = associate(&door, &subnet, "fd00:1:2:301::/64").unwrap();
    let id = text(&made, "ipv6CidrBlockAssociation.associationId");

    assert_eq!(text(&made, "subnetId"), subnet);
    assert_eq!(text(&made, "ipv6CidrBlockAssociation.ipv6AddressAttribute"), "private");
    refused_with(associate(&door, &subnet, "fd00:1:2:302::/64"), "CidrLimitExceeded", &subnet);

    assign_on_creation(&door, &subnet, "true").unwrap();
    refused(
        disassociate(&door, id),
        "InvalidCidrBlock.InUse",
        &format!(
            "The subnet IPv6 CIDR block with association ID {id} may not be disassociated, because its subnet has assign-ipv6-address-on-creation set to true."
        ),
    );
    assign_on_creation(&door, &subnet, "false").unwrap();
    let eni = [("SubnetId", subnet.as_str()), ("Ipv6AddressCount", "1")];
    let eni = door.ec2("CreateNetworkInterface", &eni).unwrap();
    refused_with(disassociate(&door, id), "InvalidCidrBlock.InUse", "network interfaces");
    let eni = text(&eni, "networkInterface.networkInterfaceId");
    door.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", eni)]).unwrap();

    let gone = disassociate(&door, id).unwrap();
    let state = "ipv6CidrBlockAssociation.ipv6CidrBlockState.state";
    assert_eq!((text(&gone, state), text(&gone, "subnetId")), ("disassociating", subnet.as_str()));
    refused(
        disassociate(&door, id),
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        &format!("The subnet CIDR block with association ID '{id}' does not exist"),
    );
    refused(
        disassociate(&door, ""),
        "InvalidSubnetCidrBlockAssociationId.Malformed",
        "The subnet CIDR block with association ID  is malformed",
    );
    associate(&door, &subnet, "fd00:1:2:301::/64").unwrap();
}

#[test]
fn addresses_on_creation_need_an_ipv6_block() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");

    refused(
        assign_on_creation(&door, &subnet, "true"),
        "InvalidParameterValue",
        &format!(
            "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation to true unless the subnet ({subnet}) has an IPv6 CIDR block associated with it."
        ),
    );
    assign_on_creation(&door, &subnet, "false").unwrap();
    refused_with(
        door.ec2("AssociateSubnetCidrBlock", &[("SubnetId", &subnet)]),
        "MissingParameter",
        "ipv6CidrBlock",
    );
    for name in ["Ipv6IpamPoolId", "Ipv6NetmaskLength"] {
        let parameters = [("SubnetId", subnet.as_str()), (name, "64")];
        let result = door.ec2("AssociateSubnetCidrBlock", &parameters);
        refused_with(result, "UnsupportedOperation", name);
    }
}

#[test]
fn who_may_not_is_told_so_of_a_subnets_block() {
    let mut door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let subnet = new_ipv6_subnet(&door, &vpc, "10.0.1.0/24", "fd00:1:2:301::/64");
    let found = stored::<Subnet>(&door).into_iter().find(|it| it.id == subnet).unwrap();
    let association = found.ipv6.unwrap().id;
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:subnet/{subnet}");

    check_refusal(&mut door, "AssociateSubnetCidrBlock", &[("SubnetId", &subnet)], Some(&arn));
    let parameters = [("AssociationId", association.as_str())];
    check_refusal(&mut door, "DisassociateSubnetCidrBlock", &parameters, Some(&arn));
}

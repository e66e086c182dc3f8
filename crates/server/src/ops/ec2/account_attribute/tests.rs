use super::super::answers::{all, check_refusal, refused_with, text};
use crate::testing::TestDoor;

#[test]
fn an_account_has_a_default_vpc_and_no_classic_network() {
    let mut door = TestDoor::new();
    let vpc = text(&door.ec2("DescribeVpcs", &[]).unwrap(), "vpcSet.0.vpcId").to_owned();

    let every = door.ec2("DescribeAccountAttributes", &[]).unwrap();
    let one = door.ec2("DescribeAccountAttributes", &[("AttributeName.1", "default-vpc")]).unwrap();

    let set = "accountAttributeSet";
    assert_eq!(
        all(&every, set, "attributeName"),
        ["supported-platforms", "default-vpc", "vpc-max-security-groups-per-interface"]
    );
    assert_eq!(all(&every, set, "attributeValueSet.0.attributeValue"), ["VPC", vpc.as_str(), "5"]);
    assert_eq!(all(&one, set, "attributeValueSet.0.attributeValue"), [vpc]);
    refused_with(
        door.ec2("DescribeAccountAttributes", &[("AttributeName.1", "colour")]),
        "InvalidParameterValue",
        "Value (colour) for parameter attributeName is invalid.",
    );
    refused_with(
        door.ec2("DescribeAccountAttributes", &[("DryRun", "true")]),
        "DryRunOperation",
        "would have succeeded",
    );
    check_refusal(&mut door, "DescribeAccountAttributes", &[], None);
}

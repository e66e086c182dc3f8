use super::super::super::answers::{new_vpc, refused_with, text};
use crate::testing::TestDoor;

#[test]
fn attributes_are_changed_one_a_call() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");
    let value = |attribute: &str| {
        let parameters = [("VpcId", id.as_str()), ("Attribute", attribute)];
        let answer = door.ec2("DescribeVpcAttribute", &parameters).unwrap();
        text(&answer, &format!("{attribute}.value")).to_owned()
    };
    let names = ["enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"];
    assert_eq!(names.map(value), ["true", "false", "false"]);

    for (name, to) in [
        ("EnableDnsSupport.Value", "false"),
        ("EnableDnsHostnames.Value", "true"),
        ("EnableNetworkAddressUsageMetrics.Value", "true"),
    ] {
        door.ec2("ModifyVpcAttribute", &[("VpcId", &id), (name, to)]).unwrap();
    }

    assert_eq!(names.map(value), ["false", "true", "true"]);
    let both = [
        ("VpcId", id.as_str()),
        ("EnableDnsSupport.Value", "true"),
        ("EnableDnsHostnames.Value", "true"),
    ];
    refused_with(door.ec2("ModifyVpcAttribute", &both), "InvalidParameterCombination", "one of");
    refused_with(
        door.ec2("ModifyVpcAttribute", &[("VpcId", &id)]),
        "InvalidParameterCombination",
        "one of",
    );
    refused_with(
        door.ec2("DescribeVpcAttribute", &[("VpcId", &id), ("Attribute", "colour")]),
        "InvalidParameterValue",
        "Value (colour) for parameter attribute is invalid.",
    );
}
